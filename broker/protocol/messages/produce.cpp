#include "broker/protocol/messages/produce.h"

namespace gregor::protocol {

const Fields& ProduceRequest::Partition::fields() {
    using M = ProduceRequest::Partition;
    static const Fields fields = describe<M>({
        field("index", &M::index),
        field("records", &M::records).nullable(),
    });
    return fields;
}

const Fields& ProduceRequest::Topic::fields() {
    using M = ProduceRequest::Topic;
    static const Fields fields = describe<M>({
        field("name", &M::name),
        field("partition_data", &M::partition_data),
    });
    return fields;
}

const Fields& ProduceRequest::fields() {
    using M = ProduceRequest;
    static const Fields fields = describe<M>({
        field("transactional_id", &M::transactional_id).since(3).nullable(),
        field("acks", &M::acks),
        field("timeout_ms", &M::timeout_ms),
        field("topic_data", &M::topic_data),
    });
    return fields;
}

const Fields& ProduceResponse::RecordError::fields() {
    using M = ProduceResponse::RecordError;
    static const Fields fields = describe<M>({
        field("batch_index", &M::batch_index),
        field("batch_index_error_message", &M::batch_index_error_message).nullable(),
    });
    return fields;
}

const Fields& ProduceResponse::CurrentLeader::fields() {
    using M = ProduceResponse::CurrentLeader;
    static const Fields fields = describe<M>({
        field("leader_id", &M::leader_id),
        field("leader_epoch", &M::leader_epoch),
    });
    return fields;
}

const Fields& ProduceResponse::Partition::fields() {
    using M = ProduceResponse::Partition;
    static const Fields fields = describe<M>({
        field("index", &M::index),
        field("error_code", &M::error_code),
        field("base_offset", &M::base_offset),
        field("log_append_time_ms", &M::log_append_time_ms).since(2),
        field("log_start_offset", &M::log_start_offset).since(5),
        field("record_errors", &M::record_errors).since(8),
        field("error_message", &M::error_message).since(8).nullable(),
        field("current_leader", &M::current_leader).since(10).tagged(0),
    });
    return fields;
}

const Fields& ProduceResponse::Topic::fields() {
    using M = ProduceResponse::Topic;
    static const Fields fields = describe<M>({
        field("name", &M::name),
        field("partition_responses", &M::partition_responses),
    });
    return fields;
}

const Fields& ProduceResponse::NodeEndpoint::fields() {
    using M = ProduceResponse::NodeEndpoint;
    static const Fields fields = describe<M>({
        field("node_id", &M::node_id),
        field("host", &M::host),
        field("port", &M::port),
        field("rack", &M::rack).nullable(),
    });
    return fields;
}

const Fields& ProduceResponse::fields() {
    using M = ProduceResponse;
    static const Fields fields = describe<M>({
        field("responses", &M::responses),
        field("throttle_time_ms", &M::throttle_time_ms).since(1),
        field("node_endpoints", &M::node_endpoints).since(10).tagged(0),
    });
    return fields;
}

}  // namespace gregor::protocol
