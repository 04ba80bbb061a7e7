// GroupCoordinator: SyncGroup, Heartbeat and LeaveGroup: what members say within a generation.
#include "broker/coordinator/group_coordinator.h"
#include "sim/base/check.h"
#include "sim/base/probe.h"

namespace gregor::coordinator {

using protocol::ErrorCode;
using protocol::HeartbeatResponse;
using protocol::LeaveGroupRequest;
using protocol::LeaveGroupResponse;
using protocol::SyncGroupResponse;

namespace {

SyncGroupResponse synced(const ClassicGroup& group, const ClassicMember& member) {
    SyncGroupResponse response;
    response.protocol_type = group.protocol_type();
    response.protocol_name = group.protocol();
    response.assignment = member.assignment;
    return response;
}

/// A client that says nothing (before version 5) contradicts nothing.
bool contradicts(const std::optional<std::string>& said, const std::optional<std::string>& known) {
    return said && known && *said != *known;
}

}  // namespace

// SyncGroup. --------------------------------------------------------------------------------------

void GroupCoordinator::on(Step& step, RequestId id, const SyncGroup& sync) {
    const auto& request = sync.request;
    if (const ConsumerGroup* consumer = image_.find_consumer_group(request.group_id)) {
        return step.answer(id, sync_consumer_group(step, request, *consumer));
    }
    ClassicGroup* group = find(request.group_id);
    const ErrorCode error = request.group_id.empty() ? ErrorCode::invalid_group_id
                            : group == nullptr       ? ErrorCode::unknown_member_id
                                                     : check_sync(*group, request);
    if (error != ErrorCode::none) return step.answer(id, SyncGroupResponse{.error_code = error});
    ClassicMember& member = *group->find_member(request.member_id);
    group->synced(request.member_id);
    if (group->is_in(GroupState::stable)) {
        step.answer(id, synced(*group, member));
        return renew_session(step, *group, member);
    }
    if (member.awaiting_sync) {
        PROBE("a member sent SyncGroup again before it was answered");
        step.answer(*member.awaiting_sync,
                    SyncGroupResponse{.error_code = ErrorCode::rebalance_in_progress});
    }
    member.awaiting_sync = id;
    if (group->is_leader(request.member_id)) store_assignment(step, *group, request);
    group->check_invariants();
}

ErrorCode GroupCoordinator::check_sync(const ClassicGroup& group,
                                       const protocol::SyncGroupRequest& request) const {
    const ErrorCode error = group.check_member(request.member_id, request.group_instance_id);
    if (error != ErrorCode::none) return error;
    if (request.generation_id != group.generation_id()) return ErrorCode::illegal_generation;
    if (contradicts(request.protocol_type, group.protocol_type()) ||
        contradicts(request.protocol_name, group.protocol())) {
        return ErrorCode::inconsistent_group_protocol;
    }
    switch (group.state()) {
        case GroupState::empty: return ErrorCode::unknown_member_id;
        case GroupState::preparing_rebalance: return ErrorCode::rebalance_in_progress;
        case GroupState::completing_rebalance:
        case GroupState::stable: return ErrorCode::none;
    }
    UNREACHABLE();
}

/// The generation is complete when this is committed: see append_done().
void GroupCoordinator::store_assignment(Step& step, ClassicGroup& group,
                                        const protocol::SyncGroupRequest& request) {
    StoringAssignment storing{
        .group_id = group.group_id(), .generation_id = group.generation_id(), .assignments = {}};
    for (const auto& each : request.assignments) {
        if (group.find_member(each.member_id) == nullptr) continue;
        // The request's frame holds much more than this.
        storing.assignments[each.member_id] = Bytes::copy_of(each.assignment);
    }
    write_group(step, group, storing.assignments);
    step.outcome.append = next_append_++;
    storing_.emplace(*step.outcome.append, std::move(storing));
}

void GroupCoordinator::hand_out_assignments(Step& step, ClassicGroup& group) {
    for (auto& [id, member] : group.members()) {
        if (!member.awaiting_sync) continue;
        step.answer(*member.awaiting_sync, synced(group, member));
        member.awaiting_sync.reset();
        renew_session(step, group, member);
    }
}

void GroupCoordinator::refuse_syncs(Step& step, ClassicGroup& group, ErrorCode error) {
    for (auto& [id, member] : group.members()) {
        member.assignment = {};
        if (!member.awaiting_sync) continue;
        step.answer(*member.awaiting_sync, SyncGroupResponse{.error_code = error});
        member.awaiting_sync.reset();
        renew_session(step, group, member);
    }
}

// Heartbeat. --------------------------------------------------------------------------------------

void GroupCoordinator::on(Step& step, RequestId id, const Heartbeat& heartbeat) {
    const auto& request = heartbeat.request;
    const auto answer = [&](ErrorCode error) {
        step.answer(id, HeartbeatResponse{.error_code = error});
    };
    if (request.group_id.empty()) return answer(ErrorCode::invalid_group_id);
    if (const ConsumerGroup* consumer = image_.find_consumer_group(request.group_id)) {
        return answer(beat_in_consumer_group(step, request, *consumer));
    }
    const ClassicGroup* group = find(request.group_id);
    if (group == nullptr) return answer(ErrorCode::unknown_member_id);
    const ErrorCode error = group->check_member(request.member_id, request.group_instance_id);
    if (error != ErrorCode::none) return answer(error);
    if (request.generation_id != group->generation_id()) {
        return answer(ErrorCode::illegal_generation);
    }
    renew_session(step, *group, *group->find_member(request.member_id));
    answer(group->is_in(GroupState::preparing_rebalance) ? ErrorCode::rebalance_in_progress
                                                         : ErrorCode::none);
}

// LeaveGroup. -------------------------------------------------------------------------------------

void GroupCoordinator::on(Step& step, RequestId id, const LeaveGroup& leave_group) {
    const auto& request = leave_group.request;
    if (const ConsumerGroup* consumer = image_.find_consumer_group(request.group_id)) {
        return step.answer(id, leave_as_classic(step, request, *consumer));
    }
    LeaveGroupResponse response;
    ClassicGroup* group = find(request.group_id);
    if (request.group_id.empty() || group == nullptr) {
        response.error_code =
            request.group_id.empty() ? ErrorCode::invalid_group_id : ErrorCode::unknown_member_id;
        return step.answer(id, std::move(response));
    }
    bool has_left = false;
    for (const auto& leaver : request.members) {
        const ErrorCode error = leave(step, *group, leaver);
        has_left = has_left || error == ErrorCode::none;
        response.members.push_back({.member_id = leaver.member_id,
                                    .group_instance_id = leaver.group_instance_id,
                                    .error_code = error});
    }
    step.answer(id, std::move(response));
    if (has_left) members_left(step, *group);
    group->check_invariants();
}

ErrorCode GroupCoordinator::leave(Step& step, ClassicGroup& group,
                                  const LeaveGroupRequest::Member& leaver) {
    if (leaver.member_id.empty()) {
        // An administrator removes a static member, whatever its member id is.
        const std::string* member_id =
            leaver.group_instance_id ? group.find_static(*leaver.group_instance_id) : nullptr;
        if (member_id == nullptr) return ErrorCode::unknown_member_id;
        remove_member(step, group, std::string(*member_id));
        return ErrorCode::none;
    }
    if (group.is_pending_member(leaver.member_id)) {
        remove_member(step, group, leaver.member_id);
        return ErrorCode::none;
    }
    const ErrorCode error = group.check_member(leaver.member_id, leaver.group_instance_id);
    if (error == ErrorCode::none) remove_member(step, group, leaver.member_id);
    return error;
}

}  // namespace gregor::coordinator
