// What the cluster looks like to a client: Metadata (3), DescribeCluster (60),
// DescribeTopicPartitions (75).
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

/// v1 null means all topics; controller, racks, internal · v2 cluster id · v4 no auto-creation if
/// not wanted · v5 offline replicas · v7 leader epoch · v8 authorized operations · v9 flexible ·
/// v10 topic ids · v11 cluster operations move to DescribeCluster · v12 topics by id · v13 a
/// top-level error.
struct MetadataRequest {
    static constexpr MessageInfo kMessage{.name = "MetadataRequest",
                                          .kind = MessageKind::request,
                                          .id = 3,
                                          .versions = {0, 13},
                                          .first_flexible = 9};

    struct Topic {
        TopicId topic_id;
        std::optional<std::string> name = "";
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    std::optional<std::vector<Topic>> topics{std::in_place};
    bool allow_auto_topic_creation = true;
    bool include_cluster_authorized_operations = false;
    bool include_topic_authorized_operations = false;
    UnknownTags unknown_tags;

    static const Fields& fields();
};

struct MetadataResponse {
    static constexpr MessageInfo kMessage{.name = "MetadataResponse",
                                          .kind = MessageKind::response,
                                          .id = 3,
                                          .versions = {0, 13},
                                          .first_flexible = 9};

    struct Broker {
        NodeId node_id;
        std::string host;
        std::int32_t port = 0;
        std::optional<std::string> rack;
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    struct Partition {
        ErrorCode error_code = ErrorCode::none;
        PartitionId partition_index;
        NodeId leader_id;
        LeaderEpoch leader_epoch = kNoLeaderEpoch;
        std::vector<NodeId> replica_nodes;
        std::vector<NodeId> isr_nodes;
        std::vector<NodeId> offline_replicas;
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    struct Topic {
        ErrorCode error_code = ErrorCode::none;
        std::optional<std::string> name = "";
        TopicId topic_id;
        bool is_internal = false;
        std::vector<Partition> partitions;
        std::int32_t topic_authorized_operations = std::numeric_limits<std::int32_t>::min();
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    std::int32_t throttle_time_ms = 0;
    std::vector<Broker> brokers;
    std::optional<std::string> cluster_id;
    NodeId controller_id = kNoNode;
    std::vector<Topic> topics;
    std::int32_t cluster_authorized_operations = std::numeric_limits<std::int32_t>::min();
    ErrorCode error_code = ErrorCode::none;
    UnknownTags unknown_tags;

    static const Fields& fields();
};

/// v1 endpoint type: brokers or controllers (KIP-919) · v2 fenced brokers (KIP-1073).
struct DescribeClusterRequest {
    static constexpr MessageInfo kMessage{.name = "DescribeClusterRequest",
                                          .kind = MessageKind::request,
                                          .id = 60,
                                          .versions = {0, 2},
                                          .first_flexible = 0};

    bool include_cluster_authorized_operations = false;
    std::int8_t endpoint_type = 1;
    bool include_fenced_brokers = false;
    UnknownTags unknown_tags;

    static const Fields& fields();
};

struct DescribeClusterResponse {
    static constexpr MessageInfo kMessage{.name = "DescribeClusterResponse",
                                          .kind = MessageKind::response,
                                          .id = 60,
                                          .versions = {0, 2},
                                          .first_flexible = 0};

    struct Broker {
        NodeId broker_id;
        std::string host;
        std::int32_t port = 0;
        std::optional<std::string> rack;
        bool is_fenced = false;
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    std::int32_t throttle_time_ms = 0;
    ErrorCode error_code = ErrorCode::none;
    std::optional<std::string> error_message;
    std::int8_t endpoint_type = 1;
    std::string cluster_id;
    NodeId controller_id = kNoNode;
    std::vector<Broker> brokers;
    std::int32_t cluster_authorized_operations = std::numeric_limits<std::int32_t>::min();
    UnknownTags unknown_tags;

    static const Fields& fields();
};

/// Pages through partitions by a cursor, and shows eligible leader replicas (KIP-966).
struct DescribeTopicPartitionsRequest {
    static constexpr MessageInfo kMessage{.name = "DescribeTopicPartitionsRequest",
                                          .kind = MessageKind::request,
                                          .id = 75,
                                          .versions = {0, 0},
                                          .first_flexible = 0};

    struct Topic {
        std::string name;
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    struct Cursor {
        std::string topic_name;
        PartitionId partition_index;
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    std::vector<Topic> topics;
    std::int32_t response_partition_limit = 2000;
    std::optional<Cursor> cursor;
    UnknownTags unknown_tags;

    static const Fields& fields();
};

struct DescribeTopicPartitionsResponse {
    static constexpr MessageInfo kMessage{.name = "DescribeTopicPartitionsResponse",
                                          .kind = MessageKind::response,
                                          .id = 75,
                                          .versions = {0, 0},
                                          .first_flexible = 0};

    struct Partition {
        ErrorCode error_code = ErrorCode::none;
        PartitionId partition_index;
        NodeId leader_id;
        LeaderEpoch leader_epoch = kNoLeaderEpoch;
        std::vector<NodeId> replica_nodes;
        std::vector<NodeId> isr_nodes;
        std::optional<std::vector<NodeId>> eligible_leader_replicas;
        std::optional<std::vector<NodeId>> last_known_elr;
        std::vector<NodeId> offline_replicas;
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    struct Topic {
        ErrorCode error_code = ErrorCode::none;
        std::optional<std::string> name = "";
        TopicId topic_id;
        bool is_internal = false;
        std::vector<Partition> partitions;
        std::int32_t topic_authorized_operations = std::numeric_limits<std::int32_t>::min();
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    struct Cursor {
        std::string topic_name;
        PartitionId partition_index;
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    std::int32_t throttle_time_ms = 0;
    std::vector<Topic> topics;
    std::optional<Cursor> next_cursor;
    UnknownTags unknown_tags;

    static const Fields& fields();
};

}  // namespace gregor::protocol
