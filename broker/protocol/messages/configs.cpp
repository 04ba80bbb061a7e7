#include "broker/protocol/messages/configs.h"

namespace gregor::protocol {

const Fields& DescribeConfigsRequest::Resource::fields() {
    using M = DescribeConfigsRequest::Resource;
    static const Fields fields = describe<M>({
        field("resource_type", &M::resource_type),
        field("resource_name", &M::resource_name),
        field("configuration_keys", &M::configuration_keys).nullable(),
    });
    return fields;
}

const Fields& DescribeConfigsRequest::fields() {
    using M = DescribeConfigsRequest;
    static const Fields fields = describe<M>({
        field("resources", &M::resources),
        field("include_synonyms", &M::include_synonyms).since(1),
        field("include_documentation", &M::include_documentation).since(3),
    });
    return fields;
}

const Fields& DescribeConfigsResponse::Synonym::fields() {
    using M = DescribeConfigsResponse::Synonym;
    static const Fields fields = describe<M>({
        field("name", &M::name),
        field("value", &M::value).nullable(),
        field("source", &M::source),
    });
    return fields;
}

const Fields& DescribeConfigsResponse::Config::fields() {
    using M = DescribeConfigsResponse::Config;
    static const Fields fields = describe<M>({
        field("name", &M::name),
        field("value", &M::value).nullable(),
        field("read_only", &M::read_only),
        field("is_default", &M::is_default).until(0),
        field("config_source", &M::config_source).since(1),
        field("is_sensitive", &M::is_sensitive),
        field("synonyms", &M::synonyms).since(1),
        field("config_type", &M::config_type).since(3),
        field("documentation", &M::documentation).since(3).nullable(),
    });
    return fields;
}

const Fields& DescribeConfigsResponse::Result::fields() {
    using M = DescribeConfigsResponse::Result;
    static const Fields fields = describe<M>({
        field("error_code", &M::error_code),
        field("error_message", &M::error_message).nullable(),
        field("resource_type", &M::resource_type),
        field("resource_name", &M::resource_name),
        field("configs", &M::configs),
    });
    return fields;
}

const Fields& DescribeConfigsResponse::fields() {
    using M = DescribeConfigsResponse;
    static const Fields fields = describe<M>({
        field("throttle_time_ms", &M::throttle_time_ms),
        field("results", &M::results),
    });
    return fields;
}

const Fields& AlterConfigsRequest::Config::fields() {
    using M = AlterConfigsRequest::Config;
    static const Fields fields = describe<M>({
        field("name", &M::name),
        field("value", &M::value).nullable(),
    });
    return fields;
}

const Fields& AlterConfigsRequest::Resource::fields() {
    using M = AlterConfigsRequest::Resource;
    static const Fields fields = describe<M>({
        field("resource_type", &M::resource_type),
        field("resource_name", &M::resource_name),
        field("configs", &M::configs),
    });
    return fields;
}

const Fields& AlterConfigsRequest::fields() {
    using M = AlterConfigsRequest;
    static const Fields fields = describe<M>({
        field("resources", &M::resources),
        field("validate_only", &M::validate_only),
    });
    return fields;
}

const Fields& AlterConfigsResponse::Result::fields() {
    using M = AlterConfigsResponse::Result;
    static const Fields fields = describe<M>({
        field("error_code", &M::error_code),
        field("error_message", &M::error_message).nullable(),
        field("resource_type", &M::resource_type),
        field("resource_name", &M::resource_name),
    });
    return fields;
}

const Fields& AlterConfigsResponse::fields() {
    using M = AlterConfigsResponse;
    static const Fields fields = describe<M>({
        field("throttle_time_ms", &M::throttle_time_ms),
        field("responses", &M::responses),
    });
    return fields;
}

const Fields& IncrementalAlterConfigsRequest::Config::fields() {
    using M = IncrementalAlterConfigsRequest::Config;
    static const Fields fields = describe<M>({
        field("name", &M::name),
        field("config_operation", &M::config_operation),
        field("value", &M::value).nullable(),
    });
    return fields;
}

const Fields& IncrementalAlterConfigsRequest::Resource::fields() {
    using M = IncrementalAlterConfigsRequest::Resource;
    static const Fields fields = describe<M>({
        field("resource_type", &M::resource_type),
        field("resource_name", &M::resource_name),
        field("configs", &M::configs),
    });
    return fields;
}

const Fields& IncrementalAlterConfigsRequest::fields() {
    using M = IncrementalAlterConfigsRequest;
    static const Fields fields = describe<M>({
        field("resources", &M::resources),
        field("validate_only", &M::validate_only),
    });
    return fields;
}

const Fields& IncrementalAlterConfigsResponse::Result::fields() {
    using M = IncrementalAlterConfigsResponse::Result;
    static const Fields fields = describe<M>({
        field("error_code", &M::error_code),
        field("error_message", &M::error_message).nullable(),
        field("resource_type", &M::resource_type),
        field("resource_name", &M::resource_name),
    });
    return fields;
}

const Fields& IncrementalAlterConfigsResponse::fields() {
    using M = IncrementalAlterConfigsResponse;
    static const Fields fields = describe<M>({
        field("throttle_time_ms", &M::throttle_time_ms),
        field("responses", &M::responses),
    });
    return fields;
}

}  // namespace gregor::protocol
