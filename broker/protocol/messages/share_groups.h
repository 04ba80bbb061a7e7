// Share groups (KIP-932), at the state of October 2024: ShareGroupHeartbeat (76),
// ShareGroupDescribe (77), ShareFetch (78), ShareAcknowledge (79).
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

struct ShareGroupHeartbeatRequest {
    static constexpr MessageInfo kMessage{.name = "ShareGroupHeartbeatRequest",
                                          .kind = MessageKind::request,
                                          .id = 76,
                                          .versions = {0, 0},
                                          .first_flexible = 0};

    std::string group_id;
    std::string member_id;
    std::int32_t member_epoch = 0;
    std::optional<std::string> rack_id;
    std::optional<std::vector<std::string>> subscribed_topic_names;
    UnknownTags unknown_tags;

    static const Fields& fields();
};

struct ShareGroupHeartbeatResponse {
    static constexpr MessageInfo kMessage{.name = "ShareGroupHeartbeatResponse",
                                          .kind = MessageKind::response,
                                          .id = 76,
                                          .versions = {0, 0},
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

struct ShareGroupDescribeRequest {
    static constexpr MessageInfo kMessage{.name = "ShareGroupDescribeRequest",
                                          .kind = MessageKind::request,
                                          .id = 77,
                                          .versions = {0, 0},
                                          .first_flexible = 0};

    std::vector<std::string> group_ids;
    bool include_authorized_operations = false;
    UnknownTags unknown_tags;

    static const Fields& fields();
};

struct ShareGroupDescribeResponse {
    static constexpr MessageInfo kMessage{.name = "ShareGroupDescribeResponse",
                                          .kind = MessageKind::response,
                                          .id = 77,
                                          .versions = {0, 0},
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
        std::optional<std::string> rack_id;
        std::int32_t member_epoch = 0;
        std::string client_id;
        std::string client_host;
        std::vector<std::string> subscribed_topic_names;
        Assignment assignment;
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

/// Acknowledges what was delivered before, and fetches more.
struct ShareFetchRequest {
    static constexpr MessageInfo kMessage{.name = "ShareFetchRequest",
                                          .kind = MessageKind::request,
                                          .id = 78,
                                          .versions = {0, 0},
                                          .first_flexible = 0};

    struct AcknowledgementBatch {
        Offset first_offset;
        Offset last_offset;
        std::vector<std::int8_t> acknowledge_types;
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    struct Partition {
        PartitionId partition_index;
        std::int32_t partition_max_bytes = 0;
        std::vector<AcknowledgementBatch> acknowledgement_batches;
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    struct Topic {
        TopicId topic_id;
        std::vector<Partition> partitions;
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    struct ForgottenTopic {
        TopicId topic_id;
        std::vector<PartitionId> partitions;
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    std::optional<std::string> group_id;
    std::optional<std::string> member_id = "";
    std::int32_t share_session_epoch = 0;
    std::int32_t max_wait_ms = 0;
    std::int32_t min_bytes = 0;
    std::int32_t max_bytes = std::numeric_limits<std::int32_t>::max();
    std::vector<Topic> topics;
    std::vector<ForgottenTopic> forgotten_topics_data;
    UnknownTags unknown_tags;

    static const Fields& fields();
};

struct ShareFetchResponse {
    static constexpr MessageInfo kMessage{.name = "ShareFetchResponse",
                                          .kind = MessageKind::response,
                                          .id = 78,
                                          .versions = {0, 0},
                                          .first_flexible = 0};

    struct CurrentLeader {
        NodeId leader_id;
        LeaderEpoch leader_epoch;
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    struct AcquiredRecord {
        Offset first_offset;
        Offset last_offset;
        std::int16_t delivery_count = 0;
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    struct Partition {
        PartitionId partition_index;
        ErrorCode error_code = ErrorCode::none;
        std::optional<std::string> error_message;
        ErrorCode acknowledge_error_code = ErrorCode::none;
        std::optional<std::string> acknowledge_error_message;
        CurrentLeader current_leader;
        RecordsField records;
        std::vector<AcquiredRecord> acquired_records;
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    struct Topic {
        TopicId topic_id;
        std::vector<Partition> partitions;
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    struct NodeEndpoint {
        NodeId node_id;
        std::string host;
        std::int32_t port = 0;
        std::optional<std::string> rack;
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    std::int32_t throttle_time_ms = 0;
    ErrorCode error_code = ErrorCode::none;
    std::optional<std::string> error_message;
    std::vector<Topic> responses;
    std::vector<NodeEndpoint> node_endpoints;
    UnknownTags unknown_tags;

    static const Fields& fields();
};

struct ShareAcknowledgeRequest {
    static constexpr MessageInfo kMessage{.name = "ShareAcknowledgeRequest",
                                          .kind = MessageKind::request,
                                          .id = 79,
                                          .versions = {0, 0},
                                          .first_flexible = 0};

    struct AcknowledgementBatch {
        Offset first_offset;
        Offset last_offset;
        std::vector<std::int8_t> acknowledge_types;
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    struct Partition {
        PartitionId partition_index;
        std::vector<AcknowledgementBatch> acknowledgement_batches;
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    struct Topic {
        TopicId topic_id;
        std::vector<Partition> partitions;
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    std::optional<std::string> group_id;
    std::optional<std::string> member_id = "";
    std::int32_t share_session_epoch = 0;
    std::vector<Topic> topics;
    UnknownTags unknown_tags;

    static const Fields& fields();
};

struct ShareAcknowledgeResponse {
    static constexpr MessageInfo kMessage{.name = "ShareAcknowledgeResponse",
                                          .kind = MessageKind::response,
                                          .id = 79,
                                          .versions = {0, 0},
                                          .first_flexible = 0};

    struct CurrentLeader {
        NodeId leader_id;
        LeaderEpoch leader_epoch;
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    struct Partition {
        PartitionId partition_index;
        ErrorCode error_code = ErrorCode::none;
        std::optional<std::string> error_message;
        CurrentLeader current_leader;
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    struct Topic {
        TopicId topic_id;
        std::vector<Partition> partitions;
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    struct NodeEndpoint {
        NodeId node_id;
        std::string host;
        std::int32_t port = 0;
        std::optional<std::string> rack;
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    std::int32_t throttle_time_ms = 0;
    ErrorCode error_code = ErrorCode::none;
    std::optional<std::string> error_message;
    std::vector<Topic> responses;
    std::vector<NodeEndpoint> node_endpoints;
    UnknownTags unknown_tags;

    static const Fields& fields();
};

}  // namespace gregor::protocol
