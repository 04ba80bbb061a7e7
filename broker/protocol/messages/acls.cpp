#include "broker/protocol/messages/acls.h"

namespace gregor::protocol {

const Fields& DescribeAclsRequest::fields() {
    using M = DescribeAclsRequest;
    static const Fields fields = describe<M>({
        field("resource_type_filter", &M::resource_type_filter),
        field("resource_name_filter", &M::resource_name_filter).nullable(),
        field("pattern_type_filter", &M::pattern_type_filter).since(1),
        field("principal_filter", &M::principal_filter).nullable(),
        field("host_filter", &M::host_filter).nullable(),
        field("operation", &M::operation),
        field("permission_type", &M::permission_type),
    });
    return fields;
}

const Fields& DescribeAclsResponse::Acl::fields() {
    using M = DescribeAclsResponse::Acl;
    static const Fields fields = describe<M>({
        field("principal", &M::principal),
        field("host", &M::host),
        field("operation", &M::operation),
        field("permission_type", &M::permission_type),
    });
    return fields;
}

const Fields& DescribeAclsResponse::Resource::fields() {
    using M = DescribeAclsResponse::Resource;
    static const Fields fields = describe<M>({
        field("resource_type", &M::resource_type),
        field("resource_name", &M::resource_name),
        field("pattern_type", &M::pattern_type).since(1),
        field("acls", &M::acls),
    });
    return fields;
}

const Fields& DescribeAclsResponse::fields() {
    using M = DescribeAclsResponse;
    static const Fields fields = describe<M>({
        field("throttle_time_ms", &M::throttle_time_ms),
        field("error_code", &M::error_code),
        field("error_message", &M::error_message).nullable(),
        field("resources", &M::resources),
    });
    return fields;
}

const Fields& CreateAclsRequest::Creation::fields() {
    using M = CreateAclsRequest::Creation;
    static const Fields fields = describe<M>({
        field("resource_type", &M::resource_type),
        field("resource_name", &M::resource_name),
        field("resource_pattern_type", &M::resource_pattern_type).since(1),
        field("principal", &M::principal),
        field("host", &M::host),
        field("operation", &M::operation),
        field("permission_type", &M::permission_type),
    });
    return fields;
}

const Fields& CreateAclsRequest::fields() {
    using M = CreateAclsRequest;
    static const Fields fields = describe<M>({
        field("creations", &M::creations),
    });
    return fields;
}

const Fields& CreateAclsResponse::Result::fields() {
    using M = CreateAclsResponse::Result;
    static const Fields fields = describe<M>({
        field("error_code", &M::error_code),
        field("error_message", &M::error_message).nullable(),
    });
    return fields;
}

const Fields& CreateAclsResponse::fields() {
    using M = CreateAclsResponse;
    static const Fields fields = describe<M>({
        field("throttle_time_ms", &M::throttle_time_ms),
        field("results", &M::results),
    });
    return fields;
}

const Fields& DeleteAclsRequest::Filter::fields() {
    using M = DeleteAclsRequest::Filter;
    static const Fields fields = describe<M>({
        field("resource_type_filter", &M::resource_type_filter),
        field("resource_name_filter", &M::resource_name_filter).nullable(),
        field("pattern_type_filter", &M::pattern_type_filter).since(1),
        field("principal_filter", &M::principal_filter).nullable(),
        field("host_filter", &M::host_filter).nullable(),
        field("operation", &M::operation),
        field("permission_type", &M::permission_type),
    });
    return fields;
}

const Fields& DeleteAclsRequest::fields() {
    using M = DeleteAclsRequest;
    static const Fields fields = describe<M>({
        field("filters", &M::filters),
    });
    return fields;
}

const Fields& DeleteAclsResponse::MatchingAcl::fields() {
    using M = DeleteAclsResponse::MatchingAcl;
    static const Fields fields = describe<M>({
        field("error_code", &M::error_code),
        field("error_message", &M::error_message).nullable(),
        field("resource_type", &M::resource_type),
        field("resource_name", &M::resource_name),
        field("pattern_type", &M::pattern_type).since(1),
        field("principal", &M::principal),
        field("host", &M::host),
        field("operation", &M::operation),
        field("permission_type", &M::permission_type),
    });
    return fields;
}

const Fields& DeleteAclsResponse::FilterResult::fields() {
    using M = DeleteAclsResponse::FilterResult;
    static const Fields fields = describe<M>({
        field("error_code", &M::error_code),
        field("error_message", &M::error_message).nullable(),
        field("matching_acls", &M::matching_acls),
    });
    return fields;
}

const Fields& DeleteAclsResponse::fields() {
    using M = DeleteAclsResponse;
    static const Fields fields = describe<M>({
        field("throttle_time_ms", &M::throttle_time_ms),
        field("filter_results", &M::filter_results),
    });
    return fields;
}

}  // namespace gregor::protocol
