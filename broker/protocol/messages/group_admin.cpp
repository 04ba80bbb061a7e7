#include "broker/protocol/messages/group_admin.h"

namespace gregor::protocol {

const Fields& DescribeGroupsRequest::fields() {
    using M = DescribeGroupsRequest;
    static const Fields fields = describe<M>({
        field("groups", &M::groups),
        field("include_authorized_operations", &M::include_authorized_operations).since(3),
    });
    return fields;
}

const Fields& DescribeGroupsResponse::Member::fields() {
    using M = DescribeGroupsResponse::Member;
    static const Fields fields = describe<M>({
        field("member_id", &M::member_id),
        field("group_instance_id", &M::group_instance_id).since(4).nullable(),
        field("client_id", &M::client_id),
        field("client_host", &M::client_host),
        field("member_metadata", &M::member_metadata),
        field("member_assignment", &M::member_assignment),
    });
    return fields;
}

const Fields& DescribeGroupsResponse::Group::fields() {
    using M = DescribeGroupsResponse::Group;
    static const Fields fields = describe<M>({
        field("error_code", &M::error_code),
        field("error_message", &M::error_message).since(6).nullable(),
        field("group_id", &M::group_id),
        field("group_state", &M::group_state),
        field("protocol_type", &M::protocol_type),
        field("protocol_data", &M::protocol_data),
        field("members", &M::members),
        field("authorized_operations", &M::authorized_operations).since(3),
    });
    return fields;
}

const Fields& DescribeGroupsResponse::fields() {
    using M = DescribeGroupsResponse;
    static const Fields fields = describe<M>({
        field("throttle_time_ms", &M::throttle_time_ms).since(1),
        field("groups", &M::groups),
    });
    return fields;
}

const Fields& ListGroupsRequest::fields() {
    using M = ListGroupsRequest;
    static const Fields fields = describe<M>({
        field("states_filter", &M::states_filter).since(4),
        field("types_filter", &M::types_filter).since(5),
    });
    return fields;
}

const Fields& ListGroupsResponse::Group::fields() {
    using M = ListGroupsResponse::Group;
    static const Fields fields = describe<M>({
        field("group_id", &M::group_id),
        field("protocol_type", &M::protocol_type),
        field("group_state", &M::group_state).since(4),
        field("group_type", &M::group_type).since(5),
    });
    return fields;
}

const Fields& ListGroupsResponse::fields() {
    using M = ListGroupsResponse;
    static const Fields fields = describe<M>({
        field("throttle_time_ms", &M::throttle_time_ms).since(1),
        field("error_code", &M::error_code),
        field("groups", &M::groups),
    });
    return fields;
}

const Fields& DeleteGroupsRequest::fields() {
    using M = DeleteGroupsRequest;
    static const Fields fields = describe<M>({
        field("groups_names", &M::groups_names),
    });
    return fields;
}

const Fields& DeleteGroupsResponse::Result::fields() {
    using M = DeleteGroupsResponse::Result;
    static const Fields fields = describe<M>({
        field("group_id", &M::group_id),
        field("error_code", &M::error_code),
    });
    return fields;
}

const Fields& DeleteGroupsResponse::fields() {
    using M = DeleteGroupsResponse;
    static const Fields fields = describe<M>({
        field("throttle_time_ms", &M::throttle_time_ms),
        field("results", &M::results),
    });
    return fields;
}

const Fields& OffsetDeleteRequest::Partition::fields() {
    using M = OffsetDeleteRequest::Partition;
    static const Fields fields = describe<M>({
        field("partition_index", &M::partition_index),
    });
    return fields;
}

const Fields& OffsetDeleteRequest::Topic::fields() {
    using M = OffsetDeleteRequest::Topic;
    static const Fields fields = describe<M>({
        field("name", &M::name),
        field("partitions", &M::partitions),
    });
    return fields;
}

const Fields& OffsetDeleteRequest::fields() {
    using M = OffsetDeleteRequest;
    static const Fields fields = describe<M>({
        field("group_id", &M::group_id),
        field("topics", &M::topics),
    });
    return fields;
}

const Fields& OffsetDeleteResponse::Partition::fields() {
    using M = OffsetDeleteResponse::Partition;
    static const Fields fields = describe<M>({
        field("partition_index", &M::partition_index),
        field("error_code", &M::error_code),
    });
    return fields;
}

const Fields& OffsetDeleteResponse::Topic::fields() {
    using M = OffsetDeleteResponse::Topic;
    static const Fields fields = describe<M>({
        field("name", &M::name),
        field("partitions", &M::partitions),
    });
    return fields;
}

const Fields& OffsetDeleteResponse::fields() {
    using M = OffsetDeleteResponse;
    static const Fields fields = describe<M>({
        field("error_code", &M::error_code),
        field("throttle_time_ms", &M::throttle_time_ms),
        field("topics", &M::topics),
    });
    return fields;
}

}  // namespace gregor::protocol
