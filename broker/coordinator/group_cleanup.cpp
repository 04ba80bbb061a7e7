// GroupCoordinator: what is given up with time: offsets that nobody has used for
// offsets.retention.minutes (KIP-211), offsets of topics that are gone, groups that hold nothing
// more.
#include "broker/coordinator/group_coordinator.h"
#include "sim/base/instrument.h"

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
    auto it = groups_.lower_bound(clean_up_from_);
    for (; it != groups_.end() && step.outcome.records.size() < kMaxTombstones; ++it) {
        const auto& [group_id, group] = *it;
        std::size_t kept = 0;
        for (const auto& [key, offset] : image_.offsets_of(group_id)) {
            if (step.outcome.records.size() >= kMaxTombstones ||
                !has_expired(step, group, key, offset)) {
                ++kept;
                continue;
            }
            PROBE("a committed offset expired");
            step.write(OffsetCommitRecord{
                .key = {.group = group_id, .topic = key.first, .partition = key.second},
                .value = std::nullopt});
        }
        const bool is_over = kept == 0 && group.is_in(GroupState::empty) &&
                             group.pending_members().empty() && !image_.has_pending(group_id);
        if (is_over) {
            step.write(GroupMetadataRecord{.key = {.group = group_id}, .value = std::nullopt});
        }
        if (kept > 0 && step.outcome.records.size() >= kMaxTombstones) break;
    }
    const bool is_done = it == groups_.end();
    clean_up_from_ = is_done ? std::string() : it->first;
    timers_.set({TimerKind::cleanup, "", ""},
                step.context.now_ms + (is_done ? config_.offsets_check_interval_ms : kPauseMs));
}

/// G3: no offset goes while its topic is there and its group might still use it.
bool GroupCoordinator::has_expired(const Step& step, const ClassicGroup& group,
                                   const OffsetKey& key, const CommittedOffset& offset) const {
    if (image_.is_pending(group.group_id(), key)) return false;
    if (step.context.image->find_topic(key.first) == nullptr) return true;
    std::int64_t since_ms = offset.value.commit_timestamp;
    if (!group.is_simple()) {
        const bool is_empty = group.is_in(GroupState::empty);
        const bool is_known_unused = group.is_in(GroupState::stable) &&
                                     group.uses_consumer_protocol() && group.subscribed_topics() &&
                                     !group.subscribes(key.first);
        if (!is_empty && !is_known_unused) return false;
        if (is_empty) since_ms = group.state_timestamp_ms().value_or(since_ms);
    }
    if (offset.value.expire_timestamp != -1) {
        return step.context.wall_ms >= offset.value.expire_timestamp;
    }
    return step.context.wall_ms - since_ms >= config_.offsets_retention_ms;
}

}  // namespace gregor::coordinator
