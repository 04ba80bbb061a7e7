// The persisted state of share groups (KIP-932), between coordinators: initialize (83), read (84),
// write (85), delete (86), and read the summary (87).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "broker/protocol/error_code.h"
#include "broker/protocol/ids.h"
#include "broker/protocol/message.h"

namespace gregor::protocol {

struct InitializeShareGroupStateRequest {
    static constexpr MessageInfo kMessage{.name = "InitializeShareGroupStateRequest",
                                          .kind = MessageKind::request,
                                          .id = 83,
                                          .versions = {0, 0},
                                          .first_flexible = 0};

    struct Partition {
        PartitionId partition;
        std::int32_t state_epoch = 0;
        Offset start_offset;
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    struct Topic {
        TopicId topic_id;
        std::vector<Partition> partitions;
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    std::string group_id;
    std::vector<Topic> topics;
    UnknownTags unknown_tags;

    static const Fields& fields();
};

struct InitializeShareGroupStateResponse {
    static constexpr MessageInfo kMessage{.name = "InitializeShareGroupStateResponse",
                                          .kind = MessageKind::response,
                                          .id = 83,
                                          .versions = {0, 0},
                                          .first_flexible = 0};

    struct Partition {
        PartitionId partition;
        ErrorCode error_code = ErrorCode::none;
        std::optional<std::string> error_message;
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    struct Result {
        TopicId topic_id;
        std::vector<Partition> partitions;
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    std::vector<Result> results;
    UnknownTags unknown_tags;

    static const Fields& fields();
};

struct ReadShareGroupStateRequest {
    static constexpr MessageInfo kMessage{.name = "ReadShareGroupStateRequest",
                                          .kind = MessageKind::request,
                                          .id = 84,
                                          .versions = {0, 0},
                                          .first_flexible = 0};

    struct Partition {
        PartitionId partition;
        LeaderEpoch leader_epoch;
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    struct Topic {
        TopicId topic_id;
        std::vector<Partition> partitions;
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    std::string group_id;
    std::vector<Topic> topics;
    UnknownTags unknown_tags;

    static const Fields& fields();
};

struct ReadShareGroupStateResponse {
    static constexpr MessageInfo kMessage{.name = "ReadShareGroupStateResponse",
                                          .kind = MessageKind::response,
                                          .id = 84,
                                          .versions = {0, 0},
                                          .first_flexible = 0};

    struct StateBatch {
        Offset first_offset;
        Offset last_offset;
        std::int8_t delivery_state = 0;
        std::int16_t delivery_count = 0;
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    struct Partition {
        PartitionId partition;
        ErrorCode error_code = ErrorCode::none;
        std::optional<std::string> error_message;
        std::int32_t state_epoch = 0;
        Offset start_offset;
        std::vector<StateBatch> state_batches;
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    struct Result {
        TopicId topic_id;
        std::vector<Partition> partitions;
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    std::vector<Result> results;
    UnknownTags unknown_tags;

    static const Fields& fields();
};

struct WriteShareGroupStateRequest {
    static constexpr MessageInfo kMessage{.name = "WriteShareGroupStateRequest",
                                          .kind = MessageKind::request,
                                          .id = 85,
                                          .versions = {0, 0},
                                          .first_flexible = 0};

    struct StateBatch {
        Offset first_offset;
        Offset last_offset;
        std::int8_t delivery_state = 0;
        std::int16_t delivery_count = 0;
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    struct Partition {
        PartitionId partition;
        std::int32_t state_epoch = 0;
        LeaderEpoch leader_epoch;
        Offset start_offset;
        std::vector<StateBatch> state_batches;
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    struct Topic {
        TopicId topic_id;
        std::vector<Partition> partitions;
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    std::string group_id;
    std::vector<Topic> topics;
    UnknownTags unknown_tags;

    static const Fields& fields();
};

struct WriteShareGroupStateResponse {
    static constexpr MessageInfo kMessage{.name = "WriteShareGroupStateResponse",
                                          .kind = MessageKind::response,
                                          .id = 85,
                                          .versions = {0, 0},
                                          .first_flexible = 0};

    struct Partition {
        PartitionId partition;
        ErrorCode error_code = ErrorCode::none;
        std::optional<std::string> error_message;
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    struct Result {
        TopicId topic_id;
        std::vector<Partition> partitions;
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    std::vector<Result> results;
    UnknownTags unknown_tags;

    static const Fields& fields();
};

struct DeleteShareGroupStateRequest {
    static constexpr MessageInfo kMessage{.name = "DeleteShareGroupStateRequest",
                                          .kind = MessageKind::request,
                                          .id = 86,
                                          .versions = {0, 0},
                                          .first_flexible = 0};

    struct Partition {
        PartitionId partition;
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    struct Topic {
        TopicId topic_id;
        std::vector<Partition> partitions;
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    std::string group_id;
    std::vector<Topic> topics;
    UnknownTags unknown_tags;

    static const Fields& fields();
};

struct DeleteShareGroupStateResponse {
    static constexpr MessageInfo kMessage{.name = "DeleteShareGroupStateResponse",
                                          .kind = MessageKind::response,
                                          .id = 86,
                                          .versions = {0, 0},
                                          .first_flexible = 0};

    struct Partition {
        PartitionId partition;
        ErrorCode error_code = ErrorCode::none;
        std::optional<std::string> error_message;
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    struct Result {
        TopicId topic_id;
        std::vector<Partition> partitions;
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    std::vector<Result> results;
    UnknownTags unknown_tags;

    static const Fields& fields();
};

struct ReadShareGroupStateSummaryRequest {
    static constexpr MessageInfo kMessage{.name = "ReadShareGroupStateSummaryRequest",
                                          .kind = MessageKind::request,
                                          .id = 87,
                                          .versions = {0, 0},
                                          .first_flexible = 0};

    struct Partition {
        PartitionId partition;
        LeaderEpoch leader_epoch;
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    struct Topic {
        TopicId topic_id;
        std::vector<Partition> partitions;
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    std::string group_id;
    std::vector<Topic> topics;
    UnknownTags unknown_tags;

    static const Fields& fields();
};

struct ReadShareGroupStateSummaryResponse {
    static constexpr MessageInfo kMessage{.name = "ReadShareGroupStateSummaryResponse",
                                          .kind = MessageKind::response,
                                          .id = 87,
                                          .versions = {0, 0},
                                          .first_flexible = 0};

    struct Partition {
        PartitionId partition;
        ErrorCode error_code = ErrorCode::none;
        std::optional<std::string> error_message;
        std::int32_t state_epoch = 0;
        Offset start_offset;
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    struct Result {
        TopicId topic_id;
        std::vector<Partition> partitions;
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    std::vector<Result> results;
    UnknownTags unknown_tags;

    static const Fields& fields();
};

}  // namespace gregor::protocol
