#include "scenarios/checkers/partition_invariants.h"

#include <fmt/ranges.h>

#include <algorithm>

namespace gregor::scenarios {

namespace {

bool contains(const std::vector<NodeId>& nodes, NodeId node) {
    return std::ranges::find(nodes, node) != nodes.end();
}

/// Calls `action` with each node that could be elected without loss.
template <class Action>
void for_candidates(const metadata::PartitionState& state, const Action& action) {
    std::ranges::for_each(state.isr, action);
    std::ranges::for_each(state.elr, action);
}

/// The controller answers a leader perhaps before any node has published what it committed: who
/// could be elected is then not known here.
bool is_behind_leader(const metadata::PartitionState& state, const PartitionView& view) {
    const auto leader = view.replicas.find(state.leader);
    return leader != view.replicas.end() && leader->second.role == SeenRole::leader &&
           leader->second.leader_epoch == state.leader_epoch &&
           leader->second.partition_epoch > state.partition_epoch;
}

}  // namespace

void PartitionInvariants::check(const PartitionView& view, PartitionContext context) {
    if (context.state != nullptr && is_behind_leader(*context.state, view)) context.state = nullptr;
    note_unclean_election(context);
    weigh_losses(view, context);
    reach_.look(view.replicas);
    for (const auto& [node, replica] : view.replicas) {
        if (replica.role == SeenRole::offline) continue;
        Known& known = known_of(node, replica);
        check_log(node, replica, known);
        check_producers(node, replica, known, context.do_producers_expire);
        check_marks(node, replica, known);
        check_retention(node, replica, context.retention);
    }
    // Leaders first: what they show is what the others are held against.
    for (const auto& [node, replica] : view.replicas) {
        if (replica.role == SeenRole::leader) check_leader(node, replica, known_[node], context);
    }
    for (const auto& [node, replica] : view.replicas) {
        if (replica.role == SeenRole::follower) check_follower(node, replica, known_[node]);
        if (replica.role != SeenRole::leader) known_[node].lagging.forget();
    }
    check_candidates(view, context);
    for (const auto& [node, replica] : view.replicas) known_[node].before = replica;
    // One that was taken away may come to the same process again, as an empty one.
    for (auto& [node, known] : known_) {
        if (!view.replicas.contains(node)) known.before = {};
    }
}

PartitionInvariants::Known& PartitionInvariants::known_of(NodeId node, const ReplicaView& replica) {
    Known& known = known_[node];
    if (known.start != replica.start) {
        known = {.start = replica.start};
    }
    known.checked = std::min(known.checked, replica.log.unchanged);
    known.agreement.batches = std::min(known.agreement.batches, replica.log.unchanged);
    known.producers.keep(replica.log.unchanged);
    return known;
}

// Leaders. ----------------------------------------------------------------------------------------

void PartitionInvariants::check_leader(NodeId node, const ReplicaView& replica, Known& known,
                                       const PartitionContext& context) {
    const auto [leader, is_first] = leaders_.try_emplace(replica.leader_epoch, node);
    if (!is_first && leader->second != node) {
        judge_.violated("R11", "{}: n{} and n{} lead in epoch {}", name_, leader->second, node,
                        replica.leader_epoch);
    }
    // Until it is registered it serves nobody.
    if (!replica.is_registered || !replica.log.is_whole) return;
    check_own_epoch(node, replica);
    check_quorum(node, replica, context);
    check_lag(node, replica, known, context);
    check_counted(node, replica);
    check_raise(node, replica, known.before);
    check_appends(node, replica, known.before);
    // One from before an excused loss may not have heard of it yet: its history is not held.
    if (replica.leader_epoch < bound_from_) return;
    const bool is_outdated = replica.leader_epoch < committed_in_;
    auto wrong = committed_.compare(
        replica.log, is_outdated ? replica.marks.high_watermark : committed_.true_high_watermark(),
        known.agreement);
    if (!wrong && !is_outdated) {
        wrong =
            committed_.find_missing(replica.log, replica.marks.log_start_offset, known.agreement);
    }
    judge_.compared();
    if (excused_after_ && replica.leader_epoch > *excused_after_) {
        if (wrong) start_over(replica.leader_epoch);
        wrong.reset();
    }
    if (wrong) {
        judge_.violated("R1", "{}: n{} leads in epoch {}: {}", name_, node, replica.leader_epoch,
                        *wrong);
        return;  // what is committed stays what it was
    }
    if (replica.marks.high_watermark <= committed_.true_high_watermark()) return;
    committed_.extend(replica.log, replica.marks.high_watermark);
    committed_in_ = std::max(committed_in_, replica.leader_epoch);
}

void PartitionInvariants::check_quorum(NodeId node, const ReplicaView& replica,
                                       const PartitionContext& context) {
    const metadata::PartitionState* state = context.state;
    if (state == nullptr || state->leader != node || state->leader_epoch != replica.leader_epoch ||
        replica.isr.size() < replica.min_isr) {
        return;
    }
    judge_.compared();
    for_candidates(*state, [&](NodeId candidate) {
        if (contains(replica.maximal_isr, candidate)) return;
        judge_.violated("R4",
                        "{}: n{} leads in epoch {} and counts on {} (partition epoch {}), and n{} "
                        "could be elected: isr {}, elr {} (partition epoch {})",
                        name_, node, replica.leader_epoch, replica.maximal_isr,
                        replica.partition_epoch, candidate, state->isr, state->elr,
                        state->partition_epoch);
    });
}

void PartitionInvariants::check_lag(NodeId node, const ReplicaView& replica, Known& known,
                                    const PartitionContext& context) {
    if (context.lag_bound == Duration::zero()) return;
    const auto lagging = known.lagging.look(node, replica, context.now, context.lag_bound);
    if (!lagging) return;
    judge_.violated("V2",
                    "{}: n{} leads in epoch {} and goes on counting on n{}, which has lagged "
                    "for more than {} ms",
                    name_, node, replica.leader_epoch, *lagging,
                    std::chrono::floor<std::chrono::milliseconds>(context.lag_bound).count());
}

/// A step before it raises the high watermark by it, or lets the follower into the in-sync set.
void PartitionInvariants::check_counted(NodeId node, const ReplicaView& replica) {
    for (const auto& [follower, fetched] : replica.fetched) {
        const auto end = reach_.in(follower, replica.leader_epoch);
        if (!end || fetched <= *end) continue;
        judge_.violated("R5",
                        "{}: n{} leads in epoch {} and counts on n{} to have {}, which in that "
                        "epoch had {}",
                        name_, node, replica.leader_epoch, follower, fetched, *end);
    }
}

void PartitionInvariants::check_raise(NodeId node, const ReplicaView& replica,
                                      const ReplicaStanding& before) {
    const Offset high_watermark = replica.marks.high_watermark;
    if (before.role != SeenRole::leader || before.leader_epoch != replica.leader_epoch ||
        before.partition_epoch != replica.partition_epoch || before.min_isr != replica.min_isr ||
        high_watermark <= before.marks.high_watermark) {
        return;
    }
    judge_.compared();
    if (replica.isr.size() < replica.min_isr) {
        judge_.violated("R5", "{}: n{} raises the high watermark to {} with {} of {} in the isr",
                        name_, node, high_watermark, replica.isr.size(), replica.min_isr);
    }
    for (const NodeId member : replica.maximal_isr) {
        const auto fetched = replica.fetched.find(member);
        if (member == node) continue;
        if (fetched != replica.fetched.end() && fetched->second >= high_watermark) continue;
        // One that is only proposed may be elected all the same: R4.
        judge_.violated(contains(replica.isr, member) ? "R5" : "R4",
                        "{}: n{} raises the high watermark to {}, and n{} has {}", name_, node,
                        high_watermark, member,
                        fetched == replica.fetched.end() ? Offset(-1) : fetched->second);
    }
}

/// KIP-98: whoever has a producer id waits for all, and so do markers. Nobody was on the way into
/// the log at the look before, which saw as few.
void PartitionInvariants::check_appends(NodeId node, const ReplicaView& replica,
                                        const ReplicaStanding& before) {
    if (before.role != SeenRole::leader || before.leader_epoch != replica.leader_epoch ||
        before.partition_epoch != replica.partition_epoch || before.min_isr != replica.min_isr ||
        before.is_appending || replica.isr.size() >= replica.min_isr) {
        return;
    }
    const Offset end = std::max(before.marks.log_end_offset, before.next_offset);
    const std::vector<SeenBatch>& batches = replica.log.batches;
    for (auto batch = batches.rbegin(); batch != batches.rend() && batch->base_offset >= end;
         ++batch) {
        judge_.compared();
        if (batch->writer.kind == SeenWriter::Kind::nobody) continue;
        judge_.violated("R12",
                        "{}: n{} leads in epoch {} and has appended producer {}'s batch at {} with "
                        "{} of {} in the isr",
                        name_, node, replica.leader_epoch, batch->writer.producer_id,
                        batch->base_offset, replica.isr.size(), replica.min_isr);
        return;
    }
}

// Followers and candidates. -----------------------------------------------------------------------

void PartitionInvariants::check_follower(NodeId node, const ReplicaView& replica, Known& known) {
    if (!is_bound(replica)) return;
    const Offset high_watermark = replica.marks.high_watermark;
    const bool is_same_term = known.before.role == SeenRole::follower &&
                              known.before.start == replica.start &&
                              known.before.leader_epoch == replica.leader_epoch;
    if (is_same_term && !replica.is_consistent &&
        high_watermark >
            std::max(known.before.marks.high_watermark, replica.marks.log_start_offset)) {
        judge_.violated("R6",
                        "{}: n{} follows in epoch {} and raises its high watermark from {} to {} "
                        "before its log is known to be the leader's",
                        name_, node, replica.leader_epoch, known.before.marks.high_watermark,
                        high_watermark);
    }
    // After a loss it may keep one that the new leader has yet to come to again.
    const bool has_risen = bound_from_ == LeaderEpoch(0) ||
                           (is_bound(known.before) && known.before.start == replica.start &&
                            known.before.marks.high_watermark < high_watermark);
    if (has_risen && high_watermark > committed_.true_high_watermark() && !excused_after_) {
        judge_.violated("R6", "{}: n{} follows in epoch {} with high watermark {}, leaders' is {}",
                        name_, node, replica.leader_epoch, high_watermark,
                        committed_.true_high_watermark());
    }
    judge_.compared();
    if (const auto wrong = committed_.compare(replica.log, high_watermark, known.agreement);
        wrong && !excused_after_) {
        judge_.violated("R3", "{}: n{} follows in epoch {}: {}", name_, node, replica.leader_epoch,
                        *wrong);
    }
}

void PartitionInvariants::check_candidates(const PartitionView& view,
                                           const PartitionContext& context) {
    if (context.state == nullptr || excused_after_) return;
    for_candidates(*context.state, [&](NodeId node) {
        const auto found = view.replicas.find(node);
        if (found != view.replicas.end()) check_candidate(node, found->second, *context.state);
    });
}

void PartitionInvariants::check_candidate(NodeId node, const ReplicaView& replica,
                                          const metadata::PartitionState& state) {
    if (!replica.is_registered || !replica.log.is_whole || replica.role == SeenRole::offline) {
        return;
    }
    Known& known = known_[node];
    auto wrong = committed_.compare(replica.log, committed_.true_high_watermark(), known.agreement);
    if (!wrong) {
        wrong =
            committed_.find_missing(replica.log, replica.marks.log_start_offset, known.agreement);
    }
    judge_.compared();
    if (!wrong) {
        suspects_.erase(node);
        restarted_.erase(node);
        return;
    }
    judge_.violated("R2",
                    "{}: n{} in epoch {} could be elected (isr {}, elr {}, epochs {} and {}): {}",
                    name_, node, replica.leader_epoch, state.isr, state.elr, state.leader_epoch,
                    state.partition_epoch, *wrong);
}

// Excuses. ----------------------------------------------------------------------------------------

void PartitionInvariants::note_unclean_election(const PartitionContext& context) {
    const metadata::PartitionState* state = context.state;
    if (state == nullptr || state->leader_epoch < unclean_from_ ||
        state->leader_recovery_state != metadata::LeaderRecoveryState::recovering) {
        return;
    }
    unclean_from_ = state->leader_epoch + 1;
    // The last leader known, when nobody is left in isr and elr: it may have lost nothing.
    if (context.is_elr_enabled && !context.unclean_elections) return;
    if (!context.unclean_elections) {
        judge_.violated("M4", "{}: n{} was elected in epoch {} from outside isr and elr", name_,
                        state->leader, state->leader_epoch);
    }
    excused_after_ = LeaderEpoch(state->leader_epoch.value() - 1);
}

void PartitionInvariants::weigh_losses(const PartitionView& view, const PartitionContext& context) {
    for (const auto& [node, replica] : view.replicas) {
        if (replica.role == SeenRole::leader) min_isr_ = std::max<std::size_t>(replica.min_isr, 1);
    }
    const metadata::PartitionState* state = context.state;
    if (state == nullptr) return;
    const bool is_too_much =
        context.is_elr_enabled
            ? !suspects_.empty() && not_trusted() >= min_isr_
            : std::ranges::all_of(state->isr, [&](NodeId id) { return suspects_.contains(id); });
    if (is_too_much && !excused_after_) excused_after_ = state->leader_epoch;
    if (is_too_much || !excused_after_ || state->leader_epoch <= *excused_after_) return;
    const auto leader = view.replicas.find(state->leader);
    if (leader != view.replicas.end() && leader->second.role == SeenRole::leader &&
        leader->second.leader_epoch == state->leader_epoch && committed_in_ > *excused_after_) {
        excused_after_.reset();
    }
}

/// A broker that was killed has lost nothing, but the controller cannot know: under KIP-966 it is
/// no more eligible than one that has.
std::size_t PartitionInvariants::not_trusted() const {
    std::set<NodeId> all = suspects_;
    all.insert(restarted_.begin(), restarted_.end());
    return all.size();
}

/// The leader of `epoch` says what the partition holds.
void PartitionInvariants::start_over(LeaderEpoch epoch) {
    committed_.clear();
    bound_from_ = epoch;
    committed_in_ = epoch;
    suspects_.clear();
    restarted_.clear();
    excused_after_.reset();
    for (auto& [node, known] : known_) known.agreement = {};
}

}  // namespace gregor::scenarios
