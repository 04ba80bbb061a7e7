// Where replicas live and who leads: ElectLeaders (43), AlterPartitionReassignments (45),
// ListPartitionReassignments (46).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "broker/protocol/error_code.h"
#include "broker/protocol/ids.h"
#include "broker/protocol/message.h"

namespace gregor::protocol {

/// v1 election type: preferred or unclean (KIP-460) · v2 flexible.
struct ElectLeadersRequest {
    static constexpr MessageInfo kMessage{.name = "ElectLeadersRequest",
                                          .kind = MessageKind::request,
                                          .id = 43,
                                          .versions = {0, 2},
                                          .first_flexible = 2};

    struct TopicPartition {
        std::string topic;
        std::vector<PartitionId> partitions;
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    std::int8_t election_type = 0;
    std::optional<std::vector<TopicPartition>> topic_partitions{std::in_place};
    std::int32_t timeout_ms = 60000;
    UnknownTags unknown_tags;

    static const Fields& fields();
};

struct ElectLeadersResponse {
    static constexpr MessageInfo kMessage{.name = "ElectLeadersResponse",
                                          .kind = MessageKind::response,
                                          .id = 43,
                                          .versions = {0, 2},
                                          .first_flexible = 2};

    struct PartitionResult {
        PartitionId partition_id;
        ErrorCode error_code = ErrorCode::none;
        std::optional<std::string> error_message = "";
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    struct ReplicaElectionResult {
        std::string topic;
        std::vector<PartitionResult> partition_result;
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    std::int32_t throttle_time_ms = 0;
    ErrorCode error_code = ErrorCode::none;
    std::vector<ReplicaElectionResult> replica_election_results;
    UnknownTags unknown_tags;

    static const Fields& fields();
};

/// Null replicas cancel a reassignment (KIP-455).
struct AlterPartitionReassignmentsRequest {
    static constexpr MessageInfo kMessage{.name = "AlterPartitionReassignmentsRequest",
                                          .kind = MessageKind::request,
                                          .id = 45,
                                          .versions = {0, 0},
                                          .first_flexible = 0};

    struct Partition {
        PartitionId partition_index;
        std::optional<std::vector<NodeId>> replicas;
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    struct Topic {
        std::string name;
        std::vector<Partition> partitions;
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    std::int32_t timeout_ms = 60000;
    std::vector<Topic> topics;
    UnknownTags unknown_tags;

    static const Fields& fields();
};

struct AlterPartitionReassignmentsResponse {
    static constexpr MessageInfo kMessage{.name = "AlterPartitionReassignmentsResponse",
                                          .kind = MessageKind::response,
                                          .id = 45,
                                          .versions = {0, 0},
                                          .first_flexible = 0};

    struct Partition {
        PartitionId partition_index;
        ErrorCode error_code = ErrorCode::none;
        std::optional<std::string> error_message = "";
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    struct Result {
        std::string name;
        std::vector<Partition> partitions;
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    std::int32_t throttle_time_ms = 0;
    ErrorCode error_code = ErrorCode::none;
    std::optional<std::string> error_message = "";
    std::vector<Result> responses;
    UnknownTags unknown_tags;

    static const Fields& fields();
};

/// Null topics: all.
struct ListPartitionReassignmentsRequest {
    static constexpr MessageInfo kMessage{.name = "ListPartitionReassignmentsRequest",
                                          .kind = MessageKind::request,
                                          .id = 46,
                                          .versions = {0, 0},
                                          .first_flexible = 0};

    struct Topic {
        std::string name;
        std::vector<PartitionId> partition_indexes;
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    std::int32_t timeout_ms = 60000;
    std::optional<std::vector<Topic>> topics;
    UnknownTags unknown_tags;

    static const Fields& fields();
};

struct ListPartitionReassignmentsResponse {
    static constexpr MessageInfo kMessage{.name = "ListPartitionReassignmentsResponse",
                                          .kind = MessageKind::response,
                                          .id = 46,
                                          .versions = {0, 0},
                                          .first_flexible = 0};

    struct Partition {
        PartitionId partition_index;
        std::vector<NodeId> replicas;
        std::vector<NodeId> adding_replicas;
        std::vector<NodeId> removing_replicas;
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
    ErrorCode error_code = ErrorCode::none;
    std::optional<std::string> error_message = "";
    std::vector<Topic> topics;
    UnknownTags unknown_tags;

    static const Fields& fields();
};

}  // namespace gregor::protocol
