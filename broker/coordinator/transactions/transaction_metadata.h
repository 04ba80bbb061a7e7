// What a transaction coordinator knows of one transactional id, and the record that says it.
//
//                  AddPartitionsToTxn           EndTxn, timeout, fence          all markers written
//     empty ───────────────────────> ongoing ──────────────────────> prepare_X ───────────>
//     complete_X
//       ^                               ^                                ^                     │  │
//       │                               └────────────────────────────────│─────────────────────┘  │
//       └─────────────────────────── InitProducerId ─────────────────────│────────────────────────┘
//     empty, complete_X ── EndTxn(abort) of a transaction without partitions (KIP-890) ──┘
//
// prepare_X is the decision: once it is in the log the transaction ends so, whoever coordinates it
// then. Kafka's Dead and PrepareEpochFence live only in its memory, between a decision and its
// append, and are never in a log: here an id that dies is a tombstone, and fencing is prepare_abort
// with the next epoch.
//
// The value's version 1 (transaction.version 1 and up) holds the producer id before and after an
// exhausted epoch, and which version of transactions the client speaks.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "broker/coordinator/coordinator.h"
#include "broker/protocol/ids.h"

namespace gregor::coordinator {

/// The numbers are those of the record.
enum class TransactionState : std::int8_t {
    empty = 0,
    ongoing = 1,
    prepare_commit = 2,
    prepare_abort = 3,
    complete_commit = 4,
    complete_abort = 5,
    dead = 6,                 // never in a log
    prepare_epoch_fence = 7,  // never in a log
};

/// Kafka's name of the state: "PrepareCommit".
[[nodiscard]] std::string_view name(TransactionState state);
[[nodiscard]] std::optional<TransactionState> find_transaction_state(std::string_view name);

struct TransactionPartition {
    std::string topic;
    protocol::PartitionId partition;

    friend auto operator<=>(const TransactionPartition&, const TransactionPartition&) = default;
};

struct ProducerIdAndEpoch {
    protocol::ProducerId id = protocol::kNoProducerId;
    protocol::ProducerEpoch epoch = protocol::kNoProducerEpoch;

    friend bool operator==(const ProducerIdAndEpoch&, const ProducerIdAndEpoch&) = default;
};

/// The epoch after the last one that a client is given: it is for fencing alone.
inline constexpr protocol::ProducerEpoch kLastProducerEpoch{32767};

/// Whether a producer id whose client has this epoch gives no further one.
[[nodiscard]] constexpr bool is_exhausted(protocol::ProducerEpoch epoch) {
    return epoch >= kLastProducerEpoch - std::int16_t{1};
}

/// The cluster's finalized feature.
inline constexpr std::string_view kTransactionVersionFeature = "transaction.version";
/// transaction.version 2, of clients and of the cluster: each transaction has an epoch of its own,
/// and partitions join it by being written to (KIP-890).
inline constexpr std::int16_t kEpochPerTransaction = 2;

struct TransactionMetadata {
    ProducerIdAndEpoch producer;
    /// Before the epoch was exhausted, until the next transaction begins.
    protocol::ProducerId previous_producer_id = protocol::kNoProducerId;
    /// In prepare_X: what it completes with, as the epoch is exhausted.
    protocol::ProducerId next_producer_id = protocol::kNoProducerId;
    std::int32_t timeout_ms = 0;
    TransactionState state = TransactionState::empty;
    std::set<TransactionPartition> partitions;
    std::int64_t last_update_ms = -1;  // of the wall clock, as start_ms
    std::int64_t start_ms = -1;        // of the latest transaction; -1 before the first
    std::int16_t client_version = 0;   // of transactions, as of the latest one

    [[nodiscard]] bool is_decided() const {
        return state == TransactionState::prepare_commit ||
               state == TransactionState::prepare_abort;
    }
    [[nodiscard]] bool is_complete() const {
        return state == TransactionState::complete_commit ||
               state == TransactionState::complete_abort;
    }
    [[nodiscard]] bool has_epoch_per_transaction() const {
        return client_version >= kEpochPerTransaction;
    }

    friend bool operator==(const TransactionMetadata&, const TransactionMetadata&) = default;
};

/// Whether the state machine has this step.
[[nodiscard]] bool may_follow(TransactionState before, TransactionState after);

struct TransactionRecord {
    std::string transactional_id;
    std::optional<TransactionMetadata> metadata;  // none: the id is forgotten
};

/// `value_version`: of TransactionLogValue. Partitions stand by topic, in order.
[[nodiscard]] CoordinatorRecord encode_transaction(const std::string& transactional_id,
                                                   const TransactionMetadata& metadata,
                                                   std::int16_t value_version);
[[nodiscard]] CoordinatorRecord encode_tombstone(const std::string& transactional_id);
/// A text: what is wrong with it. No record: the key is of a type that only newer code knows.
[[nodiscard]] Result<std::optional<TransactionRecord>, std::string> decode_transaction(
    const CoordinatorRecord& record);

}  // namespace gregor::coordinator
