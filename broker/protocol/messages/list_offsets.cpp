#include "broker/protocol/messages/list_offsets.h"

namespace gregor::protocol {

const Fields& ListOffsetsRequest::Partition::fields() {
    using M = ListOffsetsRequest::Partition;
    static const Fields fields = describe<M>({
        field("partition_index", &M::partition_index),
        field("current_leader_epoch", &M::current_leader_epoch).since(4),
        field("timestamp", &M::timestamp),
        field("max_num_offsets", &M::max_num_offsets).until(0),
    });
    return fields;
}

const Fields& ListOffsetsRequest::Topic::fields() {
    using M = ListOffsetsRequest::Topic;
    static const Fields fields = describe<M>({
        field("name", &M::name),
        field("partitions", &M::partitions),
    });
    return fields;
}

const Fields& ListOffsetsRequest::fields() {
    using M = ListOffsetsRequest;
    static const Fields fields = describe<M>({
        field("replica_id", &M::replica_id),
        field("isolation_level", &M::isolation_level).since(2),
        field("topics", &M::topics),
        field("timeout_ms", &M::timeout_ms).since(10),
    });
    return fields;
}

const Fields& ListOffsetsResponse::Partition::fields() {
    using M = ListOffsetsResponse::Partition;
    static const Fields fields = describe<M>({
        field("partition_index", &M::partition_index),
        field("error_code", &M::error_code),
        field("old_style_offsets", &M::old_style_offsets).until(0),
        field("timestamp", &M::timestamp).since(1),
        field("offset", &M::offset).since(1),
        field("leader_epoch", &M::leader_epoch).since(4),
    });
    return fields;
}

const Fields& ListOffsetsResponse::Topic::fields() {
    using M = ListOffsetsResponse::Topic;
    static const Fields fields = describe<M>({
        field("name", &M::name),
        field("partitions", &M::partitions),
    });
    return fields;
}

const Fields& ListOffsetsResponse::fields() {
    using M = ListOffsetsResponse;
    static const Fields fields = describe<M>({
        field("throttle_time_ms", &M::throttle_time_ms).since(2),
        field("topics", &M::topics),
    });
    return fields;
}

const Fields& OffsetForLeaderEpochRequest::Partition::fields() {
    using M = OffsetForLeaderEpochRequest::Partition;
    static const Fields fields = describe<M>({
        field("partition", &M::partition),
        field("current_leader_epoch", &M::current_leader_epoch).since(2),
        field("leader_epoch", &M::leader_epoch),
    });
    return fields;
}

const Fields& OffsetForLeaderEpochRequest::Topic::fields() {
    using M = OffsetForLeaderEpochRequest::Topic;
    static const Fields fields = describe<M>({
        field("topic", &M::topic),
        field("partitions", &M::partitions),
    });
    return fields;
}

const Fields& OffsetForLeaderEpochRequest::fields() {
    using M = OffsetForLeaderEpochRequest;
    static const Fields fields = describe<M>({
        field("replica_id", &M::replica_id).since(3),
        field("topics", &M::topics),
    });
    return fields;
}

const Fields& OffsetForLeaderEpochResponse::Partition::fields() {
    using M = OffsetForLeaderEpochResponse::Partition;
    static const Fields fields = describe<M>({
        field("error_code", &M::error_code),
        field("partition", &M::partition),
        field("leader_epoch", &M::leader_epoch).since(1),
        field("end_offset", &M::end_offset),
    });
    return fields;
}

const Fields& OffsetForLeaderEpochResponse::Topic::fields() {
    using M = OffsetForLeaderEpochResponse::Topic;
    static const Fields fields = describe<M>({
        field("topic", &M::topic),
        field("partitions", &M::partitions),
    });
    return fields;
}

const Fields& OffsetForLeaderEpochResponse::fields() {
    using M = OffsetForLeaderEpochResponse;
    static const Fields fields = describe<M>({
        field("throttle_time_ms", &M::throttle_time_ms).since(2),
        field("topics", &M::topics),
    });
    return fields;
}

const Fields& DeleteRecordsRequest::Partition::fields() {
    using M = DeleteRecordsRequest::Partition;
    static const Fields fields = describe<M>({
        field("partition_index", &M::partition_index),
        field("offset", &M::offset),
    });
    return fields;
}

const Fields& DeleteRecordsRequest::Topic::fields() {
    using M = DeleteRecordsRequest::Topic;
    static const Fields fields = describe<M>({
        field("name", &M::name),
        field("partitions", &M::partitions),
    });
    return fields;
}

const Fields& DeleteRecordsRequest::fields() {
    using M = DeleteRecordsRequest;
    static const Fields fields = describe<M>({
        field("topics", &M::topics),
        field("timeout_ms", &M::timeout_ms),
    });
    return fields;
}

const Fields& DeleteRecordsResponse::Partition::fields() {
    using M = DeleteRecordsResponse::Partition;
    static const Fields fields = describe<M>({
        field("partition_index", &M::partition_index),
        field("low_watermark", &M::low_watermark),
        field("error_code", &M::error_code),
    });
    return fields;
}

const Fields& DeleteRecordsResponse::Topic::fields() {
    using M = DeleteRecordsResponse::Topic;
    static const Fields fields = describe<M>({
        field("name", &M::name),
        field("partitions", &M::partitions),
    });
    return fields;
}

const Fields& DeleteRecordsResponse::fields() {
    using M = DeleteRecordsResponse;
    static const Fields fields = describe<M>({
        field("throttle_time_ms", &M::throttle_time_ms),
        field("topics", &M::topics),
    });
    return fields;
}

}  // namespace gregor::protocol
