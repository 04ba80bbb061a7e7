// Idempotent and transactional producers: InitProducerId (22), AddPartitionsToTxn (24),
// AddOffsetsToTxn (25), EndTxn (26), TxnOffsetCommit (28), and the coordinator's WriteTxnMarkers
// (27).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "broker/protocol/error_code.h"
#include "broker/protocol/ids.h"
#include "broker/protocol/message.h"

namespace gregor::protocol {

/// v2 flexible · v3 the present id and epoch, to be bumped (KIP-360) · v4 PRODUCER_FENCED · v5
/// TRANSACTION_ABORTABLE.
struct InitProducerIdRequest {
    static constexpr MessageInfo kMessage{.name = "InitProducerIdRequest",
                                          .kind = MessageKind::request,
                                          .id = 22,
                                          .versions = {0, 5},
                                          .first_flexible = 2};

    std::optional<std::string> transactional_id = "";
    std::int32_t transaction_timeout_ms = 0;
    ProducerId producer_id = kNoProducerId;
    ProducerEpoch producer_epoch = kNoProducerEpoch;
    UnknownTags unknown_tags;

    static const Fields& fields();
};

struct InitProducerIdResponse {
    static constexpr MessageInfo kMessage{.name = "InitProducerIdResponse",
                                          .kind = MessageKind::response,
                                          .id = 22,
                                          .versions = {0, 5},
                                          .first_flexible = 2};

    std::int32_t throttle_time_ms = 0;
    ErrorCode error_code = ErrorCode::none;
    ProducerId producer_id = kNoProducerId;
    ProducerEpoch producer_epoch;
    UnknownTags unknown_tags;

    static const Fields& fields();
};

/// v3 flexible · v4 brokers only: a batch of transactions, perhaps only to verify (KIP-890) · v5
/// TRANSACTION_ABORTABLE.
struct AddPartitionsToTxnRequest {
    static constexpr MessageInfo kMessage{.name = "AddPartitionsToTxnRequest",
                                          .kind = MessageKind::request,
                                          .id = 24,
                                          .versions = {0, 5},
                                          .first_flexible = 3};

    struct Topic {
        std::string name;
        std::vector<PartitionId> partitions;
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    struct Transaction {
        std::string transactional_id;
        ProducerId producer_id;
        ProducerEpoch producer_epoch;
        bool verify_only = false;
        std::vector<Topic> topics;
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    std::vector<Transaction> transactions;
    std::string v3_and_below_transactional_id;
    ProducerId v3_and_below_producer_id;
    ProducerEpoch v3_and_below_producer_epoch;
    std::vector<Topic> v3_and_below_topics;
    UnknownTags unknown_tags;

    static const Fields& fields();
};

struct AddPartitionsToTxnResponse {
    static constexpr MessageInfo kMessage{.name = "AddPartitionsToTxnResponse",
                                          .kind = MessageKind::response,
                                          .id = 24,
                                          .versions = {0, 5},
                                          .first_flexible = 3};

