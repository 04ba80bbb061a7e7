// GroupCoordinator: what is given up with time: offsets that nobody has used for
// offsets.retention.minutes (KIP-211), offsets of topics that are gone, groups that hold nothing
// more.
#include <set>

#include "broker/coordinator/group_coordinator.h"
#include "sim/base/probe.h"

namespace gregor::coordinator {

namespace {

/// Of one decision, so that it fits into a batch and holds nobody up.
constexpr std::size_t kMaxTombstones = 1000;
/// Then the rest follows; where nothing can be written it does not try without pause.
constexpr std::int64_t kPauseMs = 100;

}  // namespace

void GroupCoordinator::on(Step& step, RequestId id, const TopicsDeleted&) {
    timers_.set({TimerKind::cleanup, "", ""}, step.context.now_ms);
    step.answer(id, std::monostate());
}

void GroupCoordinator::clean_up(Step& step) {
    std::set<std::string> ids;
    for (auto it = groups_.lower_bound(clean_up_from_); it != groups_.end(); ++it) {
        ids.insert(it->first);
    }
    const auto& consumers = image_.consumer_groups();
    for (auto it = consumers.lower_bound(clean_up_from_); it != consumers.end(); ++it) {
        ids.insert(it->first);
    }
    auto next = ids.begin();
    while (next != ids.end() && clean_up_group(step, *next)) ++next;
    const bool is_done = next == ids.end();
    clean_up_from_ = is_done ? std::string() : *next;
    timers_.set({TimerKind::cleanup, "", ""},
                step.context.now_ms + (is_done ? config_.offsets_check_interval_ms : kPauseMs));
}

/// False: there is more of it than fits into this decision.
bool GroupCoordinator::clean_up_group(Step& step, const std::string& group_id) const {
    const auto is_full = [&] { return step.outcome.records.size() >= kMaxTombstones; };
    bool keeps_any = false;
    for (const auto& [key, offset] : image_.offsets_of(group_id)) {
        if (is_full()) return false;
        if (!has_expired(step, group_id, key, offset)) {
            keeps_any = true;
            continue;
        }
        PROBE("a committed offset expired");
        step.write(OffsetCommitRecord{
            .key = {.group = group_id, .topic = key.first, .partition = key.second},
            .value = std::nullopt});
    }
    if (is_full()) return false;
    if (!keeps_any && may_end(group_id)) write_end(step, group_id);
    return true;
}

/// Whether nobody is in it or on the way, once its offsets are gone.
bool GroupCoordinator::may_end(const std::string& group_id) const {
    if (image_.has_pending(group_id)) return false;
    const ConsumerGroup* consumer = image_.find_consumer_group(group_id);
    return consumer != nullptr ? consumer->members().empty() : is_over(groups_.at(group_id));
}

/// G3: no offset goes while its topic is there and its group might still use it.
bool GroupCoordinator::has_expired(const Step& step, const std::string& group_id,
                                   const OffsetKey& key, const CommittedOffset& offset) const {
    if (image_.is_pending(group_id, key)) return false;
    if (step.context.image->find_topic(key.first) == nullptr) return true;
    const auto since_ms = unused_since(group_id, key.first, offset.value.commit_timestamp);
    if (!since_ms) return false;
    if (offset.value.expire_timestamp != -1) {
        return step.context.wall_ms >= offset.value.expire_timestamp;
    }
    return step.context.wall_ms - *since_ms >= config_.offsets_retention_ms;
}

/// Wall clock ms from which on the group has not used the topic; nothing while it may.
std::optional<std::int64_t> GroupCoordinator::unused_since(const std::string& group_id,
                                                           const std::string& topic,
                                                           std::int64_t committed_ms) const {
    if (const ConsumerGroup* consumer = image_.find_consumer_group(group_id)) {
        return consumer->subscribes(topic) ? std::nullopt : std::optional(committed_ms);
    }
    const ClassicGroup& group = groups_.at(group_id);
    if (group.is_simple()) return committed_ms;
    if (group.is_in(GroupState::empty)) return group.state_timestamp_ms().value_or(committed_ms);
    const bool is_known_unused = group.is_in(GroupState::stable) &&
                                 group.uses_consumer_protocol() && group.subscribed_topics() &&
                                 !group.subscribes(topic);
    return is_known_unused ? std::optional(committed_ms) : std::nullopt;
}

}  // namespace gregor::coordinator
