// The records of share groups (KIP-932) in __consumer_offsets and __share_group_state, at the state
// of October 2024.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "broker/protocol/ids.h"
#include "broker/protocol/message.h"

namespace gregor::protocol {

struct ShareGroupMetadataKey {
    static constexpr MessageInfo kMessage{.name = "ShareGroupMetadataKey",
                                          .kind = MessageKind::coordinator_key,
                                          .versions = {11, 11}};

    std::string group_id;

    static const Fields& fields();
};

struct ShareGroupMetadataValue {
    static constexpr MessageInfo kMessage{.name = "ShareGroupMetadataValue",
                                          .kind = MessageKind::coordinator_value,
                                          .versions = {0, 0},
                                          .first_flexible = 0};

    std::int32_t epoch = 0;
    UnknownTags unknown_tags;

    static const Fields& fields();
};

struct ShareGroupPartitionMetadataKey {
    static constexpr MessageInfo kMessage{.name = "ShareGroupPartitionMetadataKey",
                                          .kind = MessageKind::coordinator_key,
                                          .versions = {9, 9}};

    std::string group_id;

    static const Fields& fields();
};

struct ShareGroupPartitionMetadataValue {
    static constexpr MessageInfo kMessage{.name = "ShareGroupPartitionMetadataValue",
                                          .kind = MessageKind::coordinator_value,
                                          .versions = {0, 0},
                                          .first_flexible = 0};

    struct PartitionMetadata {
        PartitionId partition;
        std::vector<std::string> racks;
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    struct Topic {
        TopicId topic_id;
        std::string topic_name;
        std::int32_t num_partitions = 0;
        std::vector<PartitionMetadata> partition_metadata;
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    std::vector<Topic> topics;
    UnknownTags unknown_tags;

    static const Fields& fields();
};

struct ShareGroupMemberMetadataKey {
    static constexpr MessageInfo kMessage{.name = "ShareGroupMemberMetadataKey",
                                          .kind = MessageKind::coordinator_key,
                                          .versions = {10, 10}};

    std::string group_id;
    std::string member_id;

    static const Fields& fields();
};

struct ShareGroupMemberMetadataValue {
    static constexpr MessageInfo kMessage{.name = "ShareGroupMemberMetadataValue",
                                          .kind = MessageKind::coordinator_value,
                                          .versions = {0, 0},
                                          .first_flexible = 0};

    std::optional<std::string> rack_id = "";
    std::string client_id;
    std::string client_host;
    std::vector<std::string> subscribed_topic_names;
    UnknownTags unknown_tags;

    static const Fields& fields();
};

struct ShareGroupTargetAssignmentMetadataKey {
    static constexpr MessageInfo kMessage{.name = "ShareGroupTargetAssignmentMetadataKey",
                                          .kind = MessageKind::coordinator_key,
                                          .versions = {12, 12}};

    std::string group_id;

    static const Fields& fields();
};

struct ShareGroupTargetAssignmentMetadataValue {
    static constexpr MessageInfo kMessage{.name = "ShareGroupTargetAssignmentMetadataValue",
                                          .kind = MessageKind::coordinator_value,
                                          .versions = {0, 0},
                                          .first_flexible = 0};

    std::int32_t assignment_epoch = 0;
    UnknownTags unknown_tags;

    static const Fields& fields();
};

struct ShareGroupTargetAssignmentMemberKey {
    static constexpr MessageInfo kMessage{.name = "ShareGroupTargetAssignmentMemberKey",
                                          .kind = MessageKind::coordinator_key,
                                          .versions = {13, 13}};

    std::string group_id;
    std::string member_id;

    static const Fields& fields();
};

struct ShareGroupTargetAssignmentMemberValue {
    static constexpr MessageInfo kMessage{.name = "ShareGroupTargetAssignmentMemberValue",
                                          .kind = MessageKind::coordinator_value,
                                          .versions = {0, 0},
                                          .first_flexible = 0};

    struct TopicPartition {
        TopicId topic_id;
        std::vector<PartitionId> partitions;
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    std::vector<TopicPartition> topic_partitions;
    UnknownTags unknown_tags;

    static const Fields& fields();
};

struct ShareGroupCurrentMemberAssignmentKey {
    static constexpr MessageInfo kMessage{.name = "ShareGroupCurrentMemberAssignmentKey",
                                          .kind = MessageKind::coordinator_key,
                                          .versions = {14, 14}};

    std::string group_id;
    std::string member_id;

    static const Fields& fields();
};

struct ShareGroupCurrentMemberAssignmentValue {
    static constexpr MessageInfo kMessage{.name = "ShareGroupCurrentMemberAssignmentValue",
                                          .kind = MessageKind::coordinator_value,
                                          .versions = {0, 0},
                                          .first_flexible = 0};

    struct TopicPartitions {
        TopicId topic_id;
        std::vector<PartitionId> partitions;
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    std::int32_t member_epoch = 0;
    std::int32_t previous_member_epoch = 0;
    std::int8_t state = 0;
    std::vector<TopicPartitions> assigned_partitions;
    UnknownTags unknown_tags;

    static const Fields& fields();
};

struct ShareGroupStatePartitionMetadataKey {
    static constexpr MessageInfo kMessage{.name = "ShareGroupStatePartitionMetadataKey",
                                          .kind = MessageKind::coordinator_key,
                                          .versions = {15, 15}};

    std::string group_id;

    static const Fields& fields();
};

struct ShareGroupStatePartitionMetadataValue {
    static constexpr MessageInfo kMessage{.name = "ShareGroupStatePartitionMetadataValue",
                                          .kind = MessageKind::coordinator_value,
                                          .versions = {0, 0},
                                          .first_flexible = 0};

    struct TopicPartitionsInfo {
        TopicId topic_id;
        std::string topic_name;
        std::vector<PartitionId> partitions;
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    struct TopicInfo {
        TopicId topic_id;
        std::string topic_name;
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    std::vector<TopicPartitionsInfo> initialized_topics;
    std::vector<TopicInfo> deleting_topics;
    UnknownTags unknown_tags;

    static const Fields& fields();
};

struct ShareSnapshotKey {
    static constexpr MessageInfo kMessage{
        .name = "ShareSnapshotKey", .kind = MessageKind::coordinator_key, .versions = {0, 0}};

    std::string group_id;
    TopicId topic_id;
    PartitionId partition;

    static const Fields& fields();
};

struct ShareSnapshotValue {
    static constexpr MessageInfo kMessage{.name = "ShareSnapshotValue",
                                          .kind = MessageKind::coordinator_value,
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

    std::uint16_t snapshot_epoch = 0;
    std::int32_t state_epoch = 0;
    LeaderEpoch leader_epoch;
    Offset start_offset;
    std::vector<StateBatch> state_batches;
    UnknownTags unknown_tags;

    static const Fields& fields();
};

struct ShareUpdateKey {
    static constexpr MessageInfo kMessage{
        .name = "ShareUpdateKey", .kind = MessageKind::coordinator_key, .versions = {1, 1}};

    std::string group_id;
    TopicId topic_id;
    PartitionId partition;

    static const Fields& fields();
};

struct ShareUpdateValue {
    static constexpr MessageInfo kMessage{.name = "ShareUpdateValue",
                                          .kind = MessageKind::coordinator_value,
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

    std::uint16_t snapshot_epoch = 0;
    LeaderEpoch leader_epoch;
    Offset start_offset;
    std::vector<StateBatch> state_batches;
    UnknownTags unknown_tags;

    static const Fields& fields();
};

}  // namespace gregor::protocol
