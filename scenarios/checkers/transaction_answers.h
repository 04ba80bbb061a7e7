// TransactionAnswers: what a broker tells tools of transactions (KIP-664), held against what its
// coordinators know when it is asked and when the answer has come. Of an id that is the same at
// both, one thing may be told; of others nothing is said.
//
// T6: a transaction is what its coordinator's log says. Pure.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "broker/coordinator/transactions/transaction_metadata.h"
#include "broker/protocol/ids.h"
#include "broker/protocol/messages/transaction_admin.h"
#include "scenarios/checkers/answer_fault.h"

namespace gregor::scenarios {

/// The coordinators of one broker at one instant.
struct TransactionMoment {
    std::uint64_t start = 0;  // which run of the process
    /// In which epochs it leads the partitions that it has loaded.
    std::map<protocol::PartitionId, protocol::LeaderEpoch> loaded;
    bool loads = false;  // some others
    /// By transactional id, of all of them.
    std::map<std::string, coordinator::TransactionMetadata> transactions;
};

class TransactionAnswers {
public:
    /// Both outlive it.
    TransactionAnswers(const TransactionMoment& before, const TransactionMoment& after)
        : before_(before), after_(after) {}

    /// DescribeTransactions of an id whose coordinator is the partition's.
    [[nodiscard]] AnswerVerdict check(
        protocol::PartitionId partition,
        const protocol::DescribeTransactionsResponse::TransactionState& told) const;
    /// ListTransactions without a filter.
    [[nodiscard]] AnswerVerdict check(const protocol::ListTransactionsResponse& told) const;

private:
    const TransactionMoment& before_;
    const TransactionMoment& after_;
};

}  // namespace gregor::scenarios
