#include "broker/protocol/messages/share_records.h"

namespace gregor::protocol {

const Fields& ShareGroupMetadataKey::fields() {
    using M = ShareGroupMetadataKey;
    static const Fields fields = describe<M>({
        field("group_id", &M::group_id),
    });
    return fields;
}

const Fields& ShareGroupMetadataValue::fields() {
    using M = ShareGroupMetadataValue;
    static const Fields fields = describe<M>({
        field("epoch", &M::epoch),
    });
    return fields;
}

const Fields& ShareGroupPartitionMetadataKey::fields() {
    using M = ShareGroupPartitionMetadataKey;
    static const Fields fields = describe<M>({
        field("group_id", &M::group_id),
    });
    return fields;
}

const Fields& ShareGroupPartitionMetadataValue::PartitionMetadata::fields() {
    using M = ShareGroupPartitionMetadataValue::PartitionMetadata;
    static const Fields fields = describe<M>({
        field("partition", &M::partition),
        field("racks", &M::racks),
    });
    return fields;
}

const Fields& ShareGroupPartitionMetadataValue::Topic::fields() {
    using M = ShareGroupPartitionMetadataValue::Topic;
    static const Fields fields = describe<M>({
        field("topic_id", &M::topic_id),
        field("topic_name", &M::topic_name),
        field("num_partitions", &M::num_partitions),
        field("partition_metadata", &M::partition_metadata),
    });
    return fields;
}

const Fields& ShareGroupPartitionMetadataValue::fields() {
    using M = ShareGroupPartitionMetadataValue;
    static const Fields fields = describe<M>({
        field("topics", &M::topics),
    });
    return fields;
}

const Fields& ShareGroupMemberMetadataKey::fields() {
    using M = ShareGroupMemberMetadataKey;
    static const Fields fields = describe<M>({
        field("group_id", &M::group_id),
        field("member_id", &M::member_id),
    });
    return fields;
}

const Fields& ShareGroupMemberMetadataValue::fields() {
    using M = ShareGroupMemberMetadataValue;
    static const Fields fields = describe<M>({
        field("rack_id", &M::rack_id).nullable(),
        field("client_id", &M::client_id),
        field("client_host", &M::client_host),
        field("subscribed_topic_names", &M::subscribed_topic_names),
    });
    return fields;
}

const Fields& ShareGroupTargetAssignmentMetadataKey::fields() {
    using M = ShareGroupTargetAssignmentMetadataKey;
    static const Fields fields = describe<M>({
        field("group_id", &M::group_id),
    });
    return fields;
}

const Fields& ShareGroupTargetAssignmentMetadataValue::fields() {
    using M = ShareGroupTargetAssignmentMetadataValue;
    static const Fields fields = describe<M>({
        field("assignment_epoch", &M::assignment_epoch),
    });
    return fields;
}

const Fields& ShareGroupTargetAssignmentMemberKey::fields() {
    using M = ShareGroupTargetAssignmentMemberKey;
    static const Fields fields = describe<M>({
        field("group_id", &M::group_id),
        field("member_id", &M::member_id),
    });
    return fields;
}

const Fields& ShareGroupTargetAssignmentMemberValue::TopicPartition::fields() {
    using M = ShareGroupTargetAssignmentMemberValue::TopicPartition;
    static const Fields fields = describe<M>({
        field("topic_id", &M::topic_id),
        field("partitions", &M::partitions),
    });
    return fields;
}

const Fields& ShareGroupTargetAssignmentMemberValue::fields() {
    using M = ShareGroupTargetAssignmentMemberValue;
    static const Fields fields = describe<M>({
        field("topic_partitions", &M::topic_partitions),
    });
    return fields;
}

const Fields& ShareGroupCurrentMemberAssignmentKey::fields() {
    using M = ShareGroupCurrentMemberAssignmentKey;
    static const Fields fields = describe<M>({
        field("group_id", &M::group_id),
        field("member_id", &M::member_id),
    });
    return fields;
}

const Fields& ShareGroupCurrentMemberAssignmentValue::TopicPartitions::fields() {
    using M = ShareGroupCurrentMemberAssignmentValue::TopicPartitions;
    static const Fields fields = describe<M>({
        field("topic_id", &M::topic_id),
        field("partitions", &M::partitions),
    });
    return fields;
}

const Fields& ShareGroupCurrentMemberAssignmentValue::fields() {
    using M = ShareGroupCurrentMemberAssignmentValue;
    static const Fields fields = describe<M>({
        field("member_epoch", &M::member_epoch),
        field("previous_member_epoch", &M::previous_member_epoch),
        field("state", &M::state),
        field("assigned_partitions", &M::assigned_partitions),
    });
    return fields;
}

const Fields& ShareGroupStatePartitionMetadataKey::fields() {
    using M = ShareGroupStatePartitionMetadataKey;
    static const Fields fields = describe<M>({
        field("group_id", &M::group_id),
    });
    return fields;
}

const Fields& ShareGroupStatePartitionMetadataValue::TopicPartitionsInfo::fields() {
    using M = ShareGroupStatePartitionMetadataValue::TopicPartitionsInfo;
    static const Fields fields = describe<M>({
        field("topic_id", &M::topic_id),
        field("topic_name", &M::topic_name),
        field("partitions", &M::partitions),
    });
    return fields;
}

const Fields& ShareGroupStatePartitionMetadataValue::TopicInfo::fields() {
    using M = ShareGroupStatePartitionMetadataValue::TopicInfo;
    static const Fields fields = describe<M>({
        field("topic_id", &M::topic_id),
        field("topic_name", &M::topic_name),
    });
    return fields;
}

const Fields& ShareGroupStatePartitionMetadataValue::fields() {
    using M = ShareGroupStatePartitionMetadataValue;
    static const Fields fields = describe<M>({
        field("initialized_topics", &M::initialized_topics),
        field("deleting_topics", &M::deleting_topics),
    });
    return fields;
}

const Fields& ShareSnapshotKey::fields() {
    using M = ShareSnapshotKey;
    static const Fields fields = describe<M>({
        field("group_id", &M::group_id),
        field("topic_id", &M::topic_id),
        field("partition", &M::partition),
    });
    return fields;
}

const Fields& ShareSnapshotValue::StateBatch::fields() {
    using M = ShareSnapshotValue::StateBatch;
    static const Fields fields = describe<M>({
        field("first_offset", &M::first_offset),
        field("last_offset", &M::last_offset),
        field("delivery_state", &M::delivery_state),
        field("delivery_count", &M::delivery_count),
    });
    return fields;
}

const Fields& ShareSnapshotValue::fields() {
    using M = ShareSnapshotValue;
    static const Fields fields = describe<M>({
        field("snapshot_epoch", &M::snapshot_epoch),
        field("state_epoch", &M::state_epoch),
        field("leader_epoch", &M::leader_epoch),
        field("start_offset", &M::start_offset),
        field("state_batches", &M::state_batches),
    });
    return fields;
}

const Fields& ShareUpdateKey::fields() {
    using M = ShareUpdateKey;
    static const Fields fields = describe<M>({
        field("group_id", &M::group_id),
        field("topic_id", &M::topic_id),
        field("partition", &M::partition),
    });
    return fields;
}

const Fields& ShareUpdateValue::StateBatch::fields() {
    using M = ShareUpdateValue::StateBatch;
    static const Fields fields = describe<M>({
        field("first_offset", &M::first_offset),
        field("last_offset", &M::last_offset),
        field("delivery_state", &M::delivery_state),
        field("delivery_count", &M::delivery_count),
    });
    return fields;
}

const Fields& ShareUpdateValue::fields() {
    using M = ShareUpdateValue;
    static const Fields fields = describe<M>({
        field("snapshot_epoch", &M::snapshot_epoch),
        field("leader_epoch", &M::leader_epoch),
        field("start_offset", &M::start_offset),
        field("state_batches", &M::state_batches),
    });
    return fields;
}

}  // namespace gregor::protocol
