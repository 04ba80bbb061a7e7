// Fetch (1): records from partitions, for consumers, followers and the KRaft quorum alike.
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

/// v3 max bytes · v4 isolation level and record batch v2 · v5 log start offset · v7 sessions
/// (KIP-227) · v9 leader epoch · v10 zstd · v11 rack (KIP-392) · v12 flexible, diverging epoch
/// (KIP-595) · v13 topic ids · v15 replica state (KIP-903) · v16 leader hints (KIP-951) · v17
/// replica directory (KIP-853).
struct FetchRequest {
    static constexpr MessageInfo kMessage{.name = "FetchRequest",
                                          .kind = MessageKind::request,
                                          .id = 1,
                                          .versions = {0, 17},
                                          .first_flexible = 12};

    struct ReplicaState {
        NodeId replica_id = kNoNode;
        std::int64_t replica_epoch = -1;
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    struct Partition {
        PartitionId partition;
        LeaderEpoch current_leader_epoch = kNoLeaderEpoch;
        Offset fetch_offset;
        LeaderEpoch last_fetched_epoch = kNoLeaderEpoch;
        Offset log_start_offset = kNoOffset;
        std::int32_t partition_max_bytes = 0;
        Uuid replica_directory_id;
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    struct Topic {
        std::string topic;
        TopicId topic_id;
        std::vector<Partition> partitions;
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    struct ForgottenTopic {
        std::string topic;
        TopicId topic_id;
        std::vector<PartitionId> partitions;
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    std::optional<std::string> cluster_id;
    NodeId replica_id = kNoNode;
    ReplicaState replica_state;
    std::int32_t max_wait_ms = 0;
    std::int32_t min_bytes = 0;
    std::int32_t max_bytes = std::numeric_limits<std::int32_t>::max();
    std::int8_t isolation_level = 0;
    std::int32_t session_id = 0;
    std::int32_t session_epoch = -1;
    std::vector<Topic> topics;
    std::vector<ForgottenTopic> forgotten_topics_data;
    std::string rack_id;
    UnknownTags unknown_tags;

    static const Fields& fields();
};

struct FetchResponse {
    static constexpr MessageInfo kMessage{.name = "FetchResponse",
                                          .kind = MessageKind::response,
                                          .id = 1,
                                          .versions = {0, 17},
                                          .first_flexible = 12};

    struct DivergingEpoch {
        LeaderEpoch epoch = kNoLeaderEpoch;
        Offset end_offset = kNoOffset;
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    struct CurrentLeader {
        NodeId leader_id = kNoNode;
        LeaderEpoch leader_epoch = kNoLeaderEpoch;
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    struct SnapshotId {
        Offset end_offset = kNoOffset;
        LeaderEpoch epoch = kNoLeaderEpoch;
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    struct AbortedTransaction {
        ProducerId producer_id;
        Offset first_offset;
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    struct Partition {
        PartitionId partition_index;
        ErrorCode error_code = ErrorCode::none;
        Offset high_watermark;
        Offset last_stable_offset = kNoOffset;
        Offset log_start_offset = kNoOffset;
        DivergingEpoch diverging_epoch;
        CurrentLeader current_leader;
        SnapshotId snapshot_id;
        std::optional<std::vector<AbortedTransaction>> aborted_transactions{std::in_place};
        NodeId preferred_read_replica = kNoNode;
        RecordsField records;
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    struct Topic {
        std::string topic;
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
    std::int32_t session_id = 0;
    std::vector<Topic> responses;
    std::vector<NodeEndpoint> node_endpoints;
    UnknownTags unknown_tags;

    static const Fields& fields();
};

}  // namespace gregor::protocol
