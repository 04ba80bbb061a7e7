#include "broker/protocol/messages/metadata.h"

namespace gregor::protocol {

const Fields& MetadataRequest::Topic::fields() {
    using M = MetadataRequest::Topic;
    static const Fields fields = describe<M>({
        field("topic_id", &M::topic_id).since(10),
        field("name", &M::name).nullable(10),
    });
    return fields;
}

const Fields& MetadataRequest::fields() {
    using M = MetadataRequest;
    static const Fields fields = describe<M>({
        field("topics", &M::topics).nullable(1),
        field("allow_auto_topic_creation", &M::allow_auto_topic_creation).since(4),
        field("include_cluster_authorized_operations", &M::include_cluster_authorized_operations)
            .versions(8, 10),
        field("include_topic_authorized_operations", &M::include_topic_authorized_operations)
            .since(8),
    });
    return fields;
}

const Fields& MetadataResponse::Broker::fields() {
    using M = MetadataResponse::Broker;
    static const Fields fields = describe<M>({
        field("node_id", &M::node_id),
        field("host", &M::host),
        field("port", &M::port),
        field("rack", &M::rack).since(1).nullable(),
    });
    return fields;
}

const Fields& MetadataResponse::Partition::fields() {
    using M = MetadataResponse::Partition;
    static const Fields fields = describe<M>({
        field("error_code", &M::error_code),
        field("partition_index", &M::partition_index),
        field("leader_id", &M::leader_id),
        field("leader_epoch", &M::leader_epoch).since(7),
        field("replica_nodes", &M::replica_nodes),
        field("isr_nodes", &M::isr_nodes),
        field("offline_replicas", &M::offline_replicas).since(5),
    });
    return fields;
}

const Fields& MetadataResponse::Topic::fields() {
    using M = MetadataResponse::Topic;
    static const Fields fields = describe<M>({
        field("error_code", &M::error_code),
        field("name", &M::name).nullable(12),
        field("topic_id", &M::topic_id).since(10),
        field("is_internal", &M::is_internal).since(1),
        field("partitions", &M::partitions),
        field("topic_authorized_operations", &M::topic_authorized_operations).since(8),
    });
    return fields;
}

const Fields& MetadataResponse::fields() {
    using M = MetadataResponse;
    static const Fields fields = describe<M>({
        field("throttle_time_ms", &M::throttle_time_ms).since(3),
        field("brokers", &M::brokers),
        field("cluster_id", &M::cluster_id).since(2).nullable(),
        field("controller_id", &M::controller_id).since(1),
        field("topics", &M::topics),
        field("cluster_authorized_operations", &M::cluster_authorized_operations).versions(8, 10),
        field("error_code", &M::error_code).since(13),
    });
    return fields;
}

const Fields& DescribeClusterRequest::fields() {
    using M = DescribeClusterRequest;
    static const Fields fields = describe<M>({
        field("include_cluster_authorized_operations", &M::include_cluster_authorized_operations),
        field("endpoint_type", &M::endpoint_type).since(1),
        field("include_fenced_brokers", &M::include_fenced_brokers).since(2),
    });
    return fields;
}

const Fields& DescribeClusterResponse::Broker::fields() {
    using M = DescribeClusterResponse::Broker;
    static const Fields fields = describe<M>({
        field("broker_id", &M::broker_id),
        field("host", &M::host),
        field("port", &M::port),
        field("rack", &M::rack).nullable(),
        field("is_fenced", &M::is_fenced).since(2),
    });
    return fields;
}

const Fields& DescribeClusterResponse::fields() {
    using M = DescribeClusterResponse;
    static const Fields fields = describe<M>({
        field("throttle_time_ms", &M::throttle_time_ms),
        field("error_code", &M::error_code),
        field("error_message", &M::error_message).nullable(),
        field("endpoint_type", &M::endpoint_type).since(1),
        field("cluster_id", &M::cluster_id),
        field("controller_id", &M::controller_id),
        field("brokers", &M::brokers),
        field("cluster_authorized_operations", &M::cluster_authorized_operations),
    });
    return fields;
}

const Fields& DescribeTopicPartitionsRequest::Topic::fields() {
    using M = DescribeTopicPartitionsRequest::Topic;
    static const Fields fields = describe<M>({
        field("name", &M::name),
    });
    return fields;
}

const Fields& DescribeTopicPartitionsRequest::Cursor::fields() {
    using M = DescribeTopicPartitionsRequest::Cursor;
    static const Fields fields = describe<M>({
        field("topic_name", &M::topic_name),
        field("partition_index", &M::partition_index),
    });
    return fields;
}

const Fields& DescribeTopicPartitionsRequest::fields() {
    using M = DescribeTopicPartitionsRequest;
    static const Fields fields = describe<M>({
        field("topics", &M::topics),
        field("response_partition_limit", &M::response_partition_limit),
        field("cursor", &M::cursor).nullable(),
    });
    return fields;
}

const Fields& DescribeTopicPartitionsResponse::Partition::fields() {
    using M = DescribeTopicPartitionsResponse::Partition;
    static const Fields fields = describe<M>({
        field("error_code", &M::error_code),
        field("partition_index", &M::partition_index),
        field("leader_id", &M::leader_id),
        field("leader_epoch", &M::leader_epoch),
        field("replica_nodes", &M::replica_nodes),
        field("isr_nodes", &M::isr_nodes),
        field("eligible_leader_replicas", &M::eligible_leader_replicas).nullable(),
        field("last_known_elr", &M::last_known_elr).nullable(),
        field("offline_replicas", &M::offline_replicas),
    });
    return fields;
}

const Fields& DescribeTopicPartitionsResponse::Topic::fields() {
    using M = DescribeTopicPartitionsResponse::Topic;
    static const Fields fields = describe<M>({
        field("error_code", &M::error_code),
        field("name", &M::name).nullable(),
        field("topic_id", &M::topic_id),
        field("is_internal", &M::is_internal),
        field("partitions", &M::partitions),
        field("topic_authorized_operations", &M::topic_authorized_operations),
    });
    return fields;
}

const Fields& DescribeTopicPartitionsResponse::Cursor::fields() {
    using M = DescribeTopicPartitionsResponse::Cursor;
    static const Fields fields = describe<M>({
        field("topic_name", &M::topic_name),
        field("partition_index", &M::partition_index),
    });
    return fields;
}

const Fields& DescribeTopicPartitionsResponse::fields() {
    using M = DescribeTopicPartitionsResponse;
    static const Fields fields = describe<M>({
        field("throttle_time_ms", &M::throttle_time_ms),
        field("topics", &M::topics),
        field("next_cursor", &M::next_cursor).nullable(),
    });
    return fields;
}

}  // namespace gregor::protocol
