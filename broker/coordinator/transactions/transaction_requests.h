// What a transaction coordinator is asked and what it answers. The wire's requests come in these
// forms whatever their version; errors are those of the newest version (older_error()).
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "broker/coordinator/transactions/transaction_metadata.h"
#include "broker/protocol/api_key.h"
#include "broker/protocol/error_code.h"

namespace gregor::coordinator {

// ---- Of producers ----

/// InitProducerId. Answered with a ProducerAnswer, or with NeedsProducerId.
struct InitProducer {
    std::string transactional_id;
    std::int32_t timeout_ms = 0;
    /// Of a producer that goes on after an error (KIP-360).
    std::optional<ProducerIdAndEpoch> expected;
    /// One that nobody has had yet, once the answer was that it is needed.
    std::optional<protocol::ProducerId> fresh_id;
};

/// AddPartitionsToTxn, AddOffsetsToTxn (of the group's partition) and a leader's question whether
/// partitions are in the transaction. Answered with an AddAnswer.
struct AddPartitions {
    std::string transactional_id;
    ProducerIdAndEpoch producer;
    std::set<TransactionPartition> partitions;
    std::int16_t client_version = 0;
    bool verify_only = false;
};

/// EndTxn. Answered with a ProducerAnswer (who has the next transaction), or with NeedsProducerId.
struct EndTransaction {
    std::string transactional_id;
    ProducerIdAndEpoch producer;
    bool commit = false;
    std::int16_t client_version = 0;
    std::optional<protocol::ProducerId> fresh_id;
};

struct ProducerAnswer {
    protocol::ErrorCode error = protocol::ErrorCode::none;
    ProducerIdAndEpoch producer;

    friend bool operator==(const ProducerAnswer&, const ProducerAnswer&) = default;
};

/// Nothing was decided: ask again with a fresh producer id.
struct NeedsProducerId {
    friend bool operator==(const NeedsProducerId&, const NeedsProducerId&) = default;
};

struct AddAnswer {
    protocol::ErrorCode error = protocol::ErrorCode::none;
    /// Of partitions to verify, those that are not in the transaction: TRANSACTION_ABORTABLE.
    std::set<TransactionPartition> absent;

    friend bool operator==(const AddAnswer&, const AddAnswer&) = default;
};

// ---- Of operators ----

/// Answered with a Description.
struct DescribeTransaction {
    std::string transactional_id;
};

/// Empty filters let everything through. Answered with a Listing.
struct ListTransactions {
    std::set<TransactionState> states;
    std::set<protocol::ProducerId> producer_ids;
    /// Only those that began longer ago (KIP-994); negative: all.
    std::int64_t longer_than_ms = -1;
};

struct Description {
    protocol::ErrorCode error = protocol::ErrorCode::none;
    TransactionMetadata metadata;
};

struct Listing {
    struct Entry {
        std::string transactional_id;
        protocol::ProducerId producer_id;
        TransactionState state = TransactionState::empty;

        friend bool operator==(const Entry&, const Entry&) = default;
    };
    std::vector<Entry> entries;
};

// ---- Of the one who writes markers ----

/// How a transaction ends on some partitions, and what a leader needs to believe it.
struct TransactionMarker {
    std::string transactional_id;
    ProducerIdAndEpoch producer;
    bool commit = false;
    std::int32_t coordinator_epoch = 0;
    /// Which of this coordinator's, in this epoch: of a producer with one epoch for all its
    /// transactions nothing else tells them apart.
    std::uint64_t decision = 0;
    std::int16_t client_version = 0;
    std::set<TransactionPartition> partitions;

    friend bool operator==(const TransactionMarker&, const TransactionMarker&) = default;
};

/// Waits until there are markers to write, and is answered with Markers: each is handed out once,
/// when its decision is committed. One may wait at a time; a second takes its place.
struct TakeMarkers {
    /// The answer to the last one did not come: what was in it is handed out again. What came in
    /// earlier ones is on its way, and a copy of it could end the next transaction.
    bool is_last_lost = false;
};

struct Markers {
    std::vector<TransactionMarker> markers;
};

/// These partitions have the marker, or are gone. Answered with Noted.
struct MarkersWritten {
    TransactionMarker marker;
};

struct Noted {
    friend bool operator==(const Noted&, const Noted&) = default;
};

using TransactionRequest =
    std::variant<InitProducer, AddPartitions, EndTransaction, DescribeTransaction, ListTransactions,
                 TakeMarkers, MarkersWritten>;
using TransactionResponse =
    std::variant<ProducerAnswer, NeedsProducerId, AddAnswer, Description, Listing, Markers, Noted>;

/// The error that a request of this version knows instead of `error`: PRODUCER_FENCED and
/// TRANSACTION_ABORTABLE are younger than the APIs (KIP-588, KIP-890).
[[nodiscard]] protocol::ErrorCode older_error(protocol::ApiKey api, std::int16_t version,
                                              protocol::ErrorCode error);

/// Which version of transactions a client speaks that sends this API in this version.
[[nodiscard]] std::int16_t client_transaction_version(protocol::ApiKey api, std::int16_t version);

}  // namespace gregor::coordinator
