#include "broker/replication/partition.h"

#include <algorithm>

#include "sim/base/check.h"
#include "sim/base/instrument.h"

namespace gregor::replication {

RoleChange Partition::assign(const PartitionAssignment& assignment) {
    const std::optional<LeaderEpoch> known = leader_epoch();
    if (is_offline()) return RoleChange::stale;
    if (known && assignment.leader_epoch < *known) return RoleChange::stale;
    if (known && assignment.leader_epoch == *known) {
        if (assignment.partition_epoch <= partition_epoch_) return RoleChange::stale;
        partition_epoch_ = assignment.partition_epoch;
        if (auto* leading = std::get_if<LeaderRole>(&role_)) {
            leading->replicas = assignment.replicas;
            leading->isr = assignment.isr;
            raise_high_watermark();
        }
        return RoleChange::unchanged;
    }
    partition_epoch_ = assignment.partition_epoch;
    if (assignment.leader != self_) {
        role_ = FollowerRole{.epoch = assignment.leader_epoch, .leader = assignment.leader};
        return RoleChange::changed;
    }
    role_ = LeaderRole{.epoch = assignment.leader_epoch,
                       .epoch_start_offset = marks_.log_end_offset,
                       .replicas = assignment.replicas,
                       .isr = assignment.isr,
                       .end_offsets = {}};
    raise_high_watermark();
    return RoleChange::changed;
}

void Partition::appended(Offset log_end_offset) {
    CHECK(log_end_offset >= marks_.log_end_offset, "{} after {}", log_end_offset,
          marks_.log_end_offset);
    marks_.log_end_offset = log_end_offset;
    raise_high_watermark();
}

Result<void, ErrorCode> Partition::follower_fetched(NodeId replica, Offset offset) {
    auto* leading = std::get_if<LeaderRole>(&role_);
    if (leading == nullptr) return fail(ErrorCode::not_leader_or_follower);
    if (replica == self_ || !leads_replica(replica)) {
        return fail(ErrorCode::unknown_leader_epoch);
    }
    leading->end_offsets[replica] = std::min(offset, marks_.log_end_offset);
    raise_high_watermark();
    return {};
}

void Partition::leader_high_watermark(Offset high_watermark) {
    if (!std::holds_alternative<FollowerRole>(role_)) return;
    const Offset bounded = std::min(high_watermark, marks_.log_end_offset);
    marks_.high_watermark = std::max(marks_.high_watermark, bounded);
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
    marks_ = marks;
}

void Partition::min_insync_replicas_changed(std::int32_t min_insync_replicas) {
    min_insync_replicas_ = min_insync_replicas;
    raise_high_watermark();
}

void Partition::log_failed() {
    role_ = OfflineRole{.epoch = leader_epoch().value_or(protocol::kNoLeaderEpoch)};
}

void Partition::given_up() { role_ = std::monostate(); }

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
    if (requested != protocol::kNoLeaderEpoch) {
        if (requested < *known) return ErrorCode::fenced_leader_epoch;
        if (requested > *known) return ErrorCode::unknown_leader_epoch;
    }
    if (!any_replica && !is_leader()) return ErrorCode::not_leader_or_follower;
    return ErrorCode::none;
}

ErrorCode Partition::check_append(std::int16_t acks) const {
    const ErrorCode serving = check_serving(protocol::kNoLeaderEpoch);
    if (serving != ErrorCode::none) return serving;
    if (acks == -1 && !is_isr_large_enough(std::get<LeaderRole>(role_))) {
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

std::size_t Partition::effective_min_isr(const LeaderRole& leader) const {
    const auto wanted = static_cast<std::size_t>(std::max(min_insync_replicas_, 1));
    return std::min(wanted, std::max<std::size_t>(leader.replicas.size(), 1));
}

bool Partition::is_isr_large_enough(const LeaderRole& leader) const {
    return leader.isr.size() >= effective_min_isr(leader);
}

Offset Partition::replicated_end(const LeaderRole& leader) const {
    Offset end = marks_.log_end_offset;
    for (const NodeId member : leader.isr) {
        if (member == self_) continue;
        const auto known = leader.end_offsets.find(member);
        if (known == leader.end_offsets.end()) return marks_.high_watermark;
        end = std::min(end, known->second);
    }
    return end;
}

void Partition::raise_high_watermark() {
    const LeaderRole* leading = leader();
    if (leading == nullptr) return;
    if (!is_isr_large_enough(*leading)) {
        PROBE("the high watermark waits for a larger in-sync set");
        return;
    }
    marks_.high_watermark = std::max(marks_.high_watermark, replicated_end(*leading));
}

void Partition::check_invariants(const LogMarks& log) const {
    CHECK(marks_.log_start_offset <= marks_.last_stable_offset, "{} > {}", marks_.log_start_offset,
          marks_.last_stable_offset);
    CHECK(marks_.last_stable_offset <= marks_.high_watermark, "{} > {}", marks_.last_stable_offset,
          marks_.high_watermark);
    CHECK(marks_.high_watermark <= marks_.log_end_offset, "{} > {}", marks_.high_watermark,
          marks_.log_end_offset);
    // The log may be ahead of what it was told here, never behind.
    CHECK(marks_.log_end_offset <= log.log_end_offset);
    CHECK(marks_.log_start_offset <= log.log_start_offset);
    CHECK(marks_.high_watermark == log.high_watermark, "{} != {}", marks_.high_watermark,
          log.high_watermark);
    if (const LeaderRole* leading = leader()) {
        CHECK(leading->epoch_start_offset <= marks_.log_end_offset);
        for (const auto& [replica, end_offset] : leading->end_offsets) {
            CHECK(replica != self_);
            CHECK(end_offset <= marks_.log_end_offset);
        }
        for (const NodeId member : leading->isr) {
            CHECK(std::find(leading->replicas.begin(), leading->replicas.end(), member) !=
                      leading->replicas.end(),
                  "n{} is in sync but no replica", member);
        }
    }
}

}  // namespace gregor::replication
