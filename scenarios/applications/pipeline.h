// exactly-once, at-least-once, at-most-once: programs that read one topic and write another, each
// output the effect of one input, and what is promised of that (KIP-98, KIP-447).
//
//     feeders ──> t0 ──> instances of the group g0 ──> t1 ──> whoever reads what is committed
//     some in transactions,   │
//     of which some abort     └── offsets of t0: with the outputs in one transaction, or after
//                                 the outputs, or before them
//
// Instances die, are paused and wake up as zombies, lose their partitions to others in mid-work,
// and more than one may have a transactional id. The coordinators of their group and of their
// transactions, and the leaders that they write to, vanish in mid-transaction.
//
// The history is judged by `promise`, whatever the programs do: with `transactions = 0`,
// `idempotence = 0` or `read_committed = 0` they do not keep it, and that is found.
#pragma once

#include "scenarios/applications/application.h"

namespace gregor::scenarios::applications {

inline constexpr const char* kPipelineGroup = "g0";
inline constexpr const char* kPipelineInput = "t0";
inline constexpr const char* kPipelineOutput = "t1";

/// They differ in what they draw.
class PipelineKind final : public ApplicationKind {
public:
    constexpr explicit PipelineKind(void (*draw)(simulated::Plan&)) : draw_numbers_(draw) {}

    [[nodiscard]] std::span<const NumberRange> numbers() const override;
    void draw_numbers(simulated::Plan& plan) const override { draw_numbers_(plan); }
    void draw_settings(simulated::Plan& plan) const override;
    void draw_faults(simulated::Plan& plan) const override;
    [[nodiscard]] std::unique_ptr<Application> make(
        const ApplicationContext& context) const override;
    [[nodiscard]] HistorySettings settings(const simulated::Plan& plan) const override;

private:
    void (*draw_numbers_)(simulated::Plan&);
};

extern const PipelineKind kExactlyOnce;
extern const PipelineKind kAtLeastOnce;
extern const PipelineKind kAtMostOnce;

}  // namespace gregor::scenarios::applications
