// The records of __consumer_offsets that this coordinator writes and reads: committed offsets, the
// metadata of classic groups, and what there is of consumer groups (KIP-848).
//
//     key    int16 type (0, 1: OffsetCommitKey · 2: GroupMetadataKey · 3 to 8 and 16: those of
//            consumer groups), then the key
//     value  int16 version, then the value; no value: a tombstone
//
// A record of another type (those of share groups) says nothing about these; it is passed over.
#pragma once

#include <optional>
#include <string>
#include <variant>

#include "broker/coordinator/coordinator.h"
#include "broker/protocol/messages/group_records.h"

namespace gregor::coordinator {

struct OffsetCommitRecord {
    protocol::OffsetCommitKey key;
    std::optional<protocol::OffsetCommitValue> value;
};

struct GroupMetadataRecord {
    protocol::GroupMetadataKey key;
    std::optional<protocol::GroupMetadataValue> value;
};

template <class KeyMessage, class ValueMessage>
struct ConsumerGroupRecord {
    using Key = KeyMessage;
    using Value = ValueMessage;

    Key key;
    std::optional<Value> value;
};
/// 3: the group epoch.
using ConsumerGroupMetadataRecord =
    ConsumerGroupRecord<protocol::ConsumerGroupMetadataKey, protocol::ConsumerGroupMetadataValue>;
/// 4: the topics that are subscribed to.
using ConsumerGroupPartitionMetadataRecord =
    ConsumerGroupRecord<protocol::ConsumerGroupPartitionMetadataKey,
                        protocol::ConsumerGroupPartitionMetadataValue>;
/// 5: a member, and what it subscribes to.
using ConsumerGroupMemberMetadataRecord =
    ConsumerGroupRecord<protocol::ConsumerGroupMemberMetadataKey,
                        protocol::ConsumerGroupMemberMetadataValue>;
/// 6: the group epoch of the target assignment.
using ConsumerGroupTargetAssignmentMetadataRecord =
    ConsumerGroupRecord<protocol::ConsumerGroupTargetAssignmentMetadataKey,
                        protocol::ConsumerGroupTargetAssignmentMetadataValue>;
/// 7: what a member is to have.
using ConsumerGroupTargetAssignmentMemberRecord =
    ConsumerGroupRecord<protocol::ConsumerGroupTargetAssignmentMemberKey,
                        protocol::ConsumerGroupTargetAssignmentMemberValue>;
/// 8: what a member has, and its epoch.
using ConsumerGroupCurrentMemberAssignmentRecord =
    ConsumerGroupRecord<protocol::ConsumerGroupCurrentMemberAssignmentKey,
                        protocol::ConsumerGroupCurrentMemberAssignmentValue>;
/// 16: the topics that a regular expression stands for.
using ConsumerGroupRegularExpressionRecord =
    ConsumerGroupRecord<protocol::ConsumerGroupRegularExpressionKey,
                        protocol::ConsumerGroupRegularExpressionValue>;

/// Of a type that is not ours.
struct OtherGroupRecord {
    std::int16_t type = 0;
};

using GroupRecord =
    std::variant<OffsetCommitRecord, GroupMetadataRecord, ConsumerGroupMetadataRecord,
                 ConsumerGroupPartitionMetadataRecord, ConsumerGroupMemberMetadataRecord,
                 ConsumerGroupTargetAssignmentMetadataRecord,
                 ConsumerGroupTargetAssignmentMemberRecord,
                 ConsumerGroupCurrentMemberAssignmentRecord, ConsumerGroupRegularExpressionRecord,
                 OtherGroupRecord>;

/// The text says what does not parse.
[[nodiscard]] Result<GroupRecord, std::string> decode_group_record(const CoordinatorRecord& record);

/// In the versions that Kafka writes: keys 1 and 2, values 3, and for an offset with an expire
/// timestamp 1; those of consumer groups 0.
[[nodiscard]] CoordinatorRecord encode_group_record(const OffsetCommitRecord& record);
[[nodiscard]] CoordinatorRecord encode_group_record(const GroupMetadataRecord& record);
[[nodiscard]] CoordinatorRecord encode_group_record(const ConsumerGroupMetadataRecord& record);
[[nodiscard]] CoordinatorRecord encode_group_record(
    const ConsumerGroupPartitionMetadataRecord& record);
[[nodiscard]] CoordinatorRecord encode_group_record(
    const ConsumerGroupMemberMetadataRecord& record);
[[nodiscard]] CoordinatorRecord encode_group_record(
    const ConsumerGroupTargetAssignmentMetadataRecord& record);
[[nodiscard]] CoordinatorRecord encode_group_record(
    const ConsumerGroupTargetAssignmentMemberRecord& record);
[[nodiscard]] CoordinatorRecord encode_group_record(
    const ConsumerGroupCurrentMemberAssignmentRecord& record);
[[nodiscard]] CoordinatorRecord encode_group_record(
    const ConsumerGroupRegularExpressionRecord& record);

}  // namespace gregor::coordinator
