// GroupCoordinator: JoinGroup (KIP-345 static members, KIP-394 member ids, KIP-814 skipAssignment).
#include <algorithm>

#include "broker/coordinator/group_coordinator.h"
#include "sim/base/check.h"
#include "sim/base/planted.h"
#include "sim/base/probe.h"

namespace gregor::coordinator {

using protocol::ErrorCode;
using protocol::JoinGroupResponse;

namespace {

constexpr std::int16_t kFirstWithRebalanceTimeout = 1;
constexpr std::int16_t kFirstThatNeedsMemberId = 4;
constexpr std::int16_t kFirstWithSkipAssignment = 9;

/// Records have room for 32767 bytes of each, and a member id is longer than what it is made of.
bool can_be_written(const protocol::JoinGroupRequest& request) {
    constexpr std::size_t kMaxBytes = 32'000;
    return request.group_id.size() <= kMaxBytes && request.protocol_type.size() <= kMaxBytes &&
           request.group_instance_id.value_or("").size() <= kMaxBytes &&
           std::ranges::all_of(request.protocols,
                               [](const auto& each) { return each.name.size() <= kMaxBytes; });
}

}  // namespace

JoinGroupResponse GroupCoordinator::refuse_join(const std::string& member_id, ErrorCode error) {
    JoinGroupResponse response;
    response.error_code = error;
    response.member_id = member_id;
    response.protocol_name.reset();
    return response;
}

void GroupCoordinator::on(Step& step, RequestId id, const JoinGroup& join) {
    const auto& request = join.request;
    const auto refuse = [&](ErrorCode error) {
        step.answer(id, refuse_join(request.member_id, error));
    };
    if (request.group_id.empty()) return refuse(ErrorCode::invalid_group_id);
    if (request.session_timeout_ms < config_.min_session_timeout_ms ||
        request.session_timeout_ms > config_.max_session_timeout_ms) {
        return refuse(ErrorCode::invalid_session_timeout);
    }
    if (!can_be_written(request)) return refuse(ErrorCode::invalid_request);
    const bool is_new_member = request.member_id.empty();
    if (const ConsumerGroup* consumer = image_.find_consumer_group(request.group_id)) {
        if (!consumer->members().empty()) {
            return join_consumer_group(step, id, join, *consumer);
        }
        if (!is_new_member) return refuse(ErrorCode::unknown_member_id);
        // Nobody is in it: it gives way to a classic group, which begins when that is written.
        write_end(step, request.group_id);
        step.outcome.append = next_append_++;
        storing_.emplace(*step.outcome.append, StoringEnd{.request = id, .join = join});
        return;
    }
    ClassicGroup* group = find(request.group_id);
    const bool is_new_group = group == nullptr;
    if (is_new_group) {
        if (!is_new_member) return refuse(ErrorCode::unknown_member_id);
        group = &groups_.try_emplace(request.group_id, request.group_id, step.context.wall_ms)
                     .first->second;
    }
    if (!has_room(*group, request.member_id)) {
        if (group->find_member(request.member_id) != nullptr) {
            remove_member(step, *group, request.member_id);
            members_left(step, *group);
        }
        step.answer(id, refuse_join("", ErrorCode::group_max_size_reached));
    } else if (!group->accepts_protocols(request.protocol_type, request.protocols)) {
        refuse(ErrorCode::inconsistent_group_protocol);
        if (is_new_group) return static_cast<void>(groups_.erase(request.group_id));
    } else if (is_new_member) {
        join_as_new(step, id, join, *group);
    } else {
        join_again(step, id, join, *group);
    }
    // A new group is written down at once: another coordinator knows it too, and it is cleaned up.
    if (is_new_group && step.outcome.records.empty()) {
        step.write(GroupMetadataRecord{.key = {.group = request.group_id},
                                       .value = protocol::GroupMetadataValue{
                                           .protocol = std::nullopt,
                                           .leader = std::nullopt,
                                           .current_state_timestamp = step.context.wall_ms}});
    }
    group->check_invariants();
}

void GroupCoordinator::join_as_new(Step& step, RequestId id, const JoinGroup& join,
                                   ClassicGroup& group) {
    const auto& instance_id = join.request.group_instance_id;
    if (instance_id) {
        const std::string* old_id = group.find_static(*instance_id);
        if (old_id != nullptr) return join_as_static(step, id, join, group, std::string(*old_id));
        return add_member(step, id, join, group, new_member_id(join));
    }
    const std::string member_id = new_member_id(join);
    if (join.version < kFirstThatNeedsMemberId) return add_member(step, id, join, group, member_id);
    // Only who comes back with the id becomes a member: one that lost the answer leaves no trace.
    group.add_pending(member_id);
    timers_.set({TimerKind::session, group.group_id(), member_id},
                step.context.now_ms + join.request.session_timeout_ms);
    step.answer(id, refuse_join(member_id, ErrorCode::member_id_required));
}

void GroupCoordinator::join_again(Step& step, RequestId id, const JoinGroup& join,
                                  ClassicGroup& group) {
    const std::string& member_id = join.request.member_id;
    if (group.is_pending_member(member_id)) return add_member(step, id, join, group, member_id);
    const ErrorCode error = group.check_member(member_id, join.request.group_instance_id);
    if (error != ErrorCode::none) return step.answer(id, refuse_join(member_id, error));
    ClassicMember& member = *group.find_member(member_id);
    const bool is_unchanged = member.matches(join.request.protocols);
    switch (group.state()) {
        case GroupState::empty: UNREACHABLE("an empty group has a member");
        case GroupState::preparing_rebalance: break;
        case GroupState::completing_rebalance:
            // It may have lost the answer to its first JoinGroup.
            if (is_unchanged) return step.answer(id, joined(group, member));
            break;
        case GroupState::stable:
            // A leader that joins again asks for a rebalance: the topics may have changed.
            if (is_unchanged && !group.is_leader(member_id)) {
                return step.answer(id, joined(group, member));
            }
            break;
    }
    update_member(step, id, join, group, member);
}

/// A static member comes back under a new id; whoever still has the old one is fenced (KIP-345).
void GroupCoordinator::join_as_static(Step& step, RequestId id, const JoinGroup& join,
                                      ClassicGroup& group, const std::string& old_id) {
    if (PLANTED(b34_static_member_id_not_replaced) && !group.is_in(GroupState::stable)) {
        return add_member(step, id, join, group, new_member_id(join));
    }
    PROBE("a static member came back under a new id");
    const std::string old_leader = group.leader().value_or("");
    const ClassicMember& fenced = *group.find_member(old_id);
    if (fenced.awaiting_join) {
        step.answer(*fenced.awaiting_join, refuse_join(old_id, ErrorCode::fenced_instance_id));
    }
    if (fenced.awaiting_sync) {
        step.answer(*fenced.awaiting_sync,
                    protocol::SyncGroupResponse{.error_code = ErrorCode::fenced_instance_id});
    }
    ClassicMember old_member = fenced;
    old_member.awaiting_join.reset();
    old_member.awaiting_sync.reset();
    timers_.cancel({TimerKind::session, group.group_id(), old_id});
    ClassicMember& member = group.replace_static(old_id, new_member_id(join));
    member.client_id = join.client_id;
    member.client_host = join.client_host;
    take_protocols(step, id, join, member);
    renew_session(step, group, member);
    if (!group.is_in(GroupState::stable) || group.protocol() != group.select_protocol()) {
        return rebalance(step, group);
    }
    // Nothing changes for the others: it goes on with the assignment that it had.
    member.awaiting_join.reset();
    JoinGroupResponse response = joined(group, member);
    const bool may_skip = join.version >= kFirstWithSkipAssignment;
    if (may_skip) {
        response.skip_assignment = group.is_leader(member.member_id);
    } else {
        // An old client that is told that it leads would assign anew.
        response.leader = old_leader;
        response.members.clear();
    }
    write_group(step, group, group.assignments());
    step.outcome.append = next_append_++;
    storing_.emplace(*step.outcome.append,
                     StoringStaticMember{.group_id = group.group_id(),
                                         .new_id = member.member_id,
                                         .old_member = std::move(old_member)});
    step.answer(id, std::move(response));
}

void GroupCoordinator::add_member(Step& step, RequestId id, const JoinGroup& join,
                                  ClassicGroup& group, const std::string& member_id) {
    if (group.is_in(GroupState::preparing_rebalance) &&
        group.previous_state() == GroupState::empty) {
        group.newcomer = true;
    }
    ClassicMember& member = group.add({.member_id = member_id,
                                       .group_instance_id = join.request.group_instance_id,
                                       .client_id = join.client_id,
                                       .client_host = join.client_host,
                                       .protocols = {},
                                       .assignment = {},
                                       .is_new = true},
                                      join.request.protocol_type);
    take_protocols(step, id, join, member);
    // Without an answer it can send no heartbeats, whatever its session timeout is.
    timers_.set({TimerKind::session, group.group_id(), member_id},
                step.context.now_ms + config_.new_member_join_timeout_ms);
    rebalance(step, group);
}

void GroupCoordinator::update_member(Step& step, RequestId id, const JoinGroup& join,
                                     ClassicGroup& group, ClassicMember& member) {
    take_protocols(step, id, join, member);
    rebalance(step, group);
}

/// From now on the member waits for the next generation.
void GroupCoordinator::take_protocols(Step& step, RequestId id, const JoinGroup& join,
                                      ClassicMember& member) {
    const auto& request = join.request;
    member.protocols = request.protocols;
    member.session_timeout_ms = request.session_timeout_ms;
    member.rebalance_timeout_ms = join.version >= kFirstWithRebalanceTimeout
                                      ? request.rebalance_timeout_ms
                                      : request.session_timeout_ms;
    if (member.awaiting_join) {
        PROBE("a member joined again before its JoinGroup was answered");
        step.answer(*member.awaiting_join,
                    refuse_join(member.member_id, ErrorCode::rebalance_in_progress));
    }
    member.awaiting_join = id;
}

/// While a rebalance is prepared members that have not come back may yet go: those that have count.
bool GroupCoordinator::has_room(const ClassicGroup& group, const std::string& member_id) const {
    const auto max_size = static_cast<std::size_t>(config_.max_size);
    const ClassicMember* member = group.find_member(member_id);
    switch (group.state()) {
        case GroupState::empty: return true;
        case GroupState::preparing_rebalance:
            return (member != nullptr && member->awaiting_join) ||
                   group.joining_members() < max_size;
        case GroupState::completing_rebalance:
        case GroupState::stable: return member != nullptr || group.members().size() < max_size;
    }
    UNREACHABLE();
}

/// The client's id, or the static member's, and a random uuid.
std::string GroupCoordinator::new_member_id(const JoinGroup& join) {
    const std::uint64_t high = random_.next();
    const std::uint64_t low = random_.next();
    constexpr std::uint64_t kVersion4 = 0x4000;
    constexpr std::uint64_t kVariant = 0x8000;
    return fmt::format("{}-{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
                       join.request.group_instance_id.value_or(join.client_id), high >> 32,
                       high >> 16 & 0xffff, (high & 0x0fff) | kVersion4,
                       (low >> 48 & 0x3fff) | kVariant, low & 0xffffffffffff);
}

}  // namespace gregor::coordinator
