// Elections of the KRaft quorum (KIP-595) and its snapshots (KIP-630): Vote (52), BeginQuorumEpoch
// (53), EndQuorumEpoch (54), FetchSnapshot (59). The log itself travels by Fetch.
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

/// v1 directory ids (KIP-853) · v2 PreVote: would you vote for me? (KIP-996).
struct VoteRequest {
    static constexpr MessageInfo kMessage{.name = "VoteRequest",
                                          .kind = MessageKind::request,
                                          .id = 52,
                                          .versions = {0, 2},
                                          .first_flexible = 0};

    struct Partition {
        PartitionId partition_index;
        LeaderEpoch candidate_epoch;
        NodeId candidate_id;
        Uuid candidate_directory_id;
        Uuid voter_directory_id;
        LeaderEpoch last_offset_epoch;
        Offset last_offset;
        bool pre_vote = false;
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    struct Topic {
        std::string topic_name;
        std::vector<Partition> partitions;
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    std::optional<std::string> cluster_id;
    NodeId voter_id = kNoNode;
    std::vector<Topic> topics;
    UnknownTags unknown_tags;

    static const Fields& fields();
};

struct VoteResponse {
    static constexpr MessageInfo kMessage{.name = "VoteResponse",
                                          .kind = MessageKind::response,
                                          .id = 52,
                                          .versions = {0, 2},
                                          .first_flexible = 0};

