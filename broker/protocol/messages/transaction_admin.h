// Producers and transactions seen from outside (KIP-664): DescribeProducers (61),
// DescribeTransactions (65), ListTransactions (66).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "broker/protocol/error_code.h"
#include "broker/protocol/ids.h"
#include "broker/protocol/message.h"

namespace gregor::protocol {

/// Active producers of partitions, as the leader's producer state has them.
struct DescribeProducersRequest {
    static constexpr MessageInfo kMessage{.name = "DescribeProducersRequest",
                                          .kind = MessageKind::request,
                                          .id = 61,
                                          .versions = {0, 0},
                                          .first_flexible = 0};

    struct Topic {
        std::string name;
        std::vector<PartitionId> partition_indexes;
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    std::vector<Topic> topics;
    UnknownTags unknown_tags;

    static const Fields& fields();
};

struct DescribeProducersResponse {
    static constexpr MessageInfo kMessage{.name = "DescribeProducersResponse",
                                          .kind = MessageKind::response,
                                          .id = 61,
                                          .versions = {0, 0},
                                          .first_flexible = 0};

    struct ActiveProducer {
        ProducerId producer_id;
        std::int32_t producer_epoch = 0;
        std::int32_t last_sequence = -1;
        std::int64_t last_timestamp = -1;
        std::int32_t coordinator_epoch = 0;
        Offset current_txn_start_offset = kNoOffset;
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    struct Partition {
        PartitionId partition_index;
        ErrorCode error_code = ErrorCode::none;
        std::optional<std::string> error_message;
        std::vector<ActiveProducer> active_producers;
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

/// State of transactional ids, from their coordinator.
struct DescribeTransactionsRequest {
    static constexpr MessageInfo kMessage{.name = "DescribeTransactionsRequest",
                                          .kind = MessageKind::request,
                                          .id = 65,
                                          .versions = {0, 0},
                                          .first_flexible = 0};

    std::vector<std::string> transactional_ids;
    UnknownTags unknown_tags;

    static const Fields& fields();
};

struct DescribeTransactionsResponse {
    static constexpr MessageInfo kMessage{.name = "DescribeTransactionsResponse",
                                          .kind = MessageKind::response,
                                          .id = 65,
                                          .versions = {0, 0},
                                          .first_flexible = 0};

    struct Topic {
        std::string topic;
        std::vector<PartitionId> partitions;
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    struct TransactionState {
        ErrorCode error_code = ErrorCode::none;
        std::string transactional_id;
        std::string transaction_state;
        std::int32_t transaction_timeout_ms = 0;
        std::int64_t transaction_start_time_ms = 0;
        ProducerId producer_id;
        ProducerEpoch producer_epoch;
        std::vector<Topic> topics;
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    std::int32_t throttle_time_ms = 0;
    std::vector<TransactionState> transaction_states;
    UnknownTags unknown_tags;

    static const Fields& fields();
};

/// v1 filter by duration (KIP-994).
struct ListTransactionsRequest {
    static constexpr MessageInfo kMessage{.name = "ListTransactionsRequest",
                                          .kind = MessageKind::request,
                                          .id = 66,
                                          .versions = {0, 1},
                                          .first_flexible = 0};

    std::vector<std::string> state_filters;
    std::vector<ProducerId> producer_id_filters;
    std::int64_t duration_filter = -1;
    UnknownTags unknown_tags;

    static const Fields& fields();
};

struct ListTransactionsResponse {
    static constexpr MessageInfo kMessage{.name = "ListTransactionsResponse",
                                          .kind = MessageKind::response,
                                          .id = 66,
                                          .versions = {0, 1},
                                          .first_flexible = 0};

    struct TransactionState {
        std::string transactional_id;
        ProducerId producer_id;
        std::string transaction_state;
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    std::int32_t throttle_time_ms = 0;
    ErrorCode error_code = ErrorCode::none;
    std::vector<std::string> unknown_state_filters;
    std::vector<TransactionState> transaction_states;
    UnknownTags unknown_tags;

    static const Fields& fields();
};

}  // namespace gregor::protocol
