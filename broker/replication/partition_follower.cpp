// Partition: a follower's rules. What it asks for, and what it may do with the answer.
#include <algorithm>

#include "broker/replication/partition.h"
#include "sim/base/check.h"
#include "sim/base/planted.h"
#include "sim/base/probe.h"

namespace gregor::replication {

std::optional<FetchPosition> Partition::fetch_position(const log::LeaderEpochCache& own) const {
    const FollowerRole* following = follower();
    if (following == nullptr || following->leader == protocol::kNoNode) return std::nullopt;
    FetchPosition position{.leader_epoch = following->epoch, .fetch_offset = marks_.log_end_offset};
    const bool skips_comparison =
        PLANTED(b04_skip_truncate_same_leader) && following->is_consistent;
    const auto latest = own.latest();
    if (latest && !skips_comparison) position.last_fetched_epoch = latest->epoch;
    return position;
}

/// A role change, a truncation or an append since makes an answer worth nothing.
bool Partition::stands_at(const FetchPosition& asked) const {
    const FollowerRole* following = follower();
    return following != nullptr && following->epoch == asked.leader_epoch &&
           marks_.log_end_offset == asked.fetch_offset;
}

FollowStep Partition::leader_answered(const FetchPosition& asked, const LeaderAnswer& answer,
                                      const log::LeaderEpochCache& own) {
    if (!stands_at(asked)) {
        PROBE("a leader's answer came too late");
        return {.action = FollowAction::drop};
    }
    if (!answer.diverging) return {.action = FollowAction::append};
    PROBE("a follower's history diverges from its leader's");
    if (PLANTED(b07_hw_before_truncate)) {
        const Offset bounded = std::min(answer.high_watermark, marks_.log_end_offset);
        marks_.high_watermark = std::max(marks_.high_watermark, bounded);
    }
    // What the leader has committed says nothing about this log before the two agree (KAFKA-14704).
    const Offset end = truncation_offset(own, marks_.log_end_offset, *answer.diverging);
    // What stands below the leader's start nothing can be held against any more. Kafka keeps it.
    if (end <= answer.log_start_offset && marks_.log_start_offset < answer.log_start_offset) {
        PROBE("a follower diverges from what its leader has deleted");
        return {.action = FollowAction::restart, .offset = answer.log_start_offset};
    }
    return {.action = FollowAction::truncate, .offset = end};
}

FollowStep Partition::leader_range(const FetchPosition& asked, Offset leader_start,
                                   Offset leader_end) const {
    if (!stands_at(asked)) return {.action = FollowAction::drop};
    // What a follower fell back on, whose epoch its leader could say nothing of (KAFKA-7415).
    if (PLANTED(b06_no_epoch_entry_on_election) && marks_.high_watermark < asked.fetch_offset) {
        return {.action = FollowAction::truncate, .offset = marks_.high_watermark};
    }
    // An election that was not clean may have chosen a leader that is behind this log.
    if (leader_end < asked.fetch_offset) {
        return {.action = FollowAction::truncate, .offset = leader_end};
    }
    if (leader_start > asked.fetch_offset) {
        return {.action = FollowAction::restart, .offset = leader_start};
    }
    return {.action = FollowAction::wait};
}

void Partition::replicated(Offset log_end_offset, Offset leader_high_watermark) {
    auto* following = std::get_if<FollowerRole>(&role_);
    CHECK(following != nullptr, "only a follower replicates");
    CHECK(log_end_offset >= marks_.log_end_offset, "{} after {}", log_end_offset,
          marks_.log_end_offset);
    following->is_consistent = true;
    marks_.log_end_offset = log_end_offset;
    const Offset bounded = std::min(leader_high_watermark, log_end_offset);
    marks_.high_watermark = std::max(marks_.high_watermark, bounded);
}

Offset truncation_offset(const log::LeaderEpochCache& own, Offset log_end_offset,
                         const log::EpochEnd& leader) {
    const log::EpochEnd mine = own.end_offset_for(leader.epoch, log_end_offset);
    if (mine.epoch == protocol::kNoLeaderEpoch) return std::min(leader.end_offset, log_end_offset);
    // Another epoch than the leader named: nothing after mine can be shared. Where the leader's
    // ends is not known yet, the next fetch asks by mine.
    if (mine.epoch != leader.epoch) return std::min(mine.end_offset, log_end_offset);
    return std::min({mine.end_offset, leader.end_offset, log_end_offset});
}

}  // namespace gregor::replication