    struct Partition {
        PartitionId partition_index;
        ErrorCode error_code = ErrorCode::none;
        NodeId leader_id;
        LeaderEpoch leader_epoch;
        bool vote_granted = false;
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    struct Topic {
        std::string topic_name;
        std::vector<Partition> partitions;
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    struct NodeEndpoint {
        NodeId node_id;
        std::string host;
        std::uint16_t port = 0;
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    ErrorCode error_code = ErrorCode::none;
    std::vector<Topic> topics;
    std::vector<NodeEndpoint> node_endpoints;
    UnknownTags unknown_tags;

    static const Fields& fields();
};

/// v1 flexible, directory ids and endpoints (KIP-853).
struct BeginQuorumEpochRequest {
    static constexpr MessageInfo kMessage{.name = "BeginQuorumEpochRequest",
                                          .kind = MessageKind::request,
                                          .id = 53,
                                          .versions = {0, 1},
                                          .first_flexible = 1};

    struct Partition {
        PartitionId partition_index;
        Uuid voter_directory_id;
        NodeId leader_id;
        LeaderEpoch leader_epoch;
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    struct Topic {
        std::string topic_name;
        std::vector<Partition> partitions;
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    struct LeaderEndpoint {
        std::string name;
        std::string host;
        std::uint16_t port = 0;
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    std::optional<std::string> cluster_id;
    NodeId voter_id = kNoNode;
    std::vector<Topic> topics;
    std::vector<LeaderEndpoint> leader_endpoints;
    UnknownTags unknown_tags;

    static const Fields& fields();
};

struct BeginQuorumEpochResponse {
    static constexpr MessageInfo kMessage{.name = "BeginQuorumEpochResponse",
                                          .kind = MessageKind::response,
                                          .id = 53,
                                          .versions = {0, 1},
                                          .first_flexible = 1};

    struct Partition {
        PartitionId partition_index;
        ErrorCode error_code = ErrorCode::none;
        NodeId leader_id;
        LeaderEpoch leader_epoch;
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    struct Topic {
        std::string topic_name;
        std::vector<Partition> partitions;
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    struct NodeEndpoint {
        NodeId node_id;
        std::string host;
        std::uint16_t port = 0;
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    ErrorCode error_code = ErrorCode::none;
    std::vector<Topic> topics;
    std::vector<NodeEndpoint> node_endpoints;
    UnknownTags unknown_tags;

    static const Fields& fields();
};

/// v1 flexible, directory ids and endpoints (KIP-853).
struct EndQuorumEpochRequest {
    static constexpr MessageInfo kMessage{.name = "EndQuorumEpochRequest",
                                          .kind = MessageKind::request,
                                          .id = 54,
                                          .versions = {0, 1},
                                          .first_flexible = 1};

    struct PreferredCandidate {
        NodeId candidate_id;
        Uuid candidate_directory_id;
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    struct Partition {
        PartitionId partition_index;
        NodeId leader_id;
        LeaderEpoch leader_epoch;
        std::vector<NodeId> preferred_successors;
        std::vector<PreferredCandidate> preferred_candidates;
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    struct Topic {
        std::string topic_name;
        std::vector<Partition> partitions;
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    struct LeaderEndpoint {
        std::string name;
        std::string host;
        std::uint16_t port = 0;
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    std::optional<std::string> cluster_id;
    std::vector<Topic> topics;
    std::vector<LeaderEndpoint> leader_endpoints;
    UnknownTags unknown_tags;

    static const Fields& fields();
};

struct EndQuorumEpochResponse {
    static constexpr MessageInfo kMessage{.name = "EndQuorumEpochResponse",
                                          .kind = MessageKind::response,
                                          .id = 54,
                                          .versions = {0, 1},
                                          .first_flexible = 1};

    struct Partition {
        PartitionId partition_index;
        ErrorCode error_code = ErrorCode::none;
        NodeId leader_id;
        LeaderEpoch leader_epoch;
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    struct Topic {
        std::string topic_name;
        std::vector<Partition> partitions;
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    struct NodeEndpoint {
        NodeId node_id;
        std::string host;
        std::uint16_t port = 0;
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    ErrorCode error_code = ErrorCode::none;
    std::vector<Topic> topics;
    std::vector<NodeEndpoint> node_endpoints;
    UnknownTags unknown_tags;

    static const Fields& fields();
};

/// v1 directory id of the fetching replica (KIP-853).
struct FetchSnapshotRequest {
    static constexpr MessageInfo kMessage{.name = "FetchSnapshotRequest",
                                          .kind = MessageKind::request,
                                          .id = 59,
                                          .versions = {0, 1},
                                          .first_flexible = 0};

    struct SnapshotId {
        Offset end_offset;
        LeaderEpoch epoch;
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    struct Partition {
        PartitionId partition;
        LeaderEpoch current_leader_epoch;
        SnapshotId snapshot_id;
        std::int64_t position = 0;
        Uuid replica_directory_id;
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    struct Topic {
        std::string name;
        std::vector<Partition> partitions;
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    std::optional<std::string> cluster_id;
    NodeId replica_id = kNoNode;
    std::int32_t max_bytes = std::numeric_limits<std::int32_t>::max();
    std::vector<Topic> topics;
    UnknownTags unknown_tags;

    static const Fields& fields();
};

struct FetchSnapshotResponse {
    static constexpr MessageInfo kMessage{.name = "FetchSnapshotResponse",
                                          .kind = MessageKind::response,
                                          .id = 59,
                                          .versions = {0, 1},
                                          .first_flexible = 0};

    struct SnapshotId {
        Offset end_offset;
        LeaderEpoch epoch;
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    struct CurrentLeader {
        NodeId leader_id;
        LeaderEpoch leader_epoch;
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    struct Partition {
        std::int32_t index = 0;
        ErrorCode error_code = ErrorCode::none;
        SnapshotId snapshot_id;
        CurrentLeader current_leader;
        std::int64_t size = 0;
        std::int64_t position = 0;
        RecordsField unaligned_records;
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    struct Topic {
        std::string name;
        std::vector<Partition> partitions;
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    struct NodeEndpoint {
        NodeId node_id;
        std::string host;
        std::uint16_t port = 0;
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    std::int32_t throttle_time_ms = 0;
    ErrorCode error_code = ErrorCode::none;
    std::vector<Topic> topics;
    std::vector<NodeEndpoint> node_endpoints;
    UnknownTags unknown_tags;

    static const Fields& fields();
};

}  // namespace gregor::protocol
