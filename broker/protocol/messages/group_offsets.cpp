#include "broker/protocol/messages/group_offsets.h"

namespace gregor::protocol {

const Fields& OffsetCommitRequest::Partition::fields() {
    using M = OffsetCommitRequest::Partition;
    static const Fields fields = describe<M>({
        field("partition_index", &M::partition_index),
        field("committed_offset", &M::committed_offset),
        field("committed_leader_epoch", &M::committed_leader_epoch).since(6),
        field("commit_timestamp", &M::commit_timestamp).versions(1, 1),
        field("committed_metadata", &M::committed_metadata).nullable(),
    });
    return fields;
}

const Fields& OffsetCommitRequest::Topic::fields() {
    using M = OffsetCommitRequest::Topic;
    static const Fields fields = describe<M>({
        field("name", &M::name),
        field("partitions", &M::partitions),
    });
    return fields;
}

const Fields& OffsetCommitRequest::fields() {
    using M = OffsetCommitRequest;
    static const Fields fields = describe<M>({
        field("group_id", &M::group_id),
        field("generation_id_or_member_epoch", &M::generation_id_or_member_epoch).since(1),
        field("member_id", &M::member_id).since(1),
        field("group_instance_id", &M::group_instance_id).since(7).nullable(),
        field("retention_time_ms", &M::retention_time_ms).versions(2, 4),
        field("topics", &M::topics),
    });
    return fields;
}

const Fields& OffsetCommitResponse::Partition::fields() {
    using M = OffsetCommitResponse::Partition;
    static const Fields fields = describe<M>({
        field("partition_index", &M::partition_index),
        field("error_code", &M::error_code),
    });
    return fields;
}

const Fields& OffsetCommitResponse::Topic::fields() {
    using M = OffsetCommitResponse::Topic;
    static const Fields fields = describe<M>({
        field("name", &M::name),
        field("partitions", &M::partitions),
    });
    return fields;
}

const Fields& OffsetCommitResponse::fields() {
    using M = OffsetCommitResponse;
    static const Fields fields = describe<M>({
        field("throttle_time_ms", &M::throttle_time_ms).since(3),
        field("topics", &M::topics),
    });
    return fields;
}

const Fields& OffsetFetchRequest::Topic::fields() {
    using M = OffsetFetchRequest::Topic;
    static const Fields fields = describe<M>({
        field("name", &M::name).until(7),
        field("partition_indexes", &M::partition_indexes).until(7),
    });
    return fields;
}

const Fields& OffsetFetchRequest::GroupTopic::fields() {
    using M = OffsetFetchRequest::GroupTopic;
    static const Fields fields = describe<M>({
        field("name", &M::name),
        field("partition_indexes", &M::partition_indexes),
    });
    return fields;
}

const Fields& OffsetFetchRequest::Group::fields() {
    using M = OffsetFetchRequest::Group;
    static const Fields fields = describe<M>({
        field("group_id", &M::group_id),
        field("member_id", &M::member_id).since(9).nullable(),
        field("member_epoch", &M::member_epoch).since(9),
        field("topics", &M::topics).nullable(),
    });
    return fields;
}

const Fields& OffsetFetchRequest::fields() {
    using M = OffsetFetchRequest;
    static const Fields fields = describe<M>({
        field("group_id", &M::group_id).until(7),
        field("topics", &M::topics).until(7).nullable(2),
        field("groups", &M::groups).since(8),
        field("require_stable", &M::require_stable).since(7),
    });
    return fields;
}

const Fields& OffsetFetchResponse::Partition::fields() {
    using M = OffsetFetchResponse::Partition;
    static const Fields fields = describe<M>({
        field("partition_index", &M::partition_index).until(7),
        field("committed_offset", &M::committed_offset).until(7),
        field("committed_leader_epoch", &M::committed_leader_epoch).versions(5, 7),
        field("metadata", &M::metadata).until(7).nullable(),
        field("error_code", &M::error_code).until(7),
    });
    return fields;
}

const Fields& OffsetFetchResponse::Topic::fields() {
    using M = OffsetFetchResponse::Topic;
    static const Fields fields = describe<M>({
        field("name", &M::name).until(7),
        field("partitions", &M::partitions).until(7),
    });
    return fields;
}

const Fields& OffsetFetchResponse::GroupPartition::fields() {
    using M = OffsetFetchResponse::GroupPartition;
    static const Fields fields = describe<M>({
        field("partition_index", &M::partition_index),
        field("committed_offset", &M::committed_offset),
        field("committed_leader_epoch", &M::committed_leader_epoch),
        field("metadata", &M::metadata).nullable(),
        field("error_code", &M::error_code),
    });
    return fields;
}

const Fields& OffsetFetchResponse::GroupTopic::fields() {
    using M = OffsetFetchResponse::GroupTopic;
    static const Fields fields = describe<M>({
        field("name", &M::name),
        field("partitions", &M::partitions),
    });
    return fields;
}

const Fields& OffsetFetchResponse::Group::fields() {
    using M = OffsetFetchResponse::Group;
    static const Fields fields = describe<M>({
        field("group_id", &M::group_id),
        field("topics", &M::topics),
        field("error_code", &M::error_code),
    });
    return fields;
}

const Fields& OffsetFetchResponse::fields() {
    using M = OffsetFetchResponse;
    static const Fields fields = describe<M>({
        field("throttle_time_ms", &M::throttle_time_ms).since(3),
        field("topics", &M::topics).until(7),
        field("error_code", &M::error_code).versions(2, 7),
        field("groups", &M::groups).since(8),
    });
    return fields;
}

}  // namespace gregor::protocol
