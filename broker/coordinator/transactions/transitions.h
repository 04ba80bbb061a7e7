// The steps of a transactional id: what it is after each of them. They decide nothing; who may ask
// for which step when is in transaction_coordinator.h.
#pragma once

#include "broker/coordinator/transactions/transaction_metadata.h"

namespace gregor::coordinator {

/// A transactional id that is used for the first time.
[[nodiscard]] TransactionMetadata new_transactional_id(ProducerIdAndEpoch producer,
                                                       std::int32_t timeout_ms,
                                                       std::int64_t wall_ms);
/// The next producer of this id takes over, with no transaction.
[[nodiscard]] TransactionMetadata taken_over(const TransactionMetadata& before,
                                             ProducerIdAndEpoch producer, std::int32_t timeout_ms,
                                             std::int64_t wall_ms);
/// Partitions join the transaction; the first ones begin it.
[[nodiscard]] TransactionMetadata joined(const TransactionMetadata& before,
                                         const std::set<TransactionPartition>& partitions,
                                         std::int16_t client_version, std::int64_t wall_ms);

struct Ending {
    bool commit = false;
    std::int16_t client_version = 0;
    /// Set: the epoch is exhausted, and the transaction completes with this id.
    protocol::ProducerId next_producer_id = protocol::kNoProducerId;
};
/// The client ends its transaction. From transaction.version 2 on with the next epoch: a marker or
/// an EndTxn of this transaction means no later one (KIP-890).
[[nodiscard]] TransactionMetadata ended(const TransactionMetadata& before, const Ending& ending,
                                        std::int64_t wall_ms);
/// The coordinator aborts it, with an epoch that no client has: what the fenced producer still has
/// under way is refused by partitions that have their marker (KAFKA-5231).
[[nodiscard]] TransactionMetadata fenced(const TransactionMetadata& before, std::int64_t wall_ms);
/// Every partition has its marker.
[[nodiscard]] TransactionMetadata completed(const TransactionMetadata& before,
                                            std::int64_t wall_ms);

}  // namespace gregor::coordinator
