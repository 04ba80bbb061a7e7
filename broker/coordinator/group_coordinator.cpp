#include "broker/coordinator/group_coordinator.h"

#include <algorithm>

#include "sim/base/check.h"
#include "sim/base/planted.h"
#include "sim/base/probe.h"

namespace gregor::coordinator {

static_assert(CoordinatorMachine<GroupCoordinator>);

using protocol::ErrorCode;

Result<void, std::string> GroupCoordinator::apply(const RecordOrigin& origin,
                                                  const CoordinatorRecord& record) {
    const GroupRecord decoded = TRY(decode_group_record(record));
    image_.apply(origin, decoded);
    if (is_loaded_) follow(decoded);
    return {};
}

/// What runs follows where a record makes or ends a group or a member.
void GroupCoordinator::follow(const GroupRecord& record) {
    if (const auto* offset = std::get_if<OffsetCommitRecord>(&record)) {
        const std::string& group_id = offset->key.group;
        if (!offset->value || image_.find_consumer_group(group_id) != nullptr) return;
        groups_.try_emplace(group_id, group_id, offset->value->commit_timestamp);
    } else if (const auto* group = std::get_if<GroupMetadataRecord>(&record)) {
        const auto running = groups_.find(group->key.group);
        const bool is_new =
            group->value && (running == groups_.end() ||
                             running->second.generation_id() < group->value->generation);
        if (is_new) {
            // A consumer group has become classic: what runs never is behind what is written of it.
            groups_.insert_or_assign(group->key.group,
                                     ClassicGroup(group->key.group, *group->value));
        } else if (!group->value && running != groups_.end()) {
            forget(running->second);
            groups_.erase(running);
        }
    } else if (const auto* member = std::get_if<ConsumerGroupMemberMetadataRecord>(&record)) {
        const std::string& group_id = member->key.group_id;
        if (!member->value) return forget_consumer(group_id, member->key.member_id);
        // The first of a new group: the classic one of its id gave way.
        const auto classic = groups_.find(group_id);
        if (classic == groups_.end()) return;
        forget(classic->second);
        groups_.erase(classic);
    } else if (const auto* current =
                   std::get_if<ConsumerGroupCurrentMemberAssignmentRecord>(&record)) {
        const auto& [group_id, member_id] = std::tie(current->key.group_id, current->key.member_id);
        const ConsumerGroup* consumer = image_.find_consumer_group(group_id);
        const ConsumerMember* known =
            consumer == nullptr ? nullptr : consumer->find_member(member_id);
        if (known != nullptr && known->holds_others_up()) return;
        timers_.cancel({TimerKind::revocation, group_id, member_id});
    } else if (const auto* epoch = std::get_if<ConsumerGroupMetadataRecord>(&record)) {
        if (epoch->value) return;
        const std::string& group_id = epoch->key.group_id;
        seen_images_.erase(group_id);
        // Its offsets stay, as those of a group that has nothing else.
        const bool has_offsets =
            !image_.offsets_of(group_id).empty() || image_.has_pending(group_id);
        if (has_offsets && image_.find_group(group_id) == nullptr)
            groups_.try_emplace(group_id, group_id, 0);
    }
}

void GroupCoordinator::end_transaction(protocol::ProducerId producer_id, bool is_commit) {
    image_.end_transaction(producer_id, is_commit);
}

void GroupCoordinator::loaded(const CoordinatorContext& context) {
    is_loaded_ = true;
    Step step{.context = context, .outcome = {}};
    for (const auto& [group_id, value] : image_.groups()) {
        ClassicGroup& group = groups_.try_emplace(group_id, group_id, value).first->second;
        if (!PLANTED(classic_sessions_not_loaded)) {
            for (const auto& [id, member] : group.members()) renew_session(step, group, member);
        }
        if (value.leader || group.members().empty()) continue;
        // It was a consumer group, and nobody has shared out yet what its leavers had.
        PROBE("a group that had become classic rebalances with its next coordinator");
        prepare_rebalance(step, group);
    }
    const auto make_simple = [&](const std::string& group_id) {
        if (image_.find_consumer_group(group_id) != nullptr) return;
        groups_.try_emplace(group_id, group_id, context.wall_ms);
    };
    for (const auto& [group_id, offsets] : image_.offsets()) make_simple(group_id);
    for (const auto& [producer_id, groups] : image_.pending()) {
        for (const auto& [group_id, offsets] : groups) make_simple(group_id);
    }
    load_consumer_groups(step);
    timers_.set({TimerKind::cleanup, "", ""}, context.now_ms);
    check_invariants();
}

Outcome<GroupResponse> GroupCoordinator::handle(const CoordinatorContext& context, RequestId id,
                                                const Request& request) {
    CHECK(is_loaded_);
    Step step{.context = context, .outcome = {}};
    std::visit([&](const auto& each) { on(step, id, each); }, request);
    return std::move(step.outcome);
}

Outcome<GroupResponse> GroupCoordinator::tick(const CoordinatorContext& context) {
    Step step{.context = context, .outcome = {}};
    // One at a time: what follows from it is written before the next is looked at.
    if (const auto due = timers_.take_due(context.now_ms)) take(step, *due);
    return std::move(step.outcome);
}

void GroupCoordinator::take(Step& step, const TimerKey& due) {
    const auto& [kind, group_id, member_id] = due;
    if (kind == TimerKind::cleanup) return clean_up(step);
    const bool is_of_consumer = kind == TimerKind::consumer_session ||
                                kind == TimerKind::revocation || kind == TimerKind::consumer_join ||
                                kind == TimerKind::consumer_sync;
    if (is_of_consumer) return consumer_time_is_up(step, due);
    ClassicGroup* group = find(group_id);
    if (group == nullptr) return;
    switch (kind) {
        case TimerKind::session: session_is_over(step, *group, member_id); break;
        case TimerKind::join: join_time_is_up(step, *group); break;
        case TimerKind::sync: sync_time_is_up(step, *group); break;
        case TimerKind::cleanup:
        case TimerKind::consumer_session:
        case TimerKind::revocation:
        case TimerKind::consumer_join:
        case TimerKind::consumer_sync: UNREACHABLE();
    }
    group->check_invariants();
}

Outcome<GroupResponse> GroupCoordinator::append_done(const CoordinatorContext& context,
                                                     AppendId append, ErrorCode error) {
    Step step{.context = context, .outcome = {}};
    const auto done = storing_.extract(append);
    CHECK(!done.empty(), "append {} was not awaited", append);
    std::visit([&](const auto& each) { this->stored(step, each, error); }, done.mapped());
    return std::move(step.outcome);
}

void GroupCoordinator::stored(Step& step, const StoringAssignment& storing, ErrorCode error) {
    ClassicGroup* group = find(storing.group_id);
    // A newer rebalance may have begun: then these assignments are nobody's any more.
    if (group == nullptr || !group->is_in(GroupState::completing_rebalance) ||
        group->generation_id() != storing.generation_id) {
        return;
    }
    if (error != ErrorCode::none) {
        const bool is_too_large = error == ErrorCode::message_too_large;
        refuse_syncs(step, *group, is_too_large ? ErrorCode::unknown_server_error : error);
        rebalance(step, *group);
    } else {
        for (auto& [id, member] : group->members()) {
            const auto it = storing.assignments.find(id);
            member.assignment = it == storing.assignments.end() ? Bytes() : it->second;
        }
        hand_out_assignments(step, *group);
        group->transition_to(GroupState::stable, step.context.wall_ms);
    }
    group->check_invariants();
}

/// Where it is not in the log the member is who it was: nobody was told of another id.
void GroupCoordinator::stored(Step& step, const StoringStaticMember& storing, ErrorCode error) {
    if (error == ErrorCode::none) return;
    const auto* written = image_.find_group(storing.group_id);
    const bool is_in_log =
        written != nullptr && std::ranges::any_of(written->members, [&](const auto& member) {
            return member.member_id == storing.new_id;
        });
    ClassicGroup* group = find(storing.group_id);
    if (is_in_log || group == nullptr || group->find_member(storing.new_id) == nullptr) return;
    PROBE("a static member's new id could not be stored");
    timers_.cancel({TimerKind::session, storing.group_id, storing.new_id});
    ClassicMember& member = group->replace_static(storing.new_id, storing.old_member.member_id);
    member = storing.old_member;
    renew_session(step, *group, member);
    group->check_invariants();
}

/// Of what would be due for it.
void GroupCoordinator::forget(const ClassicGroup& group) {
    timers_.cancel({TimerKind::join, group.group_id(), ""});
    timers_.cancel({TimerKind::sync, group.group_id(), ""});
    for (const auto& [id, member] : group.members()) {
        timers_.cancel({TimerKind::session, group.group_id(), id});
    }
    for (const std::string& id : group.pending_members()) {
        timers_.cancel({TimerKind::session, group.group_id(), id});
    }
}

/// The consumer group that was in the way is gone.
void GroupCoordinator::stored(Step& step, const StoringEnd& storing, ErrorCode error) {
    if (error == ErrorCode::none) return on(step, storing.request, storing.join);
    step.answer(storing.request, refuse_join(storing.join.request.member_id, error));
}

ClassicGroup* GroupCoordinator::find(const std::string& group_id) {
    const auto it = groups_.find(group_id);
    return it == groups_.end() ? nullptr : &it->second;
}

const ClassicGroup* GroupCoordinator::find(const std::string& group_id) const {
    const auto it = groups_.find(group_id);
    return it == groups_.end() ? nullptr : &it->second;
}

bool GroupCoordinator::is_becoming_classic(const std::string& group_id) const {
    return std::ranges::any_of(storing_, [&](const auto& storing) {
        const auto* downgrade = std::get_if<StoringDowngrade>(&storing.second);
        return downgrade != nullptr && downgrade->group_id == group_id;
    });
}

void GroupCoordinator::check_invariants() const {
    for (const auto& [id, group] : groups_) {
        CHECK(id == group.group_id());
        group.check_invariants();
        const auto* written = image_.find_group(id);
        CHECK(written == nullptr || written->generation <= group.generation_id(),
              "{} runs in generation {} below {}, which is written", id, group.generation_id(),
              written->generation);
    }
    for (const auto& [id, value] : image_.groups()) {
        CHECK(groups_.contains(id), "{} is written and does not run", id);
    }
    for (const auto& [id, group] : image_.consumer_groups()) {
        CHECK(!groups_.contains(id), "{} is a classic and a consumer group", id);
        group.check_invariants(id);
    }
}

}  // namespace gregor::coordinator
