// Questions about a partition's offsets: by timestamp (2), by leader epoch (23), and the cutting of
// its start (21).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "broker/protocol/error_code.h"
#include "broker/protocol/ids.h"
#include "broker/protocol/message.h"

namespace gregor::protocol {

/// v1 one offset and its timestamp in place of a list · v2 isolation level · v4 leader epoch · v6
/// flexible · v7 timestamp -3, the maximum · v8 -4, earliest local · v9 -5, last tiered · v10
/// timeout for tiered lookups.
struct ListOffsetsRequest {
    static constexpr MessageInfo kMessage{.name = "ListOffsetsRequest",
                                          .kind = MessageKind::request,
                                          .id = 2,
                                          .versions = {0, 10},
                                          .first_flexible = 6};

    struct Partition {
        PartitionId partition_index;
        LeaderEpoch current_leader_epoch = kNoLeaderEpoch;
        std::int64_t timestamp = 0;
        std::int32_t max_num_offsets = 1;
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    struct Topic {
        std::string name;
        std::vector<Partition> partitions;
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    NodeId replica_id;
    std::int8_t isolation_level = 0;
    std::vector<Topic> topics;
    std::int32_t timeout_ms = 0;
    UnknownTags unknown_tags;

    static const Fields& fields();
};

struct ListOffsetsResponse {
    static constexpr MessageInfo kMessage{.name = "ListOffsetsResponse",
                                          .kind = MessageKind::response,
                                          .id = 2,
                                          .versions = {0, 10},
                                          .first_flexible = 6};

    struct Partition {
        PartitionId partition_index;
        ErrorCode error_code = ErrorCode::none;
        std::vector<Offset> old_style_offsets;
        std::int64_t timestamp = -1;
        Offset offset = kNoOffset;
        LeaderEpoch leader_epoch = kNoLeaderEpoch;
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

/// v1 the epoch beside the end offset · v2 current leader epoch · v3 replica id (followers and
/// consumers alike) · v4 flexible.
struct OffsetForLeaderEpochRequest {
    static constexpr MessageInfo kMessage{.name = "OffsetForLeaderEpochRequest",
                                          .kind = MessageKind::request,
                                          .id = 23,
                                          .versions = {0, 4},
                                          .first_flexible = 4};

    struct Partition {
        PartitionId partition;
        LeaderEpoch current_leader_epoch = kNoLeaderEpoch;
        LeaderEpoch leader_epoch;
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    struct Topic {
        std::string topic;
        std::vector<Partition> partitions;
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    NodeId replica_id{-2};
    std::vector<Topic> topics;
    UnknownTags unknown_tags;

    static const Fields& fields();
};

struct OffsetForLeaderEpochResponse {
    static constexpr MessageInfo kMessage{.name = "OffsetForLeaderEpochResponse",
                                          .kind = MessageKind::response,
                                          .id = 23,
                                          .versions = {0, 4},
                                          .first_flexible = 4};

    struct Partition {
        ErrorCode error_code = ErrorCode::none;
        PartitionId partition;
        LeaderEpoch leader_epoch = kNoLeaderEpoch;
        Offset end_offset = kNoOffset;
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    struct Topic {
        std::string topic;
        std::vector<Partition> partitions;
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    std::int32_t throttle_time_ms = 0;
    std::vector<Topic> topics;
    UnknownTags unknown_tags;

    static const Fields& fields();
};

/// v1 throttles after the answer · v2 flexible.
struct DeleteRecordsRequest {
    static constexpr MessageInfo kMessage{.name = "DeleteRecordsRequest",
                                          .kind = MessageKind::request,
                                          .id = 21,
                                          .versions = {0, 2},
                                          .first_flexible = 2};

    struct Partition {
        PartitionId partition_index;
        Offset offset;
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    struct Topic {
        std::string name;
        std::vector<Partition> partitions;
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    std::vector<Topic> topics;
    std::int32_t timeout_ms = 0;
    UnknownTags unknown_tags;

    static const Fields& fields();
};

struct DeleteRecordsResponse {
    static constexpr MessageInfo kMessage{.name = "DeleteRecordsResponse",
                                          .kind = MessageKind::response,
                                          .id = 21,
                                          .versions = {0, 2},
                                          .first_flexible = 2};

    struct Partition {
        PartitionId partition_index;
        std::int64_t low_watermark = 0;
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

}  // namespace gregor::protocol
