#include "broker/protocol/messages/reassignments.h"

namespace gregor::protocol {

const Fields& ElectLeadersRequest::TopicPartition::fields() {
    using M = ElectLeadersRequest::TopicPartition;
    static const Fields fields = describe<M>({
        field("topic", &M::topic),
        field("partitions", &M::partitions),
    });
    return fields;
}

const Fields& ElectLeadersRequest::fields() {
    using M = ElectLeadersRequest;
    static const Fields fields = describe<M>({
        field("election_type", &M::election_type).since(1),
        field("topic_partitions", &M::topic_partitions).nullable(),
        field("timeout_ms", &M::timeout_ms),
    });
    return fields;
}

const Fields& ElectLeadersResponse::PartitionResult::fields() {
    using M = ElectLeadersResponse::PartitionResult;
    static const Fields fields = describe<M>({
        field("partition_id", &M::partition_id),
        field("error_code", &M::error_code),
        field("error_message", &M::error_message).nullable(),
    });
    return fields;
}

const Fields& ElectLeadersResponse::ReplicaElectionResult::fields() {
    using M = ElectLeadersResponse::ReplicaElectionResult;
    static const Fields fields = describe<M>({
        field("topic", &M::topic),
        field("partition_result", &M::partition_result),
    });
    return fields;
}

const Fields& ElectLeadersResponse::fields() {
    using M = ElectLeadersResponse;
    static const Fields fields = describe<M>({
        field("throttle_time_ms", &M::throttle_time_ms),
        field("error_code", &M::error_code).since(1),
        field("replica_election_results", &M::replica_election_results),
    });
    return fields;
}

const Fields& AlterPartitionReassignmentsRequest::Partition::fields() {
    using M = AlterPartitionReassignmentsRequest::Partition;
    static const Fields fields = describe<M>({
        field("partition_index", &M::partition_index),
        field("replicas", &M::replicas).nullable(),
    });
    return fields;
}

const Fields& AlterPartitionReassignmentsRequest::Topic::fields() {
    using M = AlterPartitionReassignmentsRequest::Topic;
    static const Fields fields = describe<M>({
        field("name", &M::name),
        field("partitions", &M::partitions),
    });
    return fields;
}

const Fields& AlterPartitionReassignmentsRequest::fields() {
    using M = AlterPartitionReassignmentsRequest;
    static const Fields fields = describe<M>({
        field("timeout_ms", &M::timeout_ms),
        field("topics", &M::topics),
    });
    return fields;
}

const Fields& AlterPartitionReassignmentsResponse::Partition::fields() {
    using M = AlterPartitionReassignmentsResponse::Partition;
    static const Fields fields = describe<M>({
        field("partition_index", &M::partition_index),
        field("error_code", &M::error_code),
        field("error_message", &M::error_message).nullable(),
    });
    return fields;
}

const Fields& AlterPartitionReassignmentsResponse::Result::fields() {
    using M = AlterPartitionReassignmentsResponse::Result;
    static const Fields fields = describe<M>({
        field("name", &M::name),
        field("partitions", &M::partitions),
    });
    return fields;
}

const Fields& AlterPartitionReassignmentsResponse::fields() {
    using M = AlterPartitionReassignmentsResponse;
    static const Fields fields = describe<M>({
        field("throttle_time_ms", &M::throttle_time_ms),
        field("error_code", &M::error_code),
        field("error_message", &M::error_message).nullable(),
        field("responses", &M::responses),
    });
    return fields;
}

const Fields& ListPartitionReassignmentsRequest::Topic::fields() {
    using M = ListPartitionReassignmentsRequest::Topic;
    static const Fields fields = describe<M>({
        field("name", &M::name),
        field("partition_indexes", &M::partition_indexes),
    });
    return fields;
}

const Fields& ListPartitionReassignmentsRequest::fields() {
    using M = ListPartitionReassignmentsRequest;
    static const Fields fields = describe<M>({
        field("timeout_ms", &M::timeout_ms),
        field("topics", &M::topics).nullable(),
    });
    return fields;
}

const Fields& ListPartitionReassignmentsResponse::Partition::fields() {
    using M = ListPartitionReassignmentsResponse::Partition;
    static const Fields fields = describe<M>({
        field("partition_index", &M::partition_index),
        field("replicas", &M::replicas),
        field("adding_replicas", &M::adding_replicas),
        field("removing_replicas", &M::removing_replicas),
    });
    return fields;
}

const Fields& ListPartitionReassignmentsResponse::Topic::fields() {
    using M = ListPartitionReassignmentsResponse::Topic;
    static const Fields fields = describe<M>({
        field("name", &M::name),
        field("partitions", &M::partitions),
    });
    return fields;
}

const Fields& ListPartitionReassignmentsResponse::fields() {
    using M = ListPartitionReassignmentsResponse;
    static const Fields fields = describe<M>({
        field("throttle_time_ms", &M::throttle_time_ms),
        field("error_code", &M::error_code),
        field("error_message", &M::error_message).nullable(),
        field("topics", &M::topics),
    });
    return fields;
}

}  // namespace gregor::protocol
