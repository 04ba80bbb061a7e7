// Topics come, grow and go: CreateTopics (19), DeleteTopics (20), CreatePartitions (37).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "broker/protocol/error_code.h"
#include "broker/protocol/ids.h"
#include "broker/protocol/message.h"

namespace gregor::protocol {

/// v1 validate only, error message · v4 -1 for the broker's defaults · v5 flexible, and the answer
/// describes the new topic (KIP-525) · v6 may be throttled (KIP-599) · v7 topic id.
struct CreateTopicsRequest {
    static constexpr MessageInfo kMessage{.name = "CreateTopicsRequest",
                                          .kind = MessageKind::request,
                                          .id = 19,
                                          .versions = {0, 7},
                                          .first_flexible = 5};

    struct Assignment {
        PartitionId partition_index;
        std::vector<NodeId> broker_ids;
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    struct Config {
        std::string name;
        std::optional<std::string> value = "";
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    struct Topic {
        std::string name;
        std::int32_t num_partitions = 0;
        std::int16_t replication_factor = 0;
        std::vector<Assignment> assignments;
        std::vector<Config> configs;
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    std::vector<Topic> topics;
    std::int32_t timeout_ms = 60000;
    bool validate_only = false;
    UnknownTags unknown_tags;

    static const Fields& fields();
};

struct CreateTopicsResponse {
    static constexpr MessageInfo kMessage{.name = "CreateTopicsResponse",
                                          .kind = MessageKind::response,
                                          .id = 19,
                                          .versions = {0, 7},
                                          .first_flexible = 5};

    struct Config {
        std::string name;
        std::optional<std::string> value = "";
        bool read_only = false;
        std::int8_t config_source = -1;
        bool is_sensitive = false;
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    struct Topic {
        std::string name;
        TopicId topic_id;
        ErrorCode error_code = ErrorCode::none;
        std::optional<std::string> error_message = "";
        ErrorCode topic_config_error_code = ErrorCode::none;
        std::int32_t num_partitions = -1;
        std::int16_t replication_factor = -1;
        std::optional<std::vector<Config>> configs{std::in_place};
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    std::int32_t throttle_time_ms = 0;
    std::vector<Topic> topics;
    UnknownTags unknown_tags;

    static const Fields& fields();
};

/// v1 throttle time · v4 flexible · v5 error message, may be throttled · v6 topics by id.
struct DeleteTopicsRequest {
    static constexpr MessageInfo kMessage{.name = "DeleteTopicsRequest",
                                          .kind = MessageKind::request,
                                          .id = 20,
                                          .versions = {0, 6},
                                          .first_flexible = 4};

    struct Topic {
        std::optional<std::string> name;
        TopicId topic_id;
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    std::vector<Topic> topics;
    std::vector<std::string> topic_names;
    std::int32_t timeout_ms = 0;
    UnknownTags unknown_tags;

    static const Fields& fields();
};

struct DeleteTopicsResponse {
    static constexpr MessageInfo kMessage{.name = "DeleteTopicsResponse",
                                          .kind = MessageKind::response,
                                          .id = 20,
                                          .versions = {0, 6},
                                          .first_flexible = 4};

    struct Result {
        std::optional<std::string> name = "";
        TopicId topic_id;
        ErrorCode error_code = ErrorCode::none;
        std::optional<std::string> error_message;
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    std::int32_t throttle_time_ms = 0;
    std::vector<Result> responses;
    UnknownTags unknown_tags;

    static const Fields& fields();
};

/// v2 flexible · v3 may be throttled (KIP-599).
struct CreatePartitionsRequest {
    static constexpr MessageInfo kMessage{.name = "CreatePartitionsRequest",
                                          .kind = MessageKind::request,
                                          .id = 37,
                                          .versions = {0, 3},
                                          .first_flexible = 2};

    struct Assignment {
        std::vector<NodeId> broker_ids;
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    struct Topic {
        std::string name;
        std::int32_t count = 0;
        std::optional<std::vector<Assignment>> assignments{std::in_place};
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    std::vector<Topic> topics;
    std::int32_t timeout_ms = 0;
    bool validate_only = false;
    UnknownTags unknown_tags;

    static const Fields& fields();
};

struct CreatePartitionsResponse {
    static constexpr MessageInfo kMessage{.name = "CreatePartitionsResponse",
                                          .kind = MessageKind::response,
                                          .id = 37,
                                          .versions = {0, 3},
                                          .first_flexible = 2};

    struct Result {
        std::string name;
        ErrorCode error_code = ErrorCode::none;
        std::optional<std::string> error_message;
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    std::int32_t throttle_time_ms = 0;
    std::vector<Result> results;
    UnknownTags unknown_tags;

    static const Fields& fields();
};

}  // namespace gregor::protocol
