#include "broker/protocol/messages/topics.h"

namespace gregor::protocol {

const Fields& CreateTopicsRequest::Assignment::fields() {
    using M = CreateTopicsRequest::Assignment;
    static const Fields fields = describe<M>({
        field("partition_index", &M::partition_index),
        field("broker_ids", &M::broker_ids),
    });
    return fields;
}

const Fields& CreateTopicsRequest::Config::fields() {
    using M = CreateTopicsRequest::Config;
    static const Fields fields = describe<M>({
        field("name", &M::name),
        field("value", &M::value).nullable(),
    });
    return fields;
}

const Fields& CreateTopicsRequest::Topic::fields() {
    using M = CreateTopicsRequest::Topic;
    static const Fields fields = describe<M>({
        field("name", &M::name),
        field("num_partitions", &M::num_partitions),
        field("replication_factor", &M::replication_factor),
        field("assignments", &M::assignments),
        field("configs", &M::configs),
    });
    return fields;
}

const Fields& CreateTopicsRequest::fields() {
    using M = CreateTopicsRequest;
    static const Fields fields = describe<M>({
        field("topics", &M::topics),
        field("timeout_ms", &M::timeout_ms),
        field("validate_only", &M::validate_only).since(1),
    });
    return fields;
}

const Fields& CreateTopicsResponse::Config::fields() {
    using M = CreateTopicsResponse::Config;
    static const Fields fields = describe<M>({
        field("name", &M::name),
        field("value", &M::value).nullable(),
        field("read_only", &M::read_only),
        field("config_source", &M::config_source),
        field("is_sensitive", &M::is_sensitive),
    });
    return fields;
}

const Fields& CreateTopicsResponse::Topic::fields() {
    using M = CreateTopicsResponse::Topic;
    static const Fields fields = describe<M>({
        field("name", &M::name),
        field("topic_id", &M::topic_id).since(7),
        field("error_code", &M::error_code),
        field("error_message", &M::error_message).since(1).nullable(),
        field("topic_config_error_code", &M::topic_config_error_code).since(5).tagged(0),
        field("num_partitions", &M::num_partitions).since(5),
        field("replication_factor", &M::replication_factor).since(5),
        field("configs", &M::configs).since(5).nullable(),
    });
    return fields;
}

const Fields& CreateTopicsResponse::fields() {
    using M = CreateTopicsResponse;
    static const Fields fields = describe<M>({
        field("throttle_time_ms", &M::throttle_time_ms).since(2),
        field("topics", &M::topics),
    });
    return fields;
}

const Fields& DeleteTopicsRequest::Topic::fields() {
    using M = DeleteTopicsRequest::Topic;
    static const Fields fields = describe<M>({
        field("name", &M::name).nullable(),
        field("topic_id", &M::topic_id),
    });
    return fields;
}

const Fields& DeleteTopicsRequest::fields() {
    using M = DeleteTopicsRequest;
    static const Fields fields = describe<M>({
        field("topics", &M::topics).since(6),
        field("topic_names", &M::topic_names).until(5),
        field("timeout_ms", &M::timeout_ms),
    });
    return fields;
}

const Fields& DeleteTopicsResponse::Result::fields() {
    using M = DeleteTopicsResponse::Result;
    static const Fields fields = describe<M>({
        field("name", &M::name).nullable(6),
        field("topic_id", &M::topic_id).since(6),
        field("error_code", &M::error_code),
        field("error_message", &M::error_message).since(5).nullable(),
    });
    return fields;
}

const Fields& DeleteTopicsResponse::fields() {
    using M = DeleteTopicsResponse;
    static const Fields fields = describe<M>({
        field("throttle_time_ms", &M::throttle_time_ms).since(1),
        field("responses", &M::responses),
    });
    return fields;
}

const Fields& CreatePartitionsRequest::Assignment::fields() {
    using M = CreatePartitionsRequest::Assignment;
    static const Fields fields = describe<M>({
        field("broker_ids", &M::broker_ids),
    });
    return fields;
}

const Fields& CreatePartitionsRequest::Topic::fields() {
    using M = CreatePartitionsRequest::Topic;
    static const Fields fields = describe<M>({
        field("name", &M::name),
        field("count", &M::count),
        field("assignments", &M::assignments).nullable(),
    });
    return fields;
}

const Fields& CreatePartitionsRequest::fields() {
    using M = CreatePartitionsRequest;
    static const Fields fields = describe<M>({
        field("topics", &M::topics),
        field("timeout_ms", &M::timeout_ms),
        field("validate_only", &M::validate_only),
    });
    return fields;
}

const Fields& CreatePartitionsResponse::Result::fields() {
    using M = CreatePartitionsResponse::Result;
    static const Fields fields = describe<M>({
        field("name", &M::name),
        field("error_code", &M::error_code),
        field("error_message", &M::error_message).nullable(),
    });
    return fields;
}

const Fields& CreatePartitionsResponse::fields() {
    using M = CreatePartitionsResponse;
    static const Fields fields = describe<M>({
        field("throttle_time_ms", &M::throttle_time_ms),
        field("results", &M::results),
    });
    return fields;
}

}  // namespace gregor::protocol
