// The records of __consumer_offsets. A key starts with its 2-byte type, a value with its 2-byte
// version; neither is part of the struct. The number in a key's range of versions is that type.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "broker/protocol/ids.h"
#include "broker/protocol/message.h"

namespace gregor::protocol {

/// Types 0 and 1 are one layout.
struct OffsetCommitKey {
    static constexpr MessageInfo kMessage{
        .name = "OffsetCommitKey", .kind = MessageKind::coordinator_key, .versions = {0, 1}};

    std::string group;
    std::string topic;
    PartitionId partition;

    static const Fields& fields();
};

/// v1 expire timestamp, in v1 only · v3 leader epoch · v4 flexible.
struct OffsetCommitValue {
    static constexpr MessageInfo kMessage{.name = "OffsetCommitValue",
                                          .kind = MessageKind::coordinator_value,
                                          .versions = {0, 4},
                                          .first_flexible = 4};

    Offset offset;
    LeaderEpoch leader_epoch = kNoLeaderEpoch;
    std::string metadata;
    std::int64_t commit_timestamp = 0;
    std::int64_t expire_timestamp = -1;
    UnknownTags unknown_tags;

    static const Fields& fields();
};

struct GroupMetadataKey {
    static constexpr MessageInfo kMessage{
        .name = "GroupMetadataKey", .kind = MessageKind::coordinator_key, .versions = {2, 2}};

    std::string group;

    static const Fields& fields();
};

/// v1 rebalance timeout · v2 time of the current state · v3 static members · v4 flexible.
struct GroupMetadataValue {
    static constexpr MessageInfo kMessage{.name = "GroupMetadataValue",
                                          .kind = MessageKind::coordinator_value,
                                          .versions = {0, 4},
                                          .first_flexible = 4};

    struct MemberMetadata {
        std::string member_id;
        std::optional<std::string> group_instance_id;
        std::string client_id;
        std::string client_host;
        std::int32_t rebalance_timeout = -1;
        std::int32_t session_timeout = 0;
        Bytes subscription;
        Bytes assignment;
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    std::string protocol_type;
    std::int32_t generation = 0;
    std::optional<std::string> protocol = "";
    std::optional<std::string> leader = "";
    std::int64_t current_state_timestamp = -1;
    std::vector<MemberMetadata> members;
    UnknownTags unknown_tags;

    static const Fields& fields();
};

struct ConsumerGroupMetadataKey {
    static constexpr MessageInfo kMessage{.name = "ConsumerGroupMetadataKey",
                                          .kind = MessageKind::coordinator_key,
                                          .versions = {3, 3}};

    std::string group_id;

    static const Fields& fields();
};

/// The group epoch.
struct ConsumerGroupMetadataValue {
    static constexpr MessageInfo kMessage{.name = "ConsumerGroupMetadataValue",
                                          .kind = MessageKind::coordinator_value,
                                          .versions = {0, 0},
                                          .first_flexible = 0};

    std::int32_t epoch = 0;
    UnknownTags unknown_tags;

    static const Fields& fields();
};

struct ConsumerGroupPartitionMetadataKey {
    static constexpr MessageInfo kMessage{.name = "ConsumerGroupPartitionMetadataKey",
                                          .kind = MessageKind::coordinator_key,
                                          .versions = {4, 4}};

    std::string group_id;

    static const Fields& fields();
};

/// Subscribed topics as they were when the group epoch was computed.
struct ConsumerGroupPartitionMetadataValue {
    static constexpr MessageInfo kMessage{.name = "ConsumerGroupPartitionMetadataValue",
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

struct ConsumerGroupMemberMetadataKey {
    static constexpr MessageInfo kMessage{.name = "ConsumerGroupMemberMetadataKey",
                                          .kind = MessageKind::coordinator_key,
                                          .versions = {5, 5}};

    std::string group_id;
    std::string member_id;

    static const Fields& fields();
};

struct ConsumerGroupMemberMetadataValue {
    static constexpr MessageInfo kMessage{.name = "ConsumerGroupMemberMetadataValue",
                                          .kind = MessageKind::coordinator_value,
                                          .versions = {0, 0},
                                          .first_flexible = 0};

    struct SupportedProtocol {
        std::string name;
        Bytes metadata;
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    struct ClassicMemberMetadata {
        std::int32_t session_timeout_ms = 0;
        std::vector<SupportedProtocol> supported_protocols;
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    std::optional<std::string> instance_id = "";
    std::optional<std::string> rack_id = "";
    std::string client_id;
    std::string client_host;
    std::vector<std::string> subscribed_topic_names;
    std::optional<std::string> subscribed_topic_regex = "";
    std::int32_t rebalance_timeout_ms = -1;
    std::optional<std::string> server_assignor = "";
    std::optional<ClassicMemberMetadata> classic_member_metadata;
    UnknownTags unknown_tags;

    static const Fields& fields();
};

struct ConsumerGroupTargetAssignmentMetadataKey {
    static constexpr MessageInfo kMessage{.name = "ConsumerGroupTargetAssignmentMetadataKey",
                                          .kind = MessageKind::coordinator_key,
                                          .versions = {6, 6}};

    std::string group_id;

    static const Fields& fields();
};

struct ConsumerGroupTargetAssignmentMetadataValue {
    static constexpr MessageInfo kMessage{.name = "ConsumerGroupTargetAssignmentMetadataValue",
                                          .kind = MessageKind::coordinator_value,
                                          .versions = {0, 0},
                                          .first_flexible = 0};

    std::int32_t assignment_epoch = 0;
    UnknownTags unknown_tags;

    static const Fields& fields();
};

struct ConsumerGroupTargetAssignmentMemberKey {
    static constexpr MessageInfo kMessage{.name = "ConsumerGroupTargetAssignmentMemberKey",
                                          .kind = MessageKind::coordinator_key,
                                          .versions = {7, 7}};

    std::string group_id;
    std::string member_id;

    static const Fields& fields();
};

struct ConsumerGroupTargetAssignmentMemberValue {
    static constexpr MessageInfo kMessage{.name = "ConsumerGroupTargetAssignmentMemberValue",
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

struct ConsumerGroupCurrentMemberAssignmentKey {
    static constexpr MessageInfo kMessage{.name = "ConsumerGroupCurrentMemberAssignmentKey",
                                          .kind = MessageKind::coordinator_key,
                                          .versions = {8, 8}};

    std::string group_id;
    std::string member_id;

    static const Fields& fields();
};

struct ConsumerGroupCurrentMemberAssignmentValue {
    static constexpr MessageInfo kMessage{.name = "ConsumerGroupCurrentMemberAssignmentValue",
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
    std::vector<TopicPartitions> partitions_pending_revocation;
    UnknownTags unknown_tags;

    static const Fields& fields();
};

/// Since 4.0.
struct ConsumerGroupRegularExpressionKey {
    static constexpr MessageInfo kMessage{.name = "ConsumerGroupRegularExpressionKey",
                                          .kind = MessageKind::coordinator_key,
                                          .versions = {16, 16}};

    std::string group_id;
    std::string regular_expression;

    static const Fields& fields();
};

/// The topics that a regular expression stood for at a metadata version.
struct ConsumerGroupRegularExpressionValue {
    static constexpr MessageInfo kMessage{.name = "ConsumerGroupRegularExpressionValue",
                                          .kind = MessageKind::coordinator_value,
                                          .versions = {0, 0},
                                          .first_flexible = 0};

    std::vector<std::string> topics;
    std::int64_t version = 0;
    std::int64_t timestamp = 0;
    UnknownTags unknown_tags;

    static const Fields& fields();
};

}  // namespace gregor::protocol