    struct PartitionResult {
        PartitionId partition_index;
        ErrorCode partition_error_code = ErrorCode::none;
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    struct TopicResult {
        std::string name;
        std::vector<PartitionResult> results_by_partition;
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    struct ResultsByTransaction {
        std::string transactional_id;
        std::vector<TopicResult> topic_results;
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    std::int32_t throttle_time_ms = 0;
    ErrorCode error_code = ErrorCode::none;
    std::vector<ResultsByTransaction> results_by_transaction;
    std::vector<TopicResult> results_by_topic_v3_and_below;
    UnknownTags unknown_tags;

    static const Fields& fields();
};

/// v3 flexible · v4 TRANSACTION_ABORTABLE.
struct AddOffsetsToTxnRequest {
    static constexpr MessageInfo kMessage{.name = "AddOffsetsToTxnRequest",
                                          .kind = MessageKind::request,
                                          .id = 25,
                                          .versions = {0, 4},
                                          .first_flexible = 3};

    std::string transactional_id;
    ProducerId producer_id;
    ProducerEpoch producer_epoch;
    std::string group_id;
    UnknownTags unknown_tags;

    static const Fields& fields();
};

struct AddOffsetsToTxnResponse {
    static constexpr MessageInfo kMessage{.name = "AddOffsetsToTxnResponse",
                                          .kind = MessageKind::response,
                                          .id = 25,
                                          .versions = {0, 4},
                                          .first_flexible = 3};

    std::int32_t throttle_time_ms = 0;
    ErrorCode error_code = ErrorCode::none;
    UnknownTags unknown_tags;

    static const Fields& fields();
};

/// v3 flexible · v4 TRANSACTION_ABORTABLE · v5 the answer carries the next producer epoch
/// (KIP-890).
struct EndTxnRequest {
    static constexpr MessageInfo kMessage{.name = "EndTxnRequest",
                                          .kind = MessageKind::request,
                                          .id = 26,
                                          .versions = {0, 5},
                                          .first_flexible = 3};

    std::string transactional_id;
    ProducerId producer_id;
    ProducerEpoch producer_epoch;
    bool committed = false;
    UnknownTags unknown_tags;

    static const Fields& fields();
};

struct EndTxnResponse {
    static constexpr MessageInfo kMessage{.name = "EndTxnResponse",
                                          .kind = MessageKind::response,
                                          .id = 26,
                                          .versions = {0, 5},
                                          .first_flexible = 3};

    std::int32_t throttle_time_ms = 0;
    ErrorCode error_code = ErrorCode::none;
    ProducerId producer_id = kNoProducerId;
    ProducerEpoch producer_epoch = kNoProducerEpoch;
    UnknownTags unknown_tags;

    static const Fields& fields();
};

/// v2 leader epoch · v3 flexible, group member and generation (KIP-447) · v4 TRANSACTION_ABORTABLE
/// · v5 the group joins the transaction by being committed to (KIP-890).
struct TxnOffsetCommitRequest {
    static constexpr MessageInfo kMessage{.name = "TxnOffsetCommitRequest",
                                          .kind = MessageKind::request,
                                          .id = 28,
                                          .versions = {0, 5},
                                          .first_flexible = 3};

    struct Partition {
        PartitionId partition_index;
        Offset committed_offset;
        LeaderEpoch committed_leader_epoch = kNoLeaderEpoch;
        std::optional<std::string> committed_metadata = "";
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    struct Topic {
        std::string name;
        std::vector<Partition> partitions;
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    std::string transactional_id;
    std::string group_id;
    ProducerId producer_id;
    ProducerEpoch producer_epoch;
    std::int32_t generation_id = -1;
    std::string member_id;
    std::optional<std::string> group_instance_id;
    std::vector<Topic> topics;
    UnknownTags unknown_tags;

    static const Fields& fields();
};

struct TxnOffsetCommitResponse {
    static constexpr MessageInfo kMessage{.name = "TxnOffsetCommitResponse",
                                          .kind = MessageKind::response,
                                          .id = 28,
                                          .versions = {0, 5},
                                          .first_flexible = 3};

    struct Partition {
        PartitionId partition_index;
        ErrorCode error_code = ErrorCode::none;
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    struct Topic {
        std::string name;
        std::vector<Partition> partitions;
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    std::int32_t throttle_time_ms = 0;
    std::vector<Topic> topics;
    UnknownTags unknown_tags;

    static const Fields& fields();
};

/// From the transaction coordinator to partition leaders. v1 flexible · v2 the version of
/// transactions that its producer speaks (KAFKA-19446, of Kafka 4.2).
struct WriteTxnMarkersRequest {
    static constexpr MessageInfo kMessage{.name = "WriteTxnMarkersRequest",
                                          .kind = MessageKind::request,
                                          .id = 27,
                                          .versions = {0, 2},
                                          .first_flexible = 1};

    struct Topic {
        std::string name;
        std::vector<PartitionId> partition_indexes;
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    struct Marker {
        ProducerId producer_id;
        ProducerEpoch producer_epoch;
        bool transaction_result = false;
        std::vector<Topic> topics;
        std::int32_t coordinator_epoch = 0;
        std::int8_t transaction_version = 0;
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    std::vector<Marker> markers;
    UnknownTags unknown_tags;

    static const Fields& fields();
};

struct WriteTxnMarkersResponse {
    static constexpr MessageInfo kMessage{.name = "WriteTxnMarkersResponse",
                                          .kind = MessageKind::response,
                                          .id = 27,
                                          .versions = {0, 2},
                                          .first_flexible = 1};

    struct Partition {
        PartitionId partition_index;
        ErrorCode error_code = ErrorCode::none;
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    struct Topic {
        std::string name;
        std::vector<Partition> partitions;
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    struct Marker {
        ProducerId producer_id;
        std::vector<Topic> topics;
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    std::vector<Marker> markers;
    UnknownTags unknown_tags;

    static const Fields& fields();
};

}  // namespace gregor::protocol
