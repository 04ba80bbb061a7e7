#include "scenarios/observers/group_timers.h"

#include <algorithm>
#include <charconv>

namespace gregor::scenarios {

using coordinator::ClassicGroup;
using coordinator::ClassicMember;
using coordinator::ConsumerGroup;
using coordinator::ConsumerMember;
using coordinator::GroupState;

namespace {

/// Who could not be put out, as nothing could be written, is tried again after this.
constexpr std::int64_t kRetryMs = 1'000;

std::string_view name_of(coordinator::GroupCoordinator::TimerKind kind) {
    using enum coordinator::GroupCoordinator::TimerKind;
    switch (kind) {
        case session:
        case consumer_session: return "the session";
        case join: return "who is to join";
        case sync: return "who is to ask for its assignment";
        case revocation: return "what is to be given up";
        case consumer_join: return "the JoinGroup";
        case consumer_sync: return "the SyncGroup";
        case cleanup: return "the cleanup";
    }
    return "";
}

std::int64_t session_timeout_ms(const metadata::MetadataImage& image, const std::string& group_id,
                                std::int64_t otherwise) {
    const auto& settings = image.configs_of({metadata::ConfigResourceType::group, group_id});
    const auto it = settings.find("consumer.session.timeout.ms");
    std::int64_t value = otherwise;
    if (it != settings.end()) {
        std::from_chars(it->second.data(), it->second.data() + it->second.size(), value);
    }
    return std::max(value, otherwise);
}

}  // namespace

void GroupTimers::look_at(const Shard& shard, std::int64_t now_ms, const Coordinator& coordinator,
                          const metadata::MetadataImage& image) {
    const Looking at{shard, now_ms, coordinator, image};
    for (const auto& [group_id, group] : coordinator.groups()) {
        // Its sessions begin when that is known.
        if (!coordinator.is_becoming_classic(group_id)) look_at(at, group);
    }
    for (const auto& [group_id, group] : coordinator.image().consumer_groups()) {
        look_at(at, group_id, group);
    }
}

void GroupTimers::look_at(const Looking& at, const ClassicGroup& group) {
    const std::string& group_id = group.group_id();
    const auto& config = at.coordinator.config();
    const std::int64_t rebalance_ms =
        longest(Kind::join, group_id,
                std::max({group.rebalance_timeout_ms(), config.initial_rebalance_delay_ms,
                          static_cast<std::int32_t>(kRetryMs)}));
    for (const auto& [id, member] : group.members()) {
        const bool waits = member.awaiting_join || member.awaiting_sync;
        if (waits && !member.is_new) continue;
        std::int64_t within_ms = member.session_timeout_ms;
        if (member.is_new) {
            within_ms = std::max<std::int64_t>(within_ms, config.new_member_join_timeout_ms);
        }
        expect(at, Kind::session, group_id, id, within_ms);
    }
    for (const std::string& id : group.pending_members()) {
        expect(at, Kind::session, group_id, id, config.max_session_timeout_ms);
    }
    if (group.is_in(GroupState::preparing_rebalance)) {
        expect(at, Kind::join, group_id, "", rebalance_ms);
    } else if (!group.pending_sync().empty()) {
        expect(at, Kind::sync, group_id, "", rebalance_ms);
    }
}

void GroupTimers::look_at(const Looking& at, const std::string& group_id,
                          const ConsumerGroup& group) {
    const std::int64_t session_ms =
        longest(Kind::consumer_session, group_id,
                session_timeout_ms(at.image, group_id,
                                   at.coordinator.config().consumer.session_timeout_ms));
    for (const auto& [id, member] : group.members()) {
        const auto& classic = member.subscription.classic_member_metadata;
        const std::int64_t classic_ms = classic ? classic->session_timeout_ms : 0;
        expect(at, Kind::consumer_session, group_id, id,
               longest(Kind::session, group_id, std::max(classic_ms, session_ms)));
        if (member.holds_others_up() && !member.is_classic()) {
            look_at_revocation(at, group_id, member);
        }
    }
}

void GroupTimers::look_at_revocation(const Looking& at, const std::string& group_id,
                                     const ConsumerMember& member) {
    const std::int64_t within_ms =
        longest(Kind::revocation, group_id, member.subscription.rebalance_timeout_ms);
    const auto deadline_ms = expect(at, Kind::revocation, group_id, member.member_id, within_ms);
    if (!deadline_ms) return;
    const Owing owing{at.shard, group_id, member.member_id, member.member_epoch,
                      member.pending_revocation};
    const auto before = owed_before_.find(owing);
    const bool is_known = before != owed_before_.end();
    const std::int64_t first_ms = is_known ? before->second.first_ms : *deadline_ms;
    const bool is_later = *deadline_ms > std::max(first_ms, at.now_ms + kRetryMs);
    owed_.emplace(owing, Deadline{first_ms, is_later});
    judge_.compared();
    // For a moment it may be that of what the member has to give up next, which is being written.
    if (is_later && is_known && before->second.is_later) {
        judge_.violated("V6", "n{} gives {} of {} {} ms more to give up what it has yet to",
                        at.shard.node, member.member_id, group_id, *deadline_ms - first_ms);
    }
}

std::optional<std::int64_t> GroupTimers::expect(const Looking& at, Kind kind,
                                                const std::string& group_id,
                                                const std::string& member_id,
                                                std::int64_t within_ms) {
    judge_.compared();
    const auto deadline_ms = at.coordinator.deadline_ms(kind, group_id, member_id);
    if (!deadline_ms) {
        judge_.violated("V6", "n{} sets no limit to {} of {} {}", at.shard.node, name_of(kind),
                        group_id, member_id);
    } else if (*deadline_ms > at.now_ms + within_ms) {
        judge_.violated("V6", "n{} leaves {} of {} {} {} ms, {} were agreed", at.shard.node,
                        name_of(kind), group_id, member_id, *deadline_ms - at.now_ms, within_ms);
    }
    return deadline_ms;
}

std::int64_t GroupTimers::longest(Kind kind, const std::string& group_id, std::int64_t within_ms) {
    std::int64_t& longest = longest_[{kind, group_id}];
    longest = std::max(longest, within_ms);
    return longest;
}

}  // namespace gregor::scenarios
