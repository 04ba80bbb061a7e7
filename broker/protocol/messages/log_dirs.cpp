#include "broker/protocol/messages/log_dirs.h"

namespace gregor::protocol {

const Fields& AlterReplicaLogDirsRequest::Topic::fields() {
    using M = AlterReplicaLogDirsRequest::Topic;
    static const Fields fields = describe<M>({
        field("name", &M::name),
        field("partitions", &M::partitions),
    });
    return fields;
}

const Fields& AlterReplicaLogDirsRequest::Dir::fields() {
    using M = AlterReplicaLogDirsRequest::Dir;
    static const Fields fields = describe<M>({
        field("path", &M::path),
        field("topics", &M::topics),
    });
    return fields;
}

const Fields& AlterReplicaLogDirsRequest::fields() {
    using M = AlterReplicaLogDirsRequest;
    static const Fields fields = describe<M>({
        field("dirs", &M::dirs),
    });
    return fields;
}

const Fields& AlterReplicaLogDirsResponse::Partition::fields() {
    using M = AlterReplicaLogDirsResponse::Partition;
    static const Fields fields = describe<M>({
        field("partition_index", &M::partition_index),
        field("error_code", &M::error_code),
    });
    return fields;
}

const Fields& AlterReplicaLogDirsResponse::Result::fields() {
    using M = AlterReplicaLogDirsResponse::Result;
    static const Fields fields = describe<M>({
        field("topic_name", &M::topic_name),
        field("partitions", &M::partitions),
    });
    return fields;
}

const Fields& AlterReplicaLogDirsResponse::fields() {
    using M = AlterReplicaLogDirsResponse;
    static const Fields fields = describe<M>({
        field("throttle_time_ms", &M::throttle_time_ms),
        field("results", &M::results),
    });
    return fields;
}

const Fields& DescribeLogDirsRequest::Topic::fields() {
    using M = DescribeLogDirsRequest::Topic;
    static const Fields fields = describe<M>({
        field("topic", &M::topic),
        field("partitions", &M::partitions),
    });
    return fields;
}

const Fields& DescribeLogDirsRequest::fields() {
    using M = DescribeLogDirsRequest;
    static const Fields fields = describe<M>({
        field("topics", &M::topics).nullable(),
    });
    return fields;
}

const Fields& DescribeLogDirsResponse::Partition::fields() {
    using M = DescribeLogDirsResponse::Partition;
    static const Fields fields = describe<M>({
        field("partition_index", &M::partition_index),
        field("partition_size", &M::partition_size),
        field("offset_lag", &M::offset_lag),
        field("is_future_key", &M::is_future_key),
    });
    return fields;
}

const Fields& DescribeLogDirsResponse::Topic::fields() {
    using M = DescribeLogDirsResponse::Topic;
    static const Fields fields = describe<M>({
        field("name", &M::name),
        field("partitions", &M::partitions),
    });
    return fields;
}

const Fields& DescribeLogDirsResponse::LogDir::fields() {
    using M = DescribeLogDirsResponse::LogDir;
    static const Fields fields = describe<M>({
        field("error_code", &M::error_code),
        field("log_dir", &M::log_dir),
        field("topics", &M::topics),
        field("total_bytes", &M::total_bytes).since(4),
        field("usable_bytes", &M::usable_bytes).since(4),
    });
    return fields;
}

const Fields& DescribeLogDirsResponse::fields() {
    using M = DescribeLogDirsResponse;
    static const Fields fields = describe<M>({
        field("throttle_time_ms", &M::throttle_time_ms),
        field("error_code", &M::error_code).since(3),
        field("results", &M::results),
    });
    return fields;
}

const Fields& AssignReplicasToDirsRequest::Partition::fields() {
    using M = AssignReplicasToDirsRequest::Partition;
    static const Fields fields = describe<M>({
        field("partition_index", &M::partition_index),
    });
    return fields;
}

const Fields& AssignReplicasToDirsRequest::Topic::fields() {
    using M = AssignReplicasToDirsRequest::Topic;
    static const Fields fields = describe<M>({
        field("topic_id", &M::topic_id),
        field("partitions", &M::partitions),
    });
    return fields;
}

const Fields& AssignReplicasToDirsRequest::Directory::fields() {
    using M = AssignReplicasToDirsRequest::Directory;
    static const Fields fields = describe<M>({
        field("id", &M::id),
        field("topics", &M::topics),
    });
    return fields;
}

const Fields& AssignReplicasToDirsRequest::fields() {
    using M = AssignReplicasToDirsRequest;
    static const Fields fields = describe<M>({
        field("broker_id", &M::broker_id),
        field("broker_epoch", &M::broker_epoch),
        field("directories", &M::directories),
    });
    return fields;
}

const Fields& AssignReplicasToDirsResponse::Partition::fields() {
    using M = AssignReplicasToDirsResponse::Partition;
    static const Fields fields = describe<M>({
        field("partition_index", &M::partition_index),
        field("error_code", &M::error_code),
    });
    return fields;
}

const Fields& AssignReplicasToDirsResponse::Topic::fields() {
    using M = AssignReplicasToDirsResponse::Topic;
    static const Fields fields = describe<M>({
        field("topic_id", &M::topic_id),
        field("partitions", &M::partitions),
    });
    return fields;
}

const Fields& AssignReplicasToDirsResponse::Directory::fields() {
    using M = AssignReplicasToDirsResponse::Directory;
    static const Fields fields = describe<M>({
        field("id", &M::id),
        field("topics", &M::topics),
    });
    return fields;
}

const Fields& AssignReplicasToDirsResponse::fields() {
    using M = AssignReplicasToDirsResponse;
    static const Fields fields = describe<M>({
        field("throttle_time_ms", &M::throttle_time_ms),
        field("error_code", &M::error_code),
        field("directories", &M::directories),
    });
    return fields;
}

}  // namespace gregor::protocol
