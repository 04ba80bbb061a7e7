// The consumer group protocol of KIP-848, in which the coordinator assigns: ConsumerGroupHeartbeat
// (68), ConsumerGroupDescribe (69).
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "broker/protocol/error_code.h"
#include "broker/protocol/ids.h"
#include "broker/protocol/message.h"

namespace gregor::protocol {

/// v1 subscription by regular expression, and member ids made by the client (KIP-1082).
struct ConsumerGroupHeartbeatRequest {
    static constexpr MessageInfo kMessage{.name = "ConsumerGroupHeartbeatRequest",
                                          .kind = MessageKind::request,
                                          .id = 68,
                                          .versions = {0, 1},
                                          .first_flexible = 0};

    struct TopicPartition {
        TopicId topic_id;
        std::vector<PartitionId> partitions;
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    std::string group_id;
    std::string member_id;
    std::int32_t member_epoch = 0;
    std::optional<std::string> instance_id;
    std::optional<std::string> rack_id;
    std::int32_t rebalance_timeout_ms = -1;
    std::optional<std::vector<std::string>> subscribed_topic_names;
    std::optional<std::string> subscribed_topic_regex;
    std::optional<std::string> server_assignor;
    std::optional<std::vector<TopicPartition>> topic_partitions;
    UnknownTags unknown_tags;

    static const Fields& fields();
};

struct ConsumerGroupHeartbeatResponse {
    static constexpr MessageInfo kMessage{.name = "ConsumerGroupHeartbeatResponse",
                                          .kind = MessageKind::response,
                                          .id = 68,
                                          .versions = {0, 1},
                                          .first_flexible = 0};

    struct TopicPartitions {
        TopicId topic_id;
        std::vector<PartitionId> partitions;
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    struct Assignment {
        std::vector<TopicPartitions> topic_partitions;
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    std::int32_t throttle_time_ms = 0;
    ErrorCode error_code = ErrorCode::none;
    std::optional<std::string> error_message;
    std::optional<std::string> member_id;
    std::int32_t member_epoch = 0;
    std::int32_t heartbeat_interval_ms = 0;
    std::optional<Assignment> assignment;
    UnknownTags unknown_tags;

    static const Fields& fields();
};

/// v1 member type, classic or consumer.
struct ConsumerGroupDescribeRequest {
    static constexpr MessageInfo kMessage{.name = "ConsumerGroupDescribeRequest",
                                          .kind = MessageKind::request,
                                          .id = 69,
                                          .versions = {0, 1},
                                          .first_flexible = 0};

    std::vector<std::string> group_ids;
    bool include_authorized_operations = false;
    UnknownTags unknown_tags;

    static const Fields& fields();
};

struct ConsumerGroupDescribeResponse {
    static constexpr MessageInfo kMessage{.name = "ConsumerGroupDescribeResponse",
                                          .kind = MessageKind::response,
                                          .id = 69,
                                          .versions = {0, 1},
                                          .first_flexible = 0};

    struct TopicPartitions {
        TopicId topic_id;
        std::string topic_name;
        std::vector<PartitionId> partitions;
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    struct Assignment {
        std::vector<TopicPartitions> topic_partitions;
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    struct Member {
        std::string member_id;
        std::optional<std::string> instance_id;
        std::optional<std::string> rack_id;
        std::int32_t member_epoch = 0;
        std::string client_id;
        std::string client_host;
        std::vector<std::string> subscribed_topic_names;
        std::optional<std::string> subscribed_topic_regex;
        Assignment assignment;
        Assignment target_assignment;
        std::int8_t member_type = -1;
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    struct Group {
        ErrorCode error_code = ErrorCode::none;
        std::optional<std::string> error_message;
        std::string group_id;
        std::string group_state;
        std::int32_t group_epoch = 0;
        std::int32_t assignment_epoch = 0;
        std::string assignor_name;
        std::vector<Member> members;
        std::int32_t authorized_operations = std::numeric_limits<std::int32_t>::min();
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    std::int32_t throttle_time_ms = 0;
    std::vector<Group> groups;
    UnknownTags unknown_tags;

    static const Fields& fields();
};

}  // namespace gregor::protocol
