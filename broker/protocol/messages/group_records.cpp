#include "broker/protocol/messages/group_records.h"

namespace gregor::protocol {

const Fields& OffsetCommitKey::fields() {
    using M = OffsetCommitKey;
    static const Fields fields = describe<M>({
        field("group", &M::group),
        field("topic", &M::topic),
        field("partition", &M::partition),
    });
    return fields;
}

const Fields& OffsetCommitValue::fields() {
    using M = OffsetCommitValue;
    static const Fields fields = describe<M>({
        field("offset", &M::offset),
        field("leader_epoch", &M::leader_epoch).since(3),
        field("metadata", &M::metadata),
        field("commit_timestamp", &M::commit_timestamp),
        field("expire_timestamp", &M::expire_timestamp).versions(1, 1),
    });
    return fields;
}

const Fields& GroupMetadataKey::fields() {
    using M = GroupMetadataKey;
    static const Fields fields = describe<M>({
        field("group", &M::group),
    });
    return fields;
}

const Fields& GroupMetadataValue::MemberMetadata::fields() {
    using M = GroupMetadataValue::MemberMetadata;
    static const Fields fields = describe<M>({
        field("member_id", &M::member_id),
        field("group_instance_id", &M::group_instance_id).since(3).nullable(),
        field("client_id", &M::client_id),
        field("client_host", &M::client_host),
        field("rebalance_timeout", &M::rebalance_timeout).since(1),
        field("session_timeout", &M::session_timeout),
        field("subscription", &M::subscription),
        field("assignment", &M::assignment),
    });
    return fields;
}

const Fields& GroupMetadataValue::fields() {
    using M = GroupMetadataValue;
    static const Fields fields = describe<M>({
        field("protocol_type", &M::protocol_type),
        field("generation", &M::generation),
        field("protocol", &M::protocol).nullable(),
        field("leader", &M::leader).nullable(),
        field("current_state_timestamp", &M::current_state_timestamp).since(2),
        field("members", &M::members),
    });
    return fields;
}

const Fields& ConsumerGroupMetadataKey::fields() {
    using M = ConsumerGroupMetadataKey;
    static const Fields fields = describe<M>({
        field("group_id", &M::group_id),
    });
    return fields;
}

const Fields& ConsumerGroupMetadataValue::fields() {
    using M = ConsumerGroupMetadataValue;
    static const Fields fields = describe<M>({
        field("epoch", &M::epoch),
    });
    return fields;
}

const Fields& ConsumerGroupPartitionMetadataKey::fields() {
    using M = ConsumerGroupPartitionMetadataKey;
    static const Fields fields = describe<M>({
        field("group_id", &M::group_id),
    });
    return fields;
}

const Fields& ConsumerGroupPartitionMetadataValue::PartitionMetadata::fields() {
    using M = ConsumerGroupPartitionMetadataValue::PartitionMetadata;
    static const Fields fields = describe<M>({
        field("partition", &M::partition),
        field("racks", &M::racks),
    });
    return fields;
}

const Fields& ConsumerGroupPartitionMetadataValue::Topic::fields() {
    using M = ConsumerGroupPartitionMetadataValue::Topic;
    static const Fields fields = describe<M>({
        field("topic_id", &M::topic_id),
        field("topic_name", &M::topic_name),
        field("num_partitions", &M::num_partitions),
        field("partition_metadata", &M::partition_metadata),
    });
    return fields;
}

const Fields& ConsumerGroupPartitionMetadataValue::fields() {
    using M = ConsumerGroupPartitionMetadataValue;
    static const Fields fields = describe<M>({
        field("topics", &M::topics),
    });
    return fields;
}

const Fields& ConsumerGroupMemberMetadataKey::fields() {
    using M = ConsumerGroupMemberMetadataKey;
    static const Fields fields = describe<M>({
        field("group_id", &M::group_id),
        field("member_id", &M::member_id),
    });
    return fields;
}

const Fields& ConsumerGroupMemberMetadataValue::SupportedProtocol::fields() {
    using M = ConsumerGroupMemberMetadataValue::SupportedProtocol;
    static const Fields fields = describe<M>({
        field("name", &M::name),
        field("metadata", &M::metadata),
    });
    return fields;
}

const Fields& ConsumerGroupMemberMetadataValue::ClassicMemberMetadata::fields() {
    using M = ConsumerGroupMemberMetadataValue::ClassicMemberMetadata;
    static const Fields fields = describe<M>({
        field("session_timeout_ms", &M::session_timeout_ms),
        field("supported_protocols", &M::supported_protocols),
    });
    return fields;
}

const Fields& ConsumerGroupMemberMetadataValue::fields() {
    using M = ConsumerGroupMemberMetadataValue;
    static const Fields fields = describe<M>({
        field("instance_id", &M::instance_id).nullable(),
        field("rack_id", &M::rack_id).nullable(),
        field("client_id", &M::client_id),
        field("client_host", &M::client_host),
        field("subscribed_topic_names", &M::subscribed_topic_names),
        field("subscribed_topic_regex", &M::subscribed_topic_regex).nullable(),
        field("rebalance_timeout_ms", &M::rebalance_timeout_ms),
        field("server_assignor", &M::server_assignor).nullable(),
        field("classic_member_metadata", &M::classic_member_metadata).nullable().tagged(0),
    });
    return fields;
}

const Fields& ConsumerGroupTargetAssignmentMetadataKey::fields() {
    using M = ConsumerGroupTargetAssignmentMetadataKey;
    static const Fields fields = describe<M>({
        field("group_id", &M::group_id),
    });
    return fields;
}

const Fields& ConsumerGroupTargetAssignmentMetadataValue::fields() {
    using M = ConsumerGroupTargetAssignmentMetadataValue;
    static const Fields fields = describe<M>({
        field("assignment_epoch", &M::assignment_epoch),
    });
    return fields;
}

const Fields& ConsumerGroupTargetAssignmentMemberKey::fields() {
    using M = ConsumerGroupTargetAssignmentMemberKey;
    static const Fields fields = describe<M>({
        field("group_id", &M::group_id),
        field("member_id", &M::member_id),
    });
    return fields;
}

const Fields& ConsumerGroupTargetAssignmentMemberValue::TopicPartition::fields() {
    using M = ConsumerGroupTargetAssignmentMemberValue::TopicPartition;
    static const Fields fields = describe<M>({
        field("topic_id", &M::topic_id),
        field("partitions", &M::partitions),
    });
    return fields;
}

const Fields& ConsumerGroupTargetAssignmentMemberValue::fields() {
    using M = ConsumerGroupTargetAssignmentMemberValue;
    static const Fields fields = describe<M>({
        field("topic_partitions", &M::topic_partitions),
    });
    return fields;
}

const Fields& ConsumerGroupCurrentMemberAssignmentKey::fields() {
    using M = ConsumerGroupCurrentMemberAssignmentKey;
    static const Fields fields = describe<M>({
        field("group_id", &M::group_id),
        field("member_id", &M::member_id),
    });
    return fields;
}

const Fields& ConsumerGroupCurrentMemberAssignmentValue::TopicPartitions::fields() {
    using M = ConsumerGroupCurrentMemberAssignmentValue::TopicPartitions;
    static const Fields fields = describe<M>({
        field("topic_id", &M::topic_id),
        field("partitions", &M::partitions),
    });
    return fields;
}

const Fields& ConsumerGroupCurrentMemberAssignmentValue::fields() {
    using M = ConsumerGroupCurrentMemberAssignmentValue;
    static const Fields fields = describe<M>({
        field("member_epoch", &M::member_epoch),
        field("previous_member_epoch", &M::previous_member_epoch),
        field("state", &M::state),
        field("assigned_partitions", &M::assigned_partitions),
        field("partitions_pending_revocation", &M::partitions_pending_revocation),
    });
    return fields;
}

const Fields& ConsumerGroupRegularExpressionKey::fields() {
    using M = ConsumerGroupRegularExpressionKey;
    static const Fields fields = describe<M>({
        field("group_id", &M::group_id),
        field("regular_expression", &M::regular_expression),
    });
    return fields;
}

const Fields& ConsumerGroupRegularExpressionValue::fields() {
    using M = ConsumerGroupRegularExpressionValue;
    static const Fields fields = describe<M>({
        field("topics", &M::topics),
        field("version", &M::version),
        field("timestamp", &M::timestamp),
    });
    return fields;
}

}  // namespace gregor::protocol
