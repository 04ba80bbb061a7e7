#include "broker/protocol/messages/group_membership.h"

namespace gregor::protocol {

const Fields& FindCoordinatorRequest::fields() {
    using M = FindCoordinatorRequest;
    static const Fields fields = describe<M>({
        field("key", &M::key).until(3),
        field("key_type", &M::key_type).since(1),
        field("coordinator_keys", &M::coordinator_keys).since(4),
    });
    return fields;
}

const Fields& FindCoordinatorResponse::Coordinator::fields() {
    using M = FindCoordinatorResponse::Coordinator;
    static const Fields fields = describe<M>({
        field("key", &M::key),
        field("node_id", &M::node_id),
        field("host", &M::host),
        field("port", &M::port),
        field("error_code", &M::error_code),
        field("error_message", &M::error_message).nullable(),
    });
    return fields;
}

const Fields& FindCoordinatorResponse::fields() {
    using M = FindCoordinatorResponse;
    static const Fields fields = describe<M>({
        field("throttle_time_ms", &M::throttle_time_ms).since(1),
        field("error_code", &M::error_code).until(3),
        field("error_message", &M::error_message).versions(1, 3).nullable(),
        field("node_id", &M::node_id).until(3),
        field("host", &M::host).until(3),
        field("port", &M::port).until(3),
        field("coordinators", &M::coordinators).since(4),
    });
    return fields;
}

const Fields& JoinGroupRequest::Protocol::fields() {
    using M = JoinGroupRequest::Protocol;
    static const Fields fields = describe<M>({
        field("name", &M::name),
        field("metadata", &M::metadata),
    });
    return fields;
}

const Fields& JoinGroupRequest::fields() {
    using M = JoinGroupRequest;
    static const Fields fields = describe<M>({
        field("group_id", &M::group_id),
        field("session_timeout_ms", &M::session_timeout_ms),
        field("rebalance_timeout_ms", &M::rebalance_timeout_ms).since(1),
        field("member_id", &M::member_id),
        field("group_instance_id", &M::group_instance_id).since(5).nullable(),
        field("protocol_type", &M::protocol_type),
        field("protocols", &M::protocols),
        field("reason", &M::reason).since(8).nullable(),
    });
    return fields;
}

const Fields& JoinGroupResponse::Member::fields() {
    using M = JoinGroupResponse::Member;
    static const Fields fields = describe<M>({
        field("member_id", &M::member_id),
        field("group_instance_id", &M::group_instance_id).since(5).nullable(),
        field("metadata", &M::metadata),
    });
    return fields;
}

const Fields& JoinGroupResponse::fields() {
    using M = JoinGroupResponse;
    static const Fields fields = describe<M>({
        field("throttle_time_ms", &M::throttle_time_ms).since(2),
        field("error_code", &M::error_code),
        field("generation_id", &M::generation_id),
        field("protocol_type", &M::protocol_type).since(7).nullable(),
        field("protocol_name", &M::protocol_name).nullable(7),
        field("leader", &M::leader),
        field("skip_assignment", &M::skip_assignment).since(9),
        field("member_id", &M::member_id),
        field("members", &M::members),
    });
    return fields;
}

const Fields& SyncGroupRequest::Assignment::fields() {
    using M = SyncGroupRequest::Assignment;
    static const Fields fields = describe<M>({
        field("member_id", &M::member_id),
        field("assignment", &M::assignment),
    });
    return fields;
}

const Fields& SyncGroupRequest::fields() {
    using M = SyncGroupRequest;
    static const Fields fields = describe<M>({
        field("group_id", &M::group_id),
        field("generation_id", &M::generation_id),
        field("member_id", &M::member_id),
        field("group_instance_id", &M::group_instance_id).since(3).nullable(),
        field("protocol_type", &M::protocol_type).since(5).nullable(),
        field("protocol_name", &M::protocol_name).since(5).nullable(),
        field("assignments", &M::assignments),
    });
    return fields;
}

const Fields& SyncGroupResponse::fields() {
    using M = SyncGroupResponse;
    static const Fields fields = describe<M>({
        field("throttle_time_ms", &M::throttle_time_ms).since(1),
        field("error_code", &M::error_code),
        field("protocol_type", &M::protocol_type).since(5).nullable(),
        field("protocol_name", &M::protocol_name).since(5).nullable(),
        field("assignment", &M::assignment),
    });
    return fields;
}

const Fields& HeartbeatRequest::fields() {
    using M = HeartbeatRequest;
    static const Fields fields = describe<M>({
        field("group_id", &M::group_id),
        field("generation_id", &M::generation_id),
        field("member_id", &M::member_id),
        field("group_instance_id", &M::group_instance_id).since(3).nullable(),
    });
    return fields;
}

const Fields& HeartbeatResponse::fields() {
    using M = HeartbeatResponse;
    static const Fields fields = describe<M>({
        field("throttle_time_ms", &M::throttle_time_ms).since(1),
        field("error_code", &M::error_code),
    });
    return fields;
}

const Fields& LeaveGroupRequest::Member::fields() {
    using M = LeaveGroupRequest::Member;
    static const Fields fields = describe<M>({
        field("member_id", &M::member_id),
        field("group_instance_id", &M::group_instance_id).nullable(),
        field("reason", &M::reason).since(5).nullable(),
    });
    return fields;
}

const Fields& LeaveGroupRequest::fields() {
    using M = LeaveGroupRequest;
    static const Fields fields = describe<M>({
        field("group_id", &M::group_id),
        field("member_id", &M::member_id).until(2),
        field("members", &M::members).since(3),
    });
    return fields;
}

const Fields& LeaveGroupResponse::Member::fields() {
    using M = LeaveGroupResponse::Member;
    static const Fields fields = describe<M>({
        field("member_id", &M::member_id),
        field("group_instance_id", &M::group_instance_id).nullable(),
        field("error_code", &M::error_code),
    });
    return fields;
}

const Fields& LeaveGroupResponse::fields() {
    using M = LeaveGroupResponse;
    static const Fields fields = describe<M>({
        field("throttle_time_ms", &M::throttle_time_ms).since(1),
        field("error_code", &M::error_code),
        field("members", &M::members).since(3),
    });
    return fields;
}

}  // namespace gregor::protocol
