#include "broker/protocol/messages/fetch.h"

namespace gregor::protocol {

const Fields& FetchRequest::ReplicaState::fields() {
    using M = FetchRequest::ReplicaState;
    static const Fields fields = describe<M>({
        field("replica_id", &M::replica_id),
        field("replica_epoch", &M::replica_epoch),
    });
    return fields;
}

const Fields& FetchRequest::Partition::fields() {
    using M = FetchRequest::Partition;
    static const Fields fields = describe<M>({
        field("partition", &M::partition),
        field("current_leader_epoch", &M::current_leader_epoch).since(9),
        field("fetch_offset", &M::fetch_offset),
        field("last_fetched_epoch", &M::last_fetched_epoch).since(12),
        field("log_start_offset", &M::log_start_offset).since(5),
        field("partition_max_bytes", &M::partition_max_bytes),
        field("replica_directory_id", &M::replica_directory_id).since(17).tagged(0),
    });
    return fields;
}

const Fields& FetchRequest::Topic::fields() {
    using M = FetchRequest::Topic;
    static const Fields fields = describe<M>({
        field("topic", &M::topic).until(12),
        field("topic_id", &M::topic_id).since(13),
        field("partitions", &M::partitions),
    });
    return fields;
}

const Fields& FetchRequest::ForgottenTopic::fields() {
    using M = FetchRequest::ForgottenTopic;
    static const Fields fields = describe<M>({
        field("topic", &M::topic).until(12),
        field("topic_id", &M::topic_id).since(13),
        field("partitions", &M::partitions),
    });
    return fields;
}

const Fields& FetchRequest::fields() {
    using M = FetchRequest;
    static const Fields fields = describe<M>({
        field("cluster_id", &M::cluster_id).since(12).nullable().tagged(0),
        field("replica_id", &M::replica_id).until(14),
        field("replica_state", &M::replica_state).since(15).tagged(1),
        field("max_wait_ms", &M::max_wait_ms),
        field("min_bytes", &M::min_bytes),
        field("max_bytes", &M::max_bytes).since(3),
        field("isolation_level", &M::isolation_level).since(4),
        field("session_id", &M::session_id).since(7),
        field("session_epoch", &M::session_epoch).since(7),
        field("topics", &M::topics),
        field("forgotten_topics_data", &M::forgotten_topics_data).since(7),
        field("rack_id", &M::rack_id).since(11),
    });
    return fields;
}

const Fields& FetchResponse::DivergingEpoch::fields() {
    using M = FetchResponse::DivergingEpoch;
    static const Fields fields = describe<M>({
        field("epoch", &M::epoch),
        field("end_offset", &M::end_offset),
    });
    return fields;
}

const Fields& FetchResponse::CurrentLeader::fields() {
    using M = FetchResponse::CurrentLeader;
    static const Fields fields = describe<M>({
        field("leader_id", &M::leader_id),
        field("leader_epoch", &M::leader_epoch),
    });
    return fields;
}

const Fields& FetchResponse::SnapshotId::fields() {
    using M = FetchResponse::SnapshotId;
    static const Fields fields = describe<M>({
        field("end_offset", &M::end_offset),
        field("epoch", &M::epoch),
    });
    return fields;
}

const Fields& FetchResponse::AbortedTransaction::fields() {
    using M = FetchResponse::AbortedTransaction;
    static const Fields fields = describe<M>({
        field("producer_id", &M::producer_id),
        field("first_offset", &M::first_offset),
    });
    return fields;
}

const Fields& FetchResponse::Partition::fields() {
    using M = FetchResponse::Partition;
    static const Fields fields = describe<M>({
        field("partition_index", &M::partition_index),
        field("error_code", &M::error_code),
        field("high_watermark", &M::high_watermark),
        field("last_stable_offset", &M::last_stable_offset).since(4),
        field("log_start_offset", &M::log_start_offset).since(5),
        field("diverging_epoch", &M::diverging_epoch).since(12).tagged(0),
        field("current_leader", &M::current_leader).since(12).tagged(1),
        field("snapshot_id", &M::snapshot_id).since(12).tagged(2),
        field("aborted_transactions", &M::aborted_transactions).since(4).nullable(),
        field("preferred_read_replica", &M::preferred_read_replica).since(11),
        field("records", &M::records).nullable(),
    });
    return fields;
}

const Fields& FetchResponse::Topic::fields() {
    using M = FetchResponse::Topic;
    static const Fields fields = describe<M>({
        field("topic", &M::topic).until(12),
        field("topic_id", &M::topic_id).since(13),
        field("partitions", &M::partitions),
    });
    return fields;
}

const Fields& FetchResponse::NodeEndpoint::fields() {
    using M = FetchResponse::NodeEndpoint;
    static const Fields fields = describe<M>({
        field("node_id", &M::node_id),
        field("host", &M::host),
        field("port", &M::port),
        field("rack", &M::rack).nullable(),
    });
    return fields;
}

const Fields& FetchResponse::fields() {
    using M = FetchResponse;
    static const Fields fields = describe<M>({
        field("throttle_time_ms", &M::throttle_time_ms).since(1),
        field("error_code", &M::error_code).since(7),
        field("session_id", &M::session_id).since(7),
        field("responses", &M::responses),
        field("node_endpoints", &M::node_endpoints).since(16).tagged(0),
    });
    return fields;
}

}  // namespace gregor::protocol
