// Partition: a leader's rules. Who has how much, what is committed by that, and who is in sync.
#include <algorithm>

#include "broker/replication/partition.h"
#include "sim/base/check.h"
#include "sim/base/planted.h"
#include "sim/base/probe.h"

namespace gregor::replication {

// The high watermark. ----------------------------------------------------------------------------

std::size_t Partition::effective_min_isr(const LeaderRole& leader) const {
    const auto wanted = static_cast<std::size_t>(std::max(settings_.min_insync_replicas, 1));
    return std::min(wanted, std::max<std::size_t>(leader.replicas.size(), 1));
}

bool Partition::is_isr_large_enough(const LeaderRole& leader) const {
    return leader.isr.committed().size() >= effective_min_isr(leader);
}

/// R5: members do, and those who may already be members for the controller. One that has caught up
/// and may join would else stay one append behind for ever.
bool Partition::holds_back(Instant now, const LeaderRole& leader, NodeId id,
                           const ReplicaState& replica) const {
    if (leader.isr.contains(id)) return true;
    if (PLANTED(b10_hw_ignores_pending_isr)) return false;
    if (leader.isr.may_contain(id)) return true;
    return replica.is_eligible(id, *eligible_) &&
           replica.is_caught_up(now, marks_.log_end_offset, settings_.replica_lag_time_max);
}

void Partition::raise_high_watermark(Instant now) {
    const LeaderRole* leading = leader();
    if (leading == nullptr) return;
    if (!is_isr_large_enough(*leading) && !PLANTED(b13a_hw_advance_under_min_isr)) {
        PROBE("the high watermark waits for a larger in-sync set");
        return;
    }
    Offset replicated = marks_.log_end_offset;
    for (const auto& [id, replica] : leading->others) {
        if (replica.log_end_offset() >= replicated) continue;
        if (holds_back(now, *leading, id, replica)) replicated = replica.log_end_offset();
    }
    marks_.high_watermark = std::max(marks_.high_watermark, replicated);
}

// The in-sync set. -------------------------------------------------------------------------------

Result<std::optional<IsrProposal>, ErrorCode> Partition::follower_fetched(
    Instant now, const FollowerFetch& fetch) {
    auto* leading = std::get_if<LeaderRole>(&role_);
    if (leading == nullptr) return fail(ErrorCode::not_leader_or_follower);
    const auto replica = leading->others.find(fetch.replica);
    if (replica == leading->others.end()) return fail(ErrorCode::unknown_leader_epoch);
    const auto registered = eligible_->find(fetch.replica);
    if (fetch.broker_epoch != kNoBrokerEpoch && registered != eligible_->end() &&
        fetch.broker_epoch < registered->second) {
        PROBE("a fetch of a broker's earlier incarnation was not counted");
        return fail(ErrorCode::not_leader_or_follower);
    }
    FollowerFetch bounded = fetch;
    bounded.fetch_offset = std::min(fetch.fetch_offset, marks_.log_end_offset);
    replica->second.fetched(now, bounded, marks_.log_end_offset);
    raise_high_watermark(now);
    if (!may_join(*leading, fetch.replica, replica->second)) return std::nullopt;
    std::vector<NodeId> isr = leading->isr.committed();
    isr.push_back(fetch.replica);
    return propose(*leading, isr);
}

/// R7, L6, and nothing is in flight. The high watermark alone would not do: a new leader's may
/// still be below where its epoch begins, and so below what its predecessor has committed.
bool Partition::may_join(const LeaderRole& leader, NodeId id, const ReplicaState& replica) const {
    // What was deleted while it was away must not come back with it.
    const bool knows_log_start = replica.log_start_offset() == Offset(-1) ||
                                 replica.log_start_offset() >= marks_.log_start_offset;
    return !leader.isr.pending() && !leader.isr.contains(id) &&
           replica.log_end_offset() >= marks_.high_watermark &&
           replica.log_end_offset() >= leader.epoch_start_offset && knows_log_start &&
           replica.is_eligible(id, *eligible_);
}

std::optional<IsrProposal> Partition::tick(Instant now) {
    auto* leading = std::get_if<LeaderRole>(&role_);
    if (leading == nullptr) return std::nullopt;
    raise_high_watermark(now);  // somebody who held it back may have fallen behind
    if (leading->isr.pending()) return std::nullopt;
    std::vector<NodeId> isr = leading->isr.committed();
    const std::size_t lagging = std::erase_if(isr, [&](NodeId id) {
        const auto replica = leading->others.find(id);
        return replica != leading->others.end() &&
               !replica->second.is_caught_up(now, marks_.log_end_offset,
                                             settings_.replica_lag_time_max);
    });
    if (lagging == 0 || isr.empty() || PLANTED(isr_never_shrinks)) return std::nullopt;
    return propose(*leading, isr);
}

IsrProposal Partition::propose(LeaderRole& leader, const std::vector<NodeId>& isr) {
    IsrProposal proposal{.number = ++proposals_,
                         .leader_epoch = leader.epoch,
                         .partition_epoch = partition_epoch_,
                         .isr = {}};
    for (const NodeId id : isr) {
        const auto replica = leader.others.find(id);
        const bool is_known = replica != leader.others.end();
        proposal.isr.push_back({id, is_known ? replica->second.broker_epoch() : kNoBrokerEpoch});
    }
    leader.isr.propose(proposal);
    return proposal;
}

IsrOutcome Partition::isr_answered(Instant now, const IsrProposal& proposal,
                                   const Result<IsrDecision, ErrorCode>& answer) {
    auto* leading = std::get_if<LeaderRole>(&role_);
    if (leading == nullptr || leading->isr.pending() != proposal) {
        PROBE("an answer to an AlterPartition came too late");
        return IsrOutcome::dropped;
    }
    if (!answer) return isr_refused(*leading, answer.error());
    if (answer->leader_epoch != leading->epoch || answer->partition_epoch < partition_epoch_) {
        return IsrOutcome::unknown;  // a newer image is on its way
    }
    partition_epoch_ = answer->partition_epoch;
    leading->isr.commit(answer->isr);
    raise_high_watermark(now);
    return IsrOutcome::taken;
}

/// Only where the controller says that it did not take the change may it be forgotten; else it may
/// have been taken by an earlier try.
IsrOutcome Partition::isr_refused(LeaderRole& leader, ErrorCode error) {
    switch (error) {
        case ErrorCode::operation_not_attempted:
        case ErrorCode::ineligible_replica:
            PROBE("a change of the in-sync set was refused");
            leader.isr.withdraw();
            return IsrOutcome::refused;
        case ErrorCode::unknown_topic_or_partition:
        case ErrorCode::unknown_topic_id:
        case ErrorCode::fenced_leader_epoch:
        case ErrorCode::invalid_update_version:
        case ErrorCode::invalid_request:
        case ErrorCode::new_leader_elected: return IsrOutcome::unknown;
        default: return IsrOutcome::retry;
    }
}

Result<std::optional<log::EpochEnd>, ErrorCode> compare_history(const log::LeaderEpochCache& own,
                                                                Offset log_start, Offset log_end,
                                                                LeaderEpoch last_fetched_epoch,
                                                                Offset fetch_offset) {
    const log::EpochEnd end = own.end_offset_for(last_fetched_epoch, log_end);
    if (end.epoch == protocol::kNoLeaderEpoch || end.end_offset < Offset(0) ||
        fetch_offset < log_start) {
        return fail(ErrorCode::offset_out_of_range);
    }
    if (end.epoch == last_fetched_epoch && end.end_offset >= fetch_offset) return std::nullopt;
    PROBE("a fetch diverged from this log's epochs");
    return end;
}

// Deletion. --------------------------------------------------------------------------------------

Offset Partition::low_watermark() const {
    Offset lowest = marks_.log_start_offset;
    for (const auto& [id, replica] : std::get<LeaderRole>(role_).others) {
        if (eligible_->contains(id)) lowest = std::min(lowest, replica.log_start_offset());
    }
    return lowest;
}

// Readers. ---------------------------------------------------------------------------------------

NodeId Partition::preferred_read_replica(const std::string& rack, Offset offset,
                                         const std::map<NodeId, std::string>& racks) const {
    const LeaderRole* leading = leader();
    if (leading == nullptr || rack.empty()) return protocol::kNoNode;
    const auto is_there = [&](NodeId id) {
        const auto known = racks.find(id);
        return known != racks.end() && known->second == rack;
    };
    if (is_there(self_)) return protocol::kNoNode;
    NodeId best = protocol::kNoNode;
    const ReplicaState* furthest = nullptr;
    for (const auto& [id, replica] : leading->others) {
        if (!is_there(id) || !leading->isr.contains(id)) continue;
        if (replica.log_end_offset() < offset || replica.log_start_offset() > offset) continue;
        const auto key = [](const ReplicaState& state) {
            return std::pair(state.log_end_offset(), state.last_caught_up());
        };
        if (furthest != nullptr && key(replica) <= key(*furthest)) continue;
        best = id;
        furthest = &replica;
    }
    return best;
}

}  // namespace gregor::replication
