#include "broker/protocol/messages/quorum.h"

namespace gregor::protocol {

const Fields& VoteRequest::Partition::fields() {
    using M = VoteRequest::Partition;
    static const Fields fields = describe<M>({
        field("partition_index", &M::partition_index),
        field("candidate_epoch", &M::candidate_epoch),
        field("candidate_id", &M::candidate_id),
        field("candidate_directory_id", &M::candidate_directory_id).since(1),
        field("voter_directory_id", &M::voter_directory_id).since(1),
        field("last_offset_epoch", &M::last_offset_epoch),
        field("last_offset", &M::last_offset),
        field("pre_vote", &M::pre_vote).since(2),
    });
    return fields;
}

const Fields& VoteRequest::Topic::fields() {
    using M = VoteRequest::Topic;
    static const Fields fields = describe<M>({
        field("topic_name", &M::topic_name),
        field("partitions", &M::partitions),
    });
    return fields;
}

const Fields& VoteRequest::fields() {
    using M = VoteRequest;
    static const Fields fields = describe<M>({
        field("cluster_id", &M::cluster_id).nullable(),
        field("voter_id", &M::voter_id).since(1),
        field("topics", &M::topics),
    });
    return fields;
}

const Fields& VoteResponse::Partition::fields() {
    using M = VoteResponse::Partition;
    static const Fields fields = describe<M>({
        field("partition_index", &M::partition_index),
        field("error_code", &M::error_code),
        field("leader_id", &M::leader_id),
        field("leader_epoch", &M::leader_epoch),
        field("vote_granted", &M::vote_granted),
    });
    return fields;
}

const Fields& VoteResponse::Topic::fields() {
    using M = VoteResponse::Topic;
    static const Fields fields = describe<M>({
        field("topic_name", &M::topic_name),
        field("partitions", &M::partitions),
    });
    return fields;
}

const Fields& VoteResponse::NodeEndpoint::fields() {
    using M = VoteResponse::NodeEndpoint;
    static const Fields fields = describe<M>({
        field("node_id", &M::node_id),
        field("host", &M::host),
        field("port", &M::port),
    });
    return fields;
}

const Fields& VoteResponse::fields() {
    using M = VoteResponse;
    static const Fields fields = describe<M>({
        field("error_code", &M::error_code),
        field("topics", &M::topics),
        field("node_endpoints", &M::node_endpoints).since(1).tagged(0),
    });
    return fields;
}

const Fields& BeginQuorumEpochRequest::Partition::fields() {
    using M = BeginQuorumEpochRequest::Partition;
    static const Fields fields = describe<M>({
        field("partition_index", &M::partition_index),
        field("voter_directory_id", &M::voter_directory_id).since(1),
        field("leader_id", &M::leader_id),
        field("leader_epoch", &M::leader_epoch),
    });
    return fields;
}

const Fields& BeginQuorumEpochRequest::Topic::fields() {
    using M = BeginQuorumEpochRequest::Topic;
    static const Fields fields = describe<M>({
        field("topic_name", &M::topic_name),
        field("partitions", &M::partitions),
    });
    return fields;
}

const Fields& BeginQuorumEpochRequest::LeaderEndpoint::fields() {
    using M = BeginQuorumEpochRequest::LeaderEndpoint;
    static const Fields fields = describe<M>({
        field("name", &M::name),
        field("host", &M::host),
        field("port", &M::port),
    });
    return fields;
}

const Fields& BeginQuorumEpochRequest::fields() {
    using M = BeginQuorumEpochRequest;
    static const Fields fields = describe<M>({
        field("cluster_id", &M::cluster_id).nullable(),
        field("voter_id", &M::voter_id).since(1),
        field("topics", &M::topics),
        field("leader_endpoints", &M::leader_endpoints).since(1),
    });
    return fields;
}

const Fields& BeginQuorumEpochResponse::Partition::fields() {
    using M = BeginQuorumEpochResponse::Partition;
    static const Fields fields = describe<M>({
        field("partition_index", &M::partition_index),
        field("error_code", &M::error_code),
        field("leader_id", &M::leader_id),
        field("leader_epoch", &M::leader_epoch),
    });
    return fields;
}

const Fields& BeginQuorumEpochResponse::Topic::fields() {
    using M = BeginQuorumEpochResponse::Topic;
    static const Fields fields = describe<M>({
        field("topic_name", &M::topic_name),
        field("partitions", &M::partitions),
    });
    return fields;
}

const Fields& BeginQuorumEpochResponse::NodeEndpoint::fields() {
    using M = BeginQuorumEpochResponse::NodeEndpoint;
    static const Fields fields = describe<M>({
        field("node_id", &M::node_id),
        field("host", &M::host),
        field("port", &M::port),
    });
    return fields;
}

const Fields& BeginQuorumEpochResponse::fields() {
    using M = BeginQuorumEpochResponse;
    static const Fields fields = describe<M>({
        field("error_code", &M::error_code),
        field("topics", &M::topics),
        field("node_endpoints", &M::node_endpoints).since(1).tagged(0),
    });
    return fields;
}

const Fields& EndQuorumEpochRequest::PreferredCandidate::fields() {
    using M = EndQuorumEpochRequest::PreferredCandidate;
    static const Fields fields = describe<M>({
        field("candidate_id", &M::candidate_id),
        field("candidate_directory_id", &M::candidate_directory_id),
    });
    return fields;
}

const Fields& EndQuorumEpochRequest::Partition::fields() {
    using M = EndQuorumEpochRequest::Partition;
    static const Fields fields = describe<M>({
        field("partition_index", &M::partition_index),
        field("leader_id", &M::leader_id),
        field("leader_epoch", &M::leader_epoch),
        field("preferred_successors", &M::preferred_successors).until(0),
        field("preferred_candidates", &M::preferred_candidates).since(1),
    });
    return fields;
}

const Fields& EndQuorumEpochRequest::Topic::fields() {
    using M = EndQuorumEpochRequest::Topic;
    static const Fields fields = describe<M>({
        field("topic_name", &M::topic_name),
        field("partitions", &M::partitions),
    });
    return fields;
}

const Fields& EndQuorumEpochRequest::LeaderEndpoint::fields() {
    using M = EndQuorumEpochRequest::LeaderEndpoint;
    static const Fields fields = describe<M>({
        field("name", &M::name),
        field("host", &M::host),
        field("port", &M::port),
    });
    return fields;
}

const Fields& EndQuorumEpochRequest::fields() {
    using M = EndQuorumEpochRequest;
    static const Fields fields = describe<M>({
        field("cluster_id", &M::cluster_id).nullable(),
        field("topics", &M::topics),
        field("leader_endpoints", &M::leader_endpoints).since(1),
    });
    return fields;
}

const Fields& EndQuorumEpochResponse::Partition::fields() {
    using M = EndQuorumEpochResponse::Partition;
    static const Fields fields = describe<M>({
        field("partition_index", &M::partition_index),
        field("error_code", &M::error_code),
        field("leader_id", &M::leader_id),
        field("leader_epoch", &M::leader_epoch),
    });
    return fields;
}

const Fields& EndQuorumEpochResponse::Topic::fields() {
    using M = EndQuorumEpochResponse::Topic;
    static const Fields fields = describe<M>({
        field("topic_name", &M::topic_name),
        field("partitions", &M::partitions),
    });
    return fields;
}

const Fields& EndQuorumEpochResponse::NodeEndpoint::fields() {
    using M = EndQuorumEpochResponse::NodeEndpoint;
    static const Fields fields = describe<M>({
        field("node_id", &M::node_id),
        field("host", &M::host),
        field("port", &M::port),
    });
    return fields;
}

const Fields& EndQuorumEpochResponse::fields() {
    using M = EndQuorumEpochResponse;
    static const Fields fields = describe<M>({
        field("error_code", &M::error_code),
        field("topics", &M::topics),
        field("node_endpoints", &M::node_endpoints).since(1).tagged(0),
    });
    return fields;
}

const Fields& FetchSnapshotRequest::SnapshotId::fields() {
    using M = FetchSnapshotRequest::SnapshotId;
    static const Fields fields = describe<M>({
        field("end_offset", &M::end_offset),
        field("epoch", &M::epoch),
    });
    return fields;
}

const Fields& FetchSnapshotRequest::Partition::fields() {
    using M = FetchSnapshotRequest::Partition;
    static const Fields fields = describe<M>({
        field("partition", &M::partition),
        field("current_leader_epoch", &M::current_leader_epoch),
        field("snapshot_id", &M::snapshot_id),
        field("position", &M::position),
        field("replica_directory_id", &M::replica_directory_id).since(1).tagged(0),
    });
    return fields;
}

const Fields& FetchSnapshotRequest::Topic::fields() {
    using M = FetchSnapshotRequest::Topic;
    static const Fields fields = describe<M>({
        field("name", &M::name),
        field("partitions", &M::partitions),
    });
    return fields;
}

const Fields& FetchSnapshotRequest::fields() {
    using M = FetchSnapshotRequest;
    static const Fields fields = describe<M>({
        field("cluster_id", &M::cluster_id).nullable().tagged(0),
        field("replica_id", &M::replica_id),
        field("max_bytes", &M::max_bytes),
        field("topics", &M::topics),
    });
    return fields;
}

const Fields& FetchSnapshotResponse::SnapshotId::fields() {
    using M = FetchSnapshotResponse::SnapshotId;
    static const Fields fields = describe<M>({
        field("end_offset", &M::end_offset),
        field("epoch", &M::epoch),
    });
    return fields;
}

const Fields& FetchSnapshotResponse::CurrentLeader::fields() {
    using M = FetchSnapshotResponse::CurrentLeader;
    static const Fields fields = describe<M>({
        field("leader_id", &M::leader_id),
        field("leader_epoch", &M::leader_epoch),
    });
    return fields;
}

const Fields& FetchSnapshotResponse::Partition::fields() {
    using M = FetchSnapshotResponse::Partition;
    static const Fields fields = describe<M>({
        field("index", &M::index),
        field("error_code", &M::error_code),
        field("snapshot_id", &M::snapshot_id),
        field("current_leader", &M::current_leader).tagged(0),
        field("size", &M::size),
        field("position", &M::position),
        field("unaligned_records", &M::unaligned_records),
    });
    return fields;
}

const Fields& FetchSnapshotResponse::Topic::fields() {
    using M = FetchSnapshotResponse::Topic;
    static const Fields fields = describe<M>({
        field("name", &M::name),
        field("partitions", &M::partitions),
    });
    return fields;
}

const Fields& FetchSnapshotResponse::NodeEndpoint::fields() {
    using M = FetchSnapshotResponse::NodeEndpoint;
    static const Fields fields = describe<M>({
        field("node_id", &M::node_id),
        field("host", &M::host),
        field("port", &M::port),
    });
    return fields;
}

const Fields& FetchSnapshotResponse::fields() {
    using M = FetchSnapshotResponse;
    static const Fields fields = describe<M>({
        field("throttle_time_ms", &M::throttle_time_ms),
        field("error_code", &M::error_code),
        field("topics", &M::topics),
        field("node_endpoints", &M::node_endpoints).since(1).tagged(0),
    });
    return fields;
}

}  // namespace gregor::protocol
