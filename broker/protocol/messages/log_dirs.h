// Log directories of a broker: AlterReplicaLogDirs (34), DescribeLogDirs (35), and
// AssignReplicasToDirs (73), by which a broker tells the controller where replicas lie (KIP-858).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "broker/protocol/error_code.h"
#include "broker/protocol/ids.h"
#include "broker/protocol/message.h"

namespace gregor::protocol {

/// v2 flexible.
struct AlterReplicaLogDirsRequest {
    static constexpr MessageInfo kMessage{.name = "AlterReplicaLogDirsRequest",
                                          .kind = MessageKind::request,
                                          .id = 34,
                                          .versions = {0, 2},
                                          .first_flexible = 2};

    struct Topic {
        std::string name;
        std::vector<PartitionId> partitions;
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    struct Dir {
        std::string path;
        std::vector<Topic> topics;
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    std::vector<Dir> dirs;
    UnknownTags unknown_tags;

    static const Fields& fields();
};

struct AlterReplicaLogDirsResponse {
    static constexpr MessageInfo kMessage{.name = "AlterReplicaLogDirsResponse",
                                          .kind = MessageKind::response,
                                          .id = 34,
                                          .versions = {0, 2},
                                          .first_flexible = 2};

    struct Partition {
        PartitionId partition_index;
        ErrorCode error_code = ErrorCode::none;
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    struct Result {
        std::string topic_name;
        std::vector<Partition> partitions;
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    std::int32_t throttle_time_ms = 0;
    std::vector<Result> results;
    UnknownTags unknown_tags;

    static const Fields& fields();
};

/// v2 flexible · v3 a top-level error · v4 total and usable bytes (KIP-827).
struct DescribeLogDirsRequest {
    static constexpr MessageInfo kMessage{.name = "DescribeLogDirsRequest",
                                          .kind = MessageKind::request,
                                          .id = 35,
                                          .versions = {0, 4},
                                          .first_flexible = 2};

    struct Topic {
        std::string topic;
        std::vector<PartitionId> partitions;
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    std::optional<std::vector<Topic>> topics{std::in_place};
    UnknownTags unknown_tags;

    static const Fields& fields();
};

struct DescribeLogDirsResponse {
    static constexpr MessageInfo kMessage{.name = "DescribeLogDirsResponse",
                                          .kind = MessageKind::response,
                                          .id = 35,
                                          .versions = {0, 4},
                                          .first_flexible = 2};

    struct Partition {
        PartitionId partition_index;
        std::int64_t partition_size = 0;
        std::int64_t offset_lag = 0;
        bool is_future_key = false;
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    struct Topic {
        std::string name;
        std::vector<Partition> partitions;
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    struct LogDir {
        ErrorCode error_code = ErrorCode::none;
        std::string log_dir;
        std::vector<Topic> topics;
        std::int64_t total_bytes = -1;
        std::int64_t usable_bytes = -1;
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    std::int32_t throttle_time_ms = 0;
    ErrorCode error_code = ErrorCode::none;
    std::vector<LogDir> results;
    UnknownTags unknown_tags;

    static const Fields& fields();
};

/// Directories are named by their ids.
struct AssignReplicasToDirsRequest {
    static constexpr MessageInfo kMessage{.name = "AssignReplicasToDirsRequest",
                                          .kind = MessageKind::request,
                                          .id = 73,
                                          .versions = {0, 0},
                                          .first_flexible = 0};

    struct Partition {
        PartitionId partition_index;
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    struct Topic {
        TopicId topic_id;
        std::vector<Partition> partitions;
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    struct Directory {
        Uuid id;
        std::vector<Topic> topics;
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    NodeId broker_id;
    std::int64_t broker_epoch = -1;
    std::vector<Directory> directories;
    UnknownTags unknown_tags;

    static const Fields& fields();
};

struct AssignReplicasToDirsResponse {
    static constexpr MessageInfo kMessage{.name = "AssignReplicasToDirsResponse",
                                          .kind = MessageKind::response,
                                          .id = 73,
                                          .versions = {0, 0},
                                          .first_flexible = 0};

    struct Partition {
        PartitionId partition_index;
        ErrorCode error_code = ErrorCode::none;
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    struct Topic {
        TopicId topic_id;
        std::vector<Partition> partitions;
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    struct Directory {
        Uuid id;
        std::vector<Topic> topics;
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    std::int32_t throttle_time_ms = 0;
    ErrorCode error_code = ErrorCode::none;
    std::vector<Directory> directories;
    UnknownTags unknown_tags;

    static const Fields& fields();
};

}  // namespace gregor::protocol
