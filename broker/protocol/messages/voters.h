// The voter set of the KRaft quorum, seen and changed (KIP-853): DescribeQuorum (55), AddRaftVoter
// (80), RemoveRaftVoter (81), UpdateRaftVoter (82).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "broker/protocol/error_code.h"
#include "broker/protocol/ids.h"
#include "broker/protocol/message.h"

namespace gregor::protocol {

/// v1 times of fetch and catching up · v2 error messages, directory ids, endpoints (KIP-853).
struct DescribeQuorumRequest {
    static constexpr MessageInfo kMessage{.name = "DescribeQuorumRequest",
                                          .kind = MessageKind::request,
                                          .id = 55,
                                          .versions = {0, 2},
                                          .first_flexible = 0};

    struct Partition {
        PartitionId partition_index;
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    struct Topic {
        std::string topic_name;
        std::vector<Partition> partitions;
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    std::vector<Topic> topics;
    UnknownTags unknown_tags;

    static const Fields& fields();
};

struct DescribeQuorumResponse {
    static constexpr MessageInfo kMessage{.name = "DescribeQuorumResponse",
                                          .kind = MessageKind::response,
                                          .id = 55,
                                          .versions = {0, 2},
                                          .first_flexible = 0};

    struct ReplicaState {
        NodeId replica_id;
        Uuid replica_directory_id;
        Offset log_end_offset;
        std::int64_t last_fetch_timestamp = -1;
        std::int64_t last_caught_up_timestamp = -1;
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    struct Partition {
        PartitionId partition_index;
        ErrorCode error_code = ErrorCode::none;
        std::optional<std::string> error_message = "";
        NodeId leader_id;
        LeaderEpoch leader_epoch;
        Offset high_watermark;
        std::vector<ReplicaState> current_voters;
        std::vector<ReplicaState> observers;
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    struct Topic {
        std::string topic_name;
        std::vector<Partition> partitions;
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    struct Listener {
        std::string name;
        std::string host;
        std::uint16_t port = 0;
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    struct Node {
        NodeId node_id;
        std::vector<Listener> listeners;
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    ErrorCode error_code = ErrorCode::none;
    std::optional<std::string> error_message = "";
    std::vector<Topic> topics;
    std::vector<Node> nodes;
    UnknownTags unknown_tags;

    static const Fields& fields();
};

/// KIP-853.
struct AddRaftVoterRequest {
    static constexpr MessageInfo kMessage{.name = "AddRaftVoterRequest",
                                          .kind = MessageKind::request,
                                          .id = 80,
                                          .versions = {0, 0},
                                          .first_flexible = 0};

    struct Listener {
        std::string name;
        std::string host;
        std::uint16_t port = 0;
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    std::optional<std::string> cluster_id = "";
    std::int32_t timeout_ms = 0;
    NodeId voter_id;
    Uuid voter_directory_id;
    std::vector<Listener> listeners;
    UnknownTags unknown_tags;

    static const Fields& fields();
};

struct AddRaftVoterResponse {
    static constexpr MessageInfo kMessage{.name = "AddRaftVoterResponse",
                                          .kind = MessageKind::response,
                                          .id = 80,
                                          .versions = {0, 0},
                                          .first_flexible = 0};

    std::int32_t throttle_time_ms = 0;
    ErrorCode error_code = ErrorCode::none;
    std::optional<std::string> error_message = "";
    UnknownTags unknown_tags;

    static const Fields& fields();
};

/// KIP-853.
struct RemoveRaftVoterRequest {
    static constexpr MessageInfo kMessage{.name = "RemoveRaftVoterRequest",
                                          .kind = MessageKind::request,
                                          .id = 81,
                                          .versions = {0, 0},
                                          .first_flexible = 0};

    std::optional<std::string> cluster_id = "";
    NodeId voter_id;
    Uuid voter_directory_id;
    UnknownTags unknown_tags;

    static const Fields& fields();
};

struct RemoveRaftVoterResponse {
    static constexpr MessageInfo kMessage{.name = "RemoveRaftVoterResponse",
                                          .kind = MessageKind::response,
                                          .id = 81,
                                          .versions = {0, 0},
                                          .first_flexible = 0};

    std::int32_t throttle_time_ms = 0;
    ErrorCode error_code = ErrorCode::none;
    std::optional<std::string> error_message = "";
    UnknownTags unknown_tags;

    static const Fields& fields();
};

/// A voter tells its endpoints and kraft.version range (KIP-853).
struct UpdateRaftVoterRequest {
    static constexpr MessageInfo kMessage{.name = "UpdateRaftVoterRequest",
                                          .kind = MessageKind::request,
                                          .id = 82,
                                          .versions = {0, 0},
                                          .first_flexible = 0};

    struct Listener {
        std::string name;
        std::string host;
        std::uint16_t port = 0;
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    struct KRaftVersionFeature {
        std::int16_t min_supported_version = 0;
        std::int16_t max_supported_version = 0;
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    std::optional<std::string> cluster_id = "";
    LeaderEpoch current_leader_epoch;
    NodeId voter_id;
    Uuid voter_directory_id;
    std::vector<Listener> listeners;
    KRaftVersionFeature k_raft_version_feature;
    UnknownTags unknown_tags;

    static const Fields& fields();
};

struct UpdateRaftVoterResponse {
    static constexpr MessageInfo kMessage{.name = "UpdateRaftVoterResponse",
                                          .kind = MessageKind::response,
                                          .id = 82,
                                          .versions = {0, 0},
                                          .first_flexible = 0};

    struct CurrentLeader {
        NodeId leader_id = kNoNode;
        LeaderEpoch leader_epoch = kNoLeaderEpoch;
        std::string host;
        std::int32_t port = 0;
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    std::int32_t throttle_time_ms = 0;
    ErrorCode error_code = ErrorCode::none;
    CurrentLeader current_leader;
    UnknownTags unknown_tags;

    static const Fields& fields();
};

}  // namespace gregor::protocol
