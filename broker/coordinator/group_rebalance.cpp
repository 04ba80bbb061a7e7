// GroupCoordinator: from one generation of a group to the next.
//
//     rebalance ──> prepare_rebalance ──┬─ first members: wait for more, then join_time_is_up
//                        all have joined└─ else: when all have joined, or join_time_is_up
//                   complete_join ──> the members are told; the leader assigns (group_sync.cpp)
#include <algorithm>

#include "broker/coordinator/group_coordinator.h"
#include "sim/base/check.h"
#include "sim/base/planted.h"
#include "sim/base/probe.h"

namespace gregor::coordinator {

using protocol::ErrorCode;
using protocol::JoinGroupResponse;

namespace {

/// Whatever the members say their rebalance timeout is, nobody looks for them more often.
constexpr std::int32_t kShortestJoinPhaseMs = 1'000;

}  // namespace

void GroupCoordinator::rebalance(Step& step, ClassicGroup& group) {
    if (group.is_in(GroupState::preparing_rebalance)) return complete_join_if_ready(step, group);
    prepare_rebalance(step, group);
}

void GroupCoordinator::prepare_rebalance(Step& step, ClassicGroup& group) {
    if (group.is_in(GroupState::completing_rebalance)) {
        refuse_syncs(step, group, ErrorCode::rebalance_in_progress);
    }
    timers_.cancel({TimerKind::sync, group.group_id(), ""});
    const bool is_first = group.is_in(GroupState::empty);
    group.transition_to(GroupState::preparing_rebalance, step.context.wall_ms);
    const TimerKey join_timer{TimerKind::join, group.group_id(), ""};
    if (is_first) {
        // More members are likely to come: one rebalance for all (KIP-134).
        group.newcomer = false;
        group.initial_delay_left_ms =
            std::max(group.rebalance_timeout_ms() - config_.initial_rebalance_delay_ms, 0);
        timers_.set(join_timer, step.context.now_ms + config_.initial_rebalance_delay_ms);
        return;
    }
    timers_.set(join_timer, step.context.now_ms + group.rebalance_timeout_ms());
    complete_join_if_ready(step, group);
}

void GroupCoordinator::complete_join_if_ready(Step& step, ClassicGroup& group) {
    if (!group.is_in(GroupState::preparing_rebalance)) return;
    // The first rebalance waits for its delay.
    if (group.previous_state() == GroupState::empty) return;
    if (group.have_all_joined()) complete_join(step, group);
}

void GroupCoordinator::join_time_is_up(Step& step, ClassicGroup& group) {
    if (!group.is_in(GroupState::preparing_rebalance)) return;
    const bool may_wait_on = group.previous_state() == GroupState::empty && group.newcomer &&
                             group.initial_delay_left_ms > 0;
    if (!may_wait_on) return complete_join(step, group);
    PROBE("a first rebalance waited on for newcomers");
    group.newcomer = false;
    const std::int32_t delay =
        std::min(config_.initial_rebalance_delay_ms, group.initial_delay_left_ms);
    group.initial_delay_left_ms -= delay;
    timers_.set({TimerKind::join, group.group_id(), ""}, step.context.now_ms + delay);
}

void GroupCoordinator::complete_join(Step& step, ClassicGroup& group) {
    timers_.cancel({TimerKind::join, group.group_id(), ""});
    std::vector<std::string> missing;
    for (const auto& [id, member] : group.members()) {
        // A static member keeps its place for as long as its session lasts.
        if (!member.awaiting_join && !member.is_static()) missing.push_back(id);
    }
    for (const std::string& id : missing) remove_member(step, group, id);
    if (!group.elect_joined_leader() && !group.members().empty()) {
        PROBE("a rebalance found only static members that have not come back");
        timers_.set(
            {TimerKind::join, group.group_id(), ""},
            step.context.now_ms + std::max(group.rebalance_timeout_ms(), kShortestJoinPhaseMs));
        return;
    }
    group.begin_generation(step.context.wall_ms);
    if (group.is_in(GroupState::empty)) return write_group(step, group, {});
    for (auto& [id, member] : group.members()) {
        if (member.awaiting_join) step.answer(*member.awaiting_join, joined(group, member));
        member.awaiting_join.reset();
        member.is_new = false;
        renew_session(step, group, member);
    }
    group.await_sync_of_all();
    if (PLANTED(b36_stuck_completing_rebalance)) return;
    timers_.set({TimerKind::sync, group.group_id(), ""},
                step.context.now_ms + group.rebalance_timeout_ms());
}

/// Members that were told of the generation and never asked for their assignment (KAFKA-12890).
void GroupCoordinator::sync_time_is_up(Step& step, ClassicGroup& group) {
    const bool has_generation =
        group.is_in(GroupState::completing_rebalance) || group.is_in(GroupState::stable);
    if (!has_generation || group.pending_sync().empty()) return;
    PROBE("members that never sent SyncGroup were removed");
    const std::set<std::string> late = group.pending_sync();
    for (const std::string& id : late) remove_member(step, group, id);
    prepare_rebalance(step, group);
}

void GroupCoordinator::session_is_over(Step& step, ClassicGroup& group,
                                       const std::string& member_id) {
    if (group.is_pending_member(member_id)) {
        group.remove_pending(member_id);
        return complete_join_if_ready(step, group);
    }
    const ClassicMember* member = group.find_member(member_id);
    if (member == nullptr) return;
    // Who waits for an answer cannot send heartbeats; its session begins anew with the answer.
    const bool waits = member->awaiting_join || member->awaiting_sync;
    if (waits && !member->is_new) return;
    PROBE("a member's session timed out");
    remove_member(step, group, member_id);
    members_left(step, group);
}

void GroupCoordinator::remove_member(Step& step, ClassicGroup& group,
                                     const std::string& member_id) {
    timers_.cancel({TimerKind::session, group.group_id(), member_id});
    if (const ClassicMember* member = group.find_member(member_id)) {
        if (member->awaiting_join) {
            JoinGroupResponse response;
            response.error_code = ErrorCode::unknown_member_id;
            response.protocol_name.reset();
            step.answer(*member->awaiting_join, std::move(response));
        }
        if (member->awaiting_sync) {
            step.answer(*member->awaiting_sync,
                        protocol::SyncGroupResponse{.error_code = ErrorCode::unknown_member_id});
        }
    }
    group.remove(member_id);
}

/// The others share out what was theirs.
void GroupCoordinator::members_left(Step& step, ClassicGroup& group) {
    switch (group.state()) {
        case GroupState::empty: return;
        case GroupState::preparing_rebalance: return complete_join_if_ready(step, group);
        case GroupState::completing_rebalance:
        case GroupState::stable: return prepare_rebalance(step, group);
    }
}

void GroupCoordinator::renew_session(Step& step, const ClassicGroup& group,
                                     const ClassicMember& member) {
    timers_.set({TimerKind::session, group.group_id(), member.member_id},
                step.context.now_ms + member.session_timeout_ms);
}

/// The leader is told of all members.
JoinGroupResponse GroupCoordinator::joined(const ClassicGroup& group,
                                           const ClassicMember& member) const {
    JoinGroupResponse response;
    response.generation_id = group.generation_id();
    response.protocol_type = group.protocol_type();
    response.protocol_name = group.protocol();
    response.leader = group.leader().value_or("");
    response.member_id = member.member_id;
    if (!group.is_leader(member.member_id)) return response;
    for (const auto& [id, each] : group.members()) {
        response.members.push_back({.member_id = id,
                                    .group_instance_id = each.group_instance_id,
                                    .metadata = each.metadata(group.protocol().value_or(""))});
    }
    return response;
}

void GroupCoordinator::write_group(Step& step, const ClassicGroup& group,
                                   const std::map<std::string, Bytes>& assignments) {
    step.write(GroupMetadataRecord{.key = {.group = group.group_id()},
                                   .value = group.to_value(assignments)});
}

}  // namespace gregor::coordinator
