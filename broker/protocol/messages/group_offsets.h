// A group's committed offsets: OffsetCommit (8), OffsetFetch (9).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "broker/protocol/error_code.h"
#include "broker/protocol/ids.h"
#include "broker/protocol/message.h"

namespace gregor::protocol {

/// v1 generation, member, and a timestamp for each partition (v1 only) · v2 retention time, until
/// v4 · v6 leader epoch · v7 static members · v8 flexible · v9 the generation may be a member epoch
/// (KIP-848).
struct OffsetCommitRequest {
    static constexpr MessageInfo kMessage{.name = "OffsetCommitRequest",
                                          .kind = MessageKind::request,
                                          .id = 8,
                                          .versions = {0, 9},
                                          .first_flexible = 8};

    struct Partition {
        PartitionId partition_index;
        Offset committed_offset;
        LeaderEpoch committed_leader_epoch = kNoLeaderEpoch;
        std::int64_t commit_timestamp = -1;
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

    std::string group_id;
    std::int32_t generation_id_or_member_epoch = -1;
    std::string member_id;
    std::optional<std::string> group_instance_id;
    std::int64_t retention_time_ms = -1;
    std::vector<Topic> topics;
    UnknownTags unknown_tags;

    static const Fields& fields();
};

struct OffsetCommitResponse {
    static constexpr MessageInfo kMessage{.name = "OffsetCommitResponse",
                                          .kind = MessageKind::response,
                                          .id = 8,
                                          .versions = {0, 9},
                                          .first_flexible = 8};

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

/// v2 null means all partitions; a top-level error · v5 leader epoch · v6 flexible · v7 require
/// stable (KIP-447) · v8 several groups · v9 member id and epoch (KIP-848).
struct OffsetFetchRequest {
    static constexpr MessageInfo kMessage{.name = "OffsetFetchRequest",
                                          .kind = MessageKind::request,
                                          .id = 9,
                                          .versions = {0, 9},
                                          .first_flexible = 6};

    struct Topic {
        std::string name;
        std::vector<PartitionId> partition_indexes;
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    struct GroupTopic {
        std::string name;
        std::vector<PartitionId> partition_indexes;
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    struct Group {
        std::string group_id;
        std::optional<std::string> member_id;
        std::int32_t member_epoch = -1;
        std::optional<std::vector<GroupTopic>> topics{std::in_place};
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    std::string group_id;
    std::optional<std::vector<Topic>> topics{std::in_place};
    std::vector<Group> groups;
    bool require_stable = false;
    UnknownTags unknown_tags;

    static const Fields& fields();
};

struct OffsetFetchResponse {
    static constexpr MessageInfo kMessage{.name = "OffsetFetchResponse",
                                          .kind = MessageKind::response,
                                          .id = 9,
                                          .versions = {0, 9},
                                          .first_flexible = 6};

    struct Partition {
        PartitionId partition_index;
        Offset committed_offset;
        LeaderEpoch committed_leader_epoch = kNoLeaderEpoch;
        std::optional<std::string> metadata = "";
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

    struct GroupPartition {
        PartitionId partition_index;
        Offset committed_offset;
        LeaderEpoch committed_leader_epoch = kNoLeaderEpoch;
        std::optional<std::string> metadata = "";
        ErrorCode error_code = ErrorCode::none;
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    struct GroupTopic {
        std::string name;
        std::vector<GroupPartition> partitions;
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    struct Group {
        std::string group_id;
        std::vector<GroupTopic> topics;
        ErrorCode error_code = ErrorCode::none;
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    std::int32_t throttle_time_ms = 0;
    std::vector<Topic> topics;
    ErrorCode error_code = ErrorCode::none;
    std::vector<Group> groups;
    UnknownTags unknown_tags;

    static const Fields& fields();
};

}  // namespace gregor::protocol
