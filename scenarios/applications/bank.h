// bank: transfers between accounts, each two records in different partitions and one transaction.
//
//     tellers ──> t0-0: -30 of account 7        auditor (read_committed): what it has seen of a
//     transfer
//            └──> t0-2: +30 of account 2        is nothing or both halves whenever it has seen no
//            half
//                                               alone; then all balances together are what they
//                                               were
//
// Tellers die, hang and wake up with a transfer half done, and two of them may have one
// transactional id. With `transactions = 0` the halves are records like any others, and money is
// lost.
#pragma once

#include "scenarios/applications/application.h"

namespace gregor::scenarios::applications {

class BankKind final : public ApplicationKind {
public:
    [[nodiscard]] std::span<const NumberRange> numbers() const override;
    void draw_numbers(simulated::Plan& plan) const override;
    void draw_settings(simulated::Plan& plan) const override;
    void draw_faults(simulated::Plan& plan) const override;
    [[nodiscard]] std::unique_ptr<Application> make(
        const ApplicationContext& context) const override;
    [[nodiscard]] HistorySettings settings(const simulated::Plan& plan) const override;
};

extern const BankKind kBank;

}  // namespace gregor::scenarios::applications
