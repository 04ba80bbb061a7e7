#include "broker/replication/partition.h"

#include <algorithm>

#include "sim/base/check.h"
#include "sim/base/planted.h"
#include "sim/base/probe.h"

namespace gregor::replication {

Partition::Partition(NodeId self, LogMarks marks, PartitionSettings settings)
    : self_(self),
      marks_(marks),
      settings_(settings),
      eligible_(std::make_shared<const EligibleBrokers>()) {}

// Roles. -----------------------------------------------------------------------------------------

RolePlan Partition::plan(const PartitionAssignment& assignment) const {
    const std::optional<LeaderEpoch> known = leader_epoch();
    if (is_offline() || (known && assignment.leader_epoch < *known)) return {};
    if (known && assignment.leader_epoch == *known) {
        const bool is_newer = assignment.partition_epoch > partition_epoch_;
        return {.change = is_newer ? RoleChange::unchanged : RoleChange::stale};
    }
    RolePlan plan{.change = RoleChange::changed};
    if (assignment.leader == self_) {
        if (!PLANTED(b06_no_epoch_entry_on_election)) {
            plan.begins_epoch = {assignment.leader_epoch, marks_.log_end_offset};
        }
    } else if (PLANTED(b01_truncate_to_hw)) {
        plan.truncate_to = marks_.high_watermark;
    }
    return plan;
}

RoleChange Partition::assign(Instant now, const PartitionAssignment& assignment) {
    const RoleChange change = plan(assignment).change;
    if (change == RoleChange::stale) return change;
    partition_epoch_ = assignment.partition_epoch;
    if (change == RoleChange::unchanged) {
        if (auto* leading = std::get_if<LeaderRole>(&role_)) {
            take_newer_isr(now, *leading, assignment);
        }
    } else if (assignment.leader == self_) {
        role_ = begin_leading(now, assignment);
    } else {
        role_ = begin_following(assignment);
    }
    raise_high_watermark(now);
    return change;
}

LeaderRole Partition::begin_leading(Instant now, const PartitionAssignment& assignment) const {
    LeaderRole leading{.epoch = assignment.leader_epoch,
                       .epoch_start_offset = marks_.log_end_offset,
                       .replicas = assignment.replicas,
                       .isr = Isr(assignment.isr),
                       .others = {}};
    for (const NodeId id : assignment.replicas) {
        if (id != self_) leading.others.try_emplace(id, now, leading.isr.contains(id));
    }
    return leading;
}

FollowerRole Partition::begin_following(const PartitionAssignment& assignment) const {
    FollowerRole following{.epoch = assignment.leader_epoch, .leader = assignment.leader};
    const FollowerRole* before = follower();
    if (PLANTED(b04_skip_truncate_same_leader) && before != nullptr &&
        before->leader == following.leader) {
        following.is_consistent = before->is_consistent;
    }
    return following;
}

/// The same leader epoch at a newer partition epoch: whatever was proposed is decided, for it was
/// asked for at an older one.
void Partition::take_newer_isr(Instant now, LeaderRole& leading,
                               const PartitionAssignment& assignment) {
    if (leading.isr.pending()) PROBE("an image resolved a pending change of the in-sync set");
    leading.replicas = assignment.replicas;
    leading.isr.commit(assignment.isr);
    std::erase_if(leading.others,
                  [this](const auto& other) { return !leads_replica(other.first); });
    for (const NodeId id : assignment.replicas) {
        if (id != self_) leading.others.try_emplace(id, now, leading.isr.contains(id));
    }
}

void Partition::log_failed() {
    role_ = OfflineRole{.epoch = leader_epoch().value_or(protocol::kNoLeaderEpoch)};
}

void Partition::given_up() { role_ = std::monostate(); }

// The log. ---------------------------------------------------------------------------------------

void Partition::appended(Instant now, Offset log_end_offset) {
    CHECK(log_end_offset >= marks_.log_end_offset, "{} after {}", log_end_offset,
          marks_.log_end_offset);
    marks_.log_end_offset = log_end_offset;
    raise_high_watermark(now);
}

void Partition::last_stable_offset_changed(Offset last_stable_offset) {
    CHECK(last_stable_offset <= marks_.high_watermark);
    marks_.last_stable_offset = last_stable_offset;
}

void Partition::log_start_advanced(Offset log_start_offset) {
    marks_.log_start_offset = std::max(marks_.log_start_offset, log_start_offset);
    marks_.high_watermark = std::max(marks_.high_watermark, marks_.log_start_offset);
    marks_.last_stable_offset = std::max(marks_.last_stable_offset, marks_.log_start_offset);
}

void Partition::truncated(LogMarks marks) {
    CHECK(!is_leader(), "a leader never truncates");
    if (marks.high_watermark < marks_.high_watermark) {
        PROBE("a follower was cut below its high watermark");
    }
    marks_ = marks;
    ++truncations_;
}

void Partition::settings_changed(Instant now, PartitionSettings settings) {
    settings_ = settings;
    raise_high_watermark(now);
}

void Partition::brokers_changed(Instant now, EligibleBrokersRef eligible) {
    CHECK(eligible != nullptr);
    eligible_ = std::move(eligible);
    raise_high_watermark(now);
}

// Questions. -------------------------------------------------------------------------------------

std::optional<LeaderEpoch> Partition::leader_epoch() const {
    if (const auto* leading = std::get_if<LeaderRole>(&role_)) return leading->epoch;
    if (const auto* following = std::get_if<FollowerRole>(&role_)) return following->epoch;
    if (const auto* offline = std::get_if<OfflineRole>(&role_)) return offline->epoch;
    return std::nullopt;
}

bool Partition::leads_replica(NodeId node) const {
    const LeaderRole* leading = leader();
    return leading != nullptr && std::find(leading->replicas.begin(), leading->replicas.end(),
                                           node) != leading->replicas.end();
}

NodeId Partition::leader_id() const {
    if (is_leader()) return self_;
    if (const auto* following = std::get_if<FollowerRole>(&role_)) return following->leader;
    return protocol::kNoNode;
}

ErrorCode Partition::check_serving(LeaderEpoch requested, bool any_replica) const {
    if (is_offline()) return ErrorCode::kafka_storage_error;
    const std::optional<LeaderEpoch> known = leader_epoch();
    if (!known) return ErrorCode::not_leader_or_follower;
    if (requested != protocol::kNoLeaderEpoch && !PLANTED(b03_no_epoch_fencing_in_fetch)) {
        if (requested < *known) return ErrorCode::fenced_leader_epoch;
        if (requested > *known) return ErrorCode::unknown_leader_epoch;
    }
    if (!any_replica && !is_leader()) return ErrorCode::not_leader_or_follower;
    return ErrorCode::none;
}

ErrorCode Partition::check_append(std::int16_t acks) const {
    const ErrorCode serving = check_serving(protocol::kNoLeaderEpoch);
    if (serving != ErrorCode::none) return serving;
    if (acks == -1 && !is_isr_large_enough(std::get<LeaderRole>(role_)) &&
        !PLANTED(append_under_min_isr)) {
        return ErrorCode::not_enough_replicas;
    }
    return ErrorCode::none;
}

std::optional<ErrorCode> Partition::acknowledgement(LeaderEpoch epoch,
                                                    Offset required_offset) const {
    if (is_offline()) return ErrorCode::kafka_storage_error;
    const LeaderRole* leading = leader();
    if (leading == nullptr || leading->epoch != epoch) return ErrorCode::not_leader_or_follower;
    if (marks_.high_watermark < required_offset) return std::nullopt;
    return is_isr_large_enough(*leading) ? ErrorCode::none
                                         : ErrorCode::not_enough_replicas_after_append;
}

}  // namespace gregor::replication
