#include "broker/protocol/messages/quotas.h"

namespace gregor::protocol {

const Fields& DescribeClientQuotasRequest::Component::fields() {
    using M = DescribeClientQuotasRequest::Component;
    static const Fields fields = describe<M>({
        field("entity_type", &M::entity_type),
        field("match_type", &M::match_type),
        field("match", &M::match).nullable(),
    });
    return fields;
}

const Fields& DescribeClientQuotasRequest::fields() {
    using M = DescribeClientQuotasRequest;
    static const Fields fields = describe<M>({
        field("components", &M::components),
        field("strict", &M::strict),
    });
    return fields;
}

const Fields& DescribeClientQuotasResponse::Entity::fields() {
    using M = DescribeClientQuotasResponse::Entity;
    static const Fields fields = describe<M>({
        field("entity_type", &M::entity_type),
        field("entity_name", &M::entity_name).nullable(),
    });
    return fields;
}

const Fields& DescribeClientQuotasResponse::Value::fields() {
    using M = DescribeClientQuotasResponse::Value;
    static const Fields fields = describe<M>({
        field("key", &M::key),
        field("value", &M::value),
    });
    return fields;
}

const Fields& DescribeClientQuotasResponse::Entry::fields() {
    using M = DescribeClientQuotasResponse::Entry;
    static const Fields fields = describe<M>({
        field("entity", &M::entity),
        field("values", &M::values),
    });
    return fields;
}

const Fields& DescribeClientQuotasResponse::fields() {
    using M = DescribeClientQuotasResponse;
    static const Fields fields = describe<M>({
        field("throttle_time_ms", &M::throttle_time_ms),
        field("error_code", &M::error_code),
        field("error_message", &M::error_message).nullable(),
        field("entries", &M::entries).nullable(),
    });
    return fields;
}

const Fields& AlterClientQuotasRequest::Entity::fields() {
    using M = AlterClientQuotasRequest::Entity;
    static const Fields fields = describe<M>({
        field("entity_type", &M::entity_type),
        field("entity_name", &M::entity_name).nullable(),
    });
    return fields;
}

const Fields& AlterClientQuotasRequest::Op::fields() {
    using M = AlterClientQuotasRequest::Op;
    static const Fields fields = describe<M>({
        field("key", &M::key),
        field("value", &M::value),
        field("remove", &M::remove),
    });
    return fields;
}

const Fields& AlterClientQuotasRequest::Entry::fields() {
    using M = AlterClientQuotasRequest::Entry;
    static const Fields fields = describe<M>({
        field("entity", &M::entity),
        field("ops", &M::ops),
    });
    return fields;
}

const Fields& AlterClientQuotasRequest::fields() {
    using M = AlterClientQuotasRequest;
    static const Fields fields = describe<M>({
        field("entries", &M::entries),
        field("validate_only", &M::validate_only),
    });
    return fields;
}

const Fields& AlterClientQuotasResponse::Entity::fields() {
    using M = AlterClientQuotasResponse::Entity;
    static const Fields fields = describe<M>({
        field("entity_type", &M::entity_type),
        field("entity_name", &M::entity_name).nullable(),
    });
    return fields;
}

const Fields& AlterClientQuotasResponse::Entry::fields() {
    using M = AlterClientQuotasResponse::Entry;
    static const Fields fields = describe<M>({
        field("error_code", &M::error_code),
        field("error_message", &M::error_message).nullable(),
        field("entity", &M::entity),
    });
    return fields;
}

const Fields& AlterClientQuotasResponse::fields() {
    using M = AlterClientQuotasResponse;
    static const Fields fields = describe<M>({
        field("throttle_time_ms", &M::throttle_time_ms),
        field("entries", &M::entries),
    });
    return fields;
}

}  // namespace gregor::protocol
