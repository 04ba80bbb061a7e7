#include "broker/protocol/messages/voters.h"

namespace gregor::protocol {

const Fields& DescribeQuorumRequest::Partition::fields() {
    using M = DescribeQuorumRequest::Partition;
    static const Fields fields = describe<M>({
        field("partition_index", &M::partition_index),
    });
    return fields;
}

const Fields& DescribeQuorumRequest::Topic::fields() {
    using M = DescribeQuorumRequest::Topic;
    static const Fields fields = describe<M>({
        field("topic_name", &M::topic_name),
        field("partitions", &M::partitions),
    });
    return fields;
}

const Fields& DescribeQuorumRequest::fields() {
    using M = DescribeQuorumRequest;
    static const Fields fields = describe<M>({
        field("topics", &M::topics),
    });
    return fields;
}

const Fields& DescribeQuorumResponse::ReplicaState::fields() {
    using M = DescribeQuorumResponse::ReplicaState;
    static const Fields fields = describe<M>({
        field("replica_id", &M::replica_id),
        field("replica_directory_id", &M::replica_directory_id).since(2),
        field("log_end_offset", &M::log_end_offset),
        field("last_fetch_timestamp", &M::last_fetch_timestamp).since(1),
        field("last_caught_up_timestamp", &M::last_caught_up_timestamp).since(1),
    });
    return fields;
}

const Fields& DescribeQuorumResponse::Partition::fields() {
    using M = DescribeQuorumResponse::Partition;
    static const Fields fields = describe<M>({
        field("partition_index", &M::partition_index),
        field("error_code", &M::error_code),
        field("error_message", &M::error_message).since(2).nullable(),
        field("leader_id", &M::leader_id),
        field("leader_epoch", &M::leader_epoch),
        field("high_watermark", &M::high_watermark),
        field("current_voters", &M::current_voters),
        field("observers", &M::observers),
    });
    return fields;
}

const Fields& DescribeQuorumResponse::Topic::fields() {
    using M = DescribeQuorumResponse::Topic;
    static const Fields fields = describe<M>({
        field("topic_name", &M::topic_name),
        field("partitions", &M::partitions),
    });
    return fields;
}

const Fields& DescribeQuorumResponse::Listener::fields() {
    using M = DescribeQuorumResponse::Listener;
    static const Fields fields = describe<M>({
        field("name", &M::name),
        field("host", &M::host),
        field("port", &M::port),
    });
    return fields;
}

const Fields& DescribeQuorumResponse::Node::fields() {
    using M = DescribeQuorumResponse::Node;
    static const Fields fields = describe<M>({
        field("node_id", &M::node_id),
        field("listeners", &M::listeners),
    });
    return fields;
}

const Fields& DescribeQuorumResponse::fields() {
    using M = DescribeQuorumResponse;
    static const Fields fields = describe<M>({
        field("error_code", &M::error_code),
        field("error_message", &M::error_message).since(2).nullable(),
        field("topics", &M::topics),
        field("nodes", &M::nodes).since(2),
    });
    return fields;
}

const Fields& AddRaftVoterRequest::Listener::fields() {
    using M = AddRaftVoterRequest::Listener;
    static const Fields fields = describe<M>({
        field("name", &M::name),
        field("host", &M::host),
        field("port", &M::port),
    });
    return fields;
}

const Fields& AddRaftVoterRequest::fields() {
    using M = AddRaftVoterRequest;
    static const Fields fields = describe<M>({
        field("cluster_id", &M::cluster_id).nullable(),
        field("timeout_ms", &M::timeout_ms),
        field("voter_id", &M::voter_id),
        field("voter_directory_id", &M::voter_directory_id),
        field("listeners", &M::listeners),
    });
    return fields;
}

const Fields& AddRaftVoterResponse::fields() {
    using M = AddRaftVoterResponse;
    static const Fields fields = describe<M>({
        field("throttle_time_ms", &M::throttle_time_ms),
        field("error_code", &M::error_code),
        field("error_message", &M::error_message).nullable(),
    });
    return fields;
}

const Fields& RemoveRaftVoterRequest::fields() {
    using M = RemoveRaftVoterRequest;
    static const Fields fields = describe<M>({
        field("cluster_id", &M::cluster_id).nullable(),
        field("voter_id", &M::voter_id),
        field("voter_directory_id", &M::voter_directory_id),
    });
    return fields;
}

const Fields& RemoveRaftVoterResponse::fields() {
    using M = RemoveRaftVoterResponse;
    static const Fields fields = describe<M>({
        field("throttle_time_ms", &M::throttle_time_ms),
        field("error_code", &M::error_code),
        field("error_message", &M::error_message).nullable(),
    });
    return fields;
}

const Fields& UpdateRaftVoterRequest::Listener::fields() {
    using M = UpdateRaftVoterRequest::Listener;
    static const Fields fields = describe<M>({
        field("name", &M::name),
        field("host", &M::host),
        field("port", &M::port),
    });
    return fields;
}

const Fields& UpdateRaftVoterRequest::KRaftVersionFeature::fields() {
    using M = UpdateRaftVoterRequest::KRaftVersionFeature;
    static const Fields fields = describe<M>({
        field("min_supported_version", &M::min_supported_version),
        field("max_supported_version", &M::max_supported_version),
    });
    return fields;
}

const Fields& UpdateRaftVoterRequest::fields() {
    using M = UpdateRaftVoterRequest;
    static const Fields fields = describe<M>({
        field("cluster_id", &M::cluster_id).nullable(),
        field("current_leader_epoch", &M::current_leader_epoch),
        field("voter_id", &M::voter_id),
        field("voter_directory_id", &M::voter_directory_id),
        field("listeners", &M::listeners),
        field("k_raft_version_feature", &M::k_raft_version_feature),
    });
    return fields;
}

const Fields& UpdateRaftVoterResponse::CurrentLeader::fields() {
    using M = UpdateRaftVoterResponse::CurrentLeader;
    static const Fields fields = describe<M>({
        field("leader_id", &M::leader_id),
        field("leader_epoch", &M::leader_epoch),
        field("host", &M::host),
        field("port", &M::port),
    });
    return fields;
}

const Fields& UpdateRaftVoterResponse::fields() {
    using M = UpdateRaftVoterResponse;
    static const Fields fields = describe<M>({
        field("throttle_time_ms", &M::throttle_time_ms),
        field("error_code", &M::error_code),
        field("current_leader", &M::current_leader).tagged(0),
    });
    return fields;
}

}  // namespace gregor::protocol
