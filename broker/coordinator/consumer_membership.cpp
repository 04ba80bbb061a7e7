// GroupCoordinator: members of consumer groups in time (KIP-848): their sessions, how long they may
// take to give partitions back, and how they go.
#include <charconv>

#include "broker/coordinator/group_coordinator.h"
#include "sim/base/planted.h"
#include "sim/base/probe.h"

namespace gregor::coordinator {

using protocol::ConsumerGroupHeartbeatRequest;
using protocol::ConsumerGroupHeartbeatResponse;
using protocol::ErrorCode;

namespace {

/// A member whose time is up goes then, where its end could not be written at once.
constexpr std::int64_t kRetryMs = 1'000;

/// A group's own setting, or what holds for all.
std::int32_t group_setting(const metadata::MetadataImage& image, const std::string& group_id,
                           const std::string& name, std::int32_t otherwise) {
    const auto& settings = image.configs_of({metadata::ConfigResourceType::group, group_id});
    const auto it = settings.find(name);
    if (it == settings.end()) return otherwise;
    std::int32_t value = otherwise;
    std::from_chars(it->second.data(), it->second.data() + it->second.size(), value);
    return value;
}

}  // namespace

// Leaving. ----------------------------------------------------------------------------------------

Result<ConsumerGroupHeartbeatResponse, GroupError> GroupCoordinator::leave_consumer_group(
    Step& step, const ConsumerGroupHeartbeatRequest& request) {
    GroupDraft draft = TRY(open_consumer_group(step, request));
    const ConsumerMember* member = request.instance_id
                                       ? draft.group().find_static(*request.instance_id)
                                       : draft.group().find_member(request.member_id);
    if (request.instance_id) {
        TRY(check_static(member, *request.instance_id, request.member_id));
    } else if (member == nullptr) {
        return fail(GroupError{ErrorCode::unknown_member_id,
                               fmt::format("Member {} is not a member of group {}.",
                                           request.member_id, request.group_id)});
    }
    if (request.member_epoch == kLeaveStaticEpoch) {
        // It will be back: nothing of its own goes to others before its session is over.
        ConsumerMember away = *member;
        away.member_epoch = kLeaveStaticEpoch;
        away.pending_revocation.clear();
        draft.set_current(away);
        step.take(draft);
    } else {
        remove_from(step, draft, {request.member_id});
    }
    ConsumerGroupHeartbeatResponse response;
    response.member_id = request.member_id;
    response.member_epoch = request.member_epoch;
    return response;
}

/// The others share out what was theirs when the next of them is heard; where only classic members
/// are left the group becomes classic.
void GroupCoordinator::remove_from(Step& step, GroupDraft& draft,
                                   const std::set<std::string>& member_ids) {
    if (may_downgrade(draft.group(), member_ids)) return downgrade(step, draft, member_ids);
    for (const std::string& member_id : member_ids) draft.remove(member_id);
    draft.renew_epoch(true, step.context.wall_ms);
    step.take(draft);
}

// Time. -------------------------------------------------------------------------------------------

/// The member was heard of; `before` is what it was until then.
void GroupCoordinator::keep_alive(Step& step, const std::string& group_id,
                                  const ConsumerMember& member, const ConsumerMember& before) {
    renew_consumer_session(step, group_id, member);
    if (!member.holds_others_up()) return;
    const TimerKey revocation{TimerKind::revocation, group_id, member.member_id};
    const bool is_anew = member.pending_revocation != before.pending_revocation ||
                         member.member_epoch != before.member_epoch;
    if (is_anew || !timers_.deadline(revocation)) expect_revocation(step, group_id, member);
}

void GroupCoordinator::renew_consumer_session(Step& step, const std::string& group_id,
                                              const ConsumerMember& member) {
    const std::int32_t timeout_ms =
        member.is_classic() ? member.subscription.classic_member_metadata->session_timeout_ms
                            : consumer_session_timeout_ms(step, group_id);
    timers_.set({TimerKind::consumer_session, group_id, member.member_id},
                step.context.now_ms + timeout_ms);
}

void GroupCoordinator::expect_revocation(Step& step, const std::string& group_id,
                                         const ConsumerMember& member) {
    timers_.set({TimerKind::revocation, group_id, member.member_id},
                step.context.now_ms + member.subscription.rebalance_timeout_ms);
}

void GroupCoordinator::load_consumer_groups(Step& step) {
    if (PLANTED(consumer_sessions_not_loaded)) return;
    for (const auto& [group_id, group] : image_.consumer_groups()) {
        for (const auto& [member_id, member] : group.members()) {
            renew_consumer_session(step, group_id, member);
            if (!member.holds_others_up() || member.is_classic()) continue;
            expect_revocation(step, group_id, member);
        }
    }
}

/// A session that is over, or something that took too long: the member is out.
void GroupCoordinator::consumer_time_is_up(Step& step, const TimerKey& due) {
    const auto& [kind, group_id, member_id] = due;
    const ConsumerGroup* group = image_.find_consumer_group(group_id);
    const ConsumerMember* member = group == nullptr ? nullptr : group->find_member(member_id);
    if (member == nullptr) return;
    const bool holds_others_up = member->holds_others_up() && !member->is_classic();
    if (kind == TimerKind::revocation && !holds_others_up) return;
    const bool is_of_classic = kind == TimerKind::consumer_join || kind == TimerKind::consumer_sync;
    if (is_of_classic && !member->is_classic()) return;
    PROBE("a member of a consumer group ran out of time");
    timers_.set(due, step.context.now_ms + kRetryMs);
    GroupDraft draft(group_id, group, *step.context.image);
    remove_from(step, draft, {member_id});
}

/// Once that is written.
void GroupCoordinator::forget_consumer(const std::string& group_id, const std::string& member_id) {
    timers_.cancel({TimerKind::consumer_session, group_id, member_id});
    timers_.cancel({TimerKind::revocation, group_id, member_id});
    timers_.cancel({TimerKind::consumer_join, group_id, member_id});
    timers_.cancel({TimerKind::consumer_sync, group_id, member_id});
}

std::int32_t GroupCoordinator::consumer_session_timeout_ms(const Step& step,
                                                           const std::string& group_id) const {
    return group_setting(*step.context.image, group_id, "consumer.session.timeout.ms",
                         config_.consumer.session_timeout_ms);
}

std::int32_t GroupCoordinator::consumer_heartbeat_interval_ms(const Step& step,
                                                              const std::string& group_id) const {
    return group_setting(*step.context.image, group_id, "consumer.heartbeat.interval.ms",
                         config_.consumer.heartbeat_interval_ms);
}

/// A random uuid's text, which no shell takes for an option.
std::string GroupCoordinator::new_consumer_member_id() {
    std::string text = "-";
    while (text.front() == '-') {
        protocol::Uuid id;
        for (std::size_t half : {std::size_t{0}, sizeof(std::uint64_t)}) {
            const std::uint64_t bits = random_.next();
            for (std::size_t i = 0; i < sizeof(bits); ++i) {
                id.bytes[half + i] = static_cast<std::uint8_t>(bits >> (8 * i));
            }
        }
        text = to_string(id);
    }
    return text;
}

}  // namespace gregor::coordinator
