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
    return known;
}

// Each replica by itself. -------------------------------------------------------------------------

void PartitionInvariants::check_log(NodeId node, const ReplicaView& replica, Known& known) {
    const std::vector<SeenBatch>& batches = replica.log.batches;
    if (!replica.log.sealed_unsynced.empty()) {
        judge_.violated("L8", "{} on n{}: {} is sealed, and not all of it is synced", name_, node,
                        replica.log.sealed_unsynced);
    }
    if (known.checked == batches.size()) return;
    judge_.compared(batches.size() - known.checked);
    for (std::size_t i = std::max<std::size_t>(known.checked, 1); i < batches.size(); ++i) {
        if (batches[i].leader_epoch < batches[i - 1].leader_epoch) {
            judge_.violated("L2", "{} on n{}: epoch {} at offset {} follows epoch {}", name_, node,
                            batches[i].leader_epoch, batches[i].base_offset,
                            batches[i - 1].leader_epoch);
        }
    }
    if (const auto wrong = written_.add(replica.log, known.checked)) {
        judge_.violated("L7", "{} on n{}: {}", name_, node, *wrong);
    }
    check_epochs(node, replica, known.checked);
    known.checked = batches.size();
}

/// A leader's epoch begins where its log ended then, also if it has written nothing yet.
void PartitionInvariants::check_own_epoch(NodeId node, const ReplicaView& replica) {
    const LeaderEpoch latest =
        replica.epochs.empty() ? LeaderEpoch(-1) : replica.epochs.back().epoch;
    if (latest == replica.leader_epoch) return;
    judge_.violated("L4", "{}: n{} leads in epoch {}, and its latest is {}", name_, node,
                    replica.leader_epoch, latest);
}

void PartitionInvariants::check_epochs(NodeId node, const ReplicaView& replica, std::size_t from) {
    const std::vector<log::EpochEntry>& epochs = replica.epochs;
    for (std::size_t i = 1; i < epochs.size(); ++i) {
        if (epochs[i].epoch > epochs[i - 1].epoch &&
            epochs[i].start_offset > epochs[i - 1].start_offset) {
            continue;
        }
        judge_.violated("L4", "{} on n{}: epoch {} begins at {} after epoch {} at {}", name_, node,
                        epochs[i].epoch, epochs[i].start_offset, epochs[i - 1].epoch,
                        epochs[i - 1].start_offset);
    }
    for (std::size_t i = from; i < replica.log.batches.size(); ++i) {
        const SeenBatch& batch = replica.log.batches[i];
        if (batch.base_offset < replica.marks.log_start_offset) continue;
        const auto next =
            std::ranges::upper_bound(epochs, batch.base_offset, {}, &log::EpochEntry::start_offset);
        if (next != epochs.begin() && std::prev(next)->epoch == batch.leader_epoch) continue;
        judge_.violated("L4", "{} on n{}: offset {} is of epoch {}, and the epochs say {}", name_,
                        node, batch.base_offset, batch.leader_epoch,
                        next == epochs.begin() ? LeaderEpoch(-1) : std::prev(next)->epoch);
    }
}

void PartitionInvariants::check_producers(NodeId node, const ReplicaView& replica, Known& known,
                                          bool may_forget) {
    if (replica.producers == nullptr) return;
    known.producers.follow(replica.log, replica.marks.log_end_offset);
    const auto wrong = known.producers.find_difference(*replica.producers, may_forget);
    if (wrong) judge_.violated("L9", "{} on n{}: {}", name_, node, *wrong);
}

/// What one replica was right to let go the others may, too.
void PartitionInvariants::check_retention(NodeId node, const ReplicaView& replica,
                                          const std::optional<Retention>& retention) {
    const Offset start = replica.marks.log_start_offset;
    if (start <= freed_) return;
    if (retention && !is_due(replica, *retention)) {
        judge_.violated("C7",
                        "{} on n{}: the log starts at {} after {}, and what is between is due "
                        "neither by its age nor by the log's size",
                        name_, node, start, freed_);
    }
    freed_ = start;
}

bool PartitionInvariants::is_due(const ReplicaView& replica, const Retention& retention) const {
    const Offset start = replica.marks.log_start_offset;
    judge_.compared();
    if (start > committed_.true_high_watermark()) return false;
    const bool is_old =
        std::ranges::all_of(committed_.between(freed_, start), [&](const SeenBatch& batch) {
            return retention.ms >= 0 && replica.latest_wall_ms - batch.max_timestamp > retention.ms;
        });
    if (is_old || retention.bytes < 0) return is_old;
    std::size_t left = 0;
    for (const SeenBatch& batch : replica.log.batches) {
        if (batch.last_offset >= start) left += batch.size;
    }
    return left >= static_cast<std::size_t>(retention.bytes);
}

void PartitionInvariants::check_marks(NodeId node, const ReplicaView& replica, const Known& known) {
    const LogMarks& marks = replica.marks;
    if (marks.log_start_offset > marks.last_stable_offset ||
        marks.last_stable_offset > marks.high_watermark ||
        marks.high_watermark > marks.log_end_offset) {
        judge_.violated("L3", "{} on n{}: log start {}, last stable {}, high watermark {}, end {}",
                        name_, node, marks.log_start_offset, marks.last_stable_offset,
                        marks.high_watermark, marks.log_end_offset);
    }
    const Offset next = std::max(marks.log_end_offset, replica.next_offset);
    if (replica.role == SeenRole::follower && replica.is_consistent && !replica.epochs.empty() &&
        replica.epochs.back().start_offset >= next && next > marks.log_start_offset) {
        judge_.violated("L4", "{} on n{}: the log ends at {}, and epoch {} begins at {}", name_,
                        node, next, replica.epochs.back().epoch,
                        replica.epochs.back().start_offset);
    }
    if (replica.checkpointed_high_watermark) {
        judge_.compared();
        const Offset least = std::min(*replica.checkpointed_high_watermark, marks.log_end_offset);
        if (marks.high_watermark < least) {
            judge_.violated("L5",
                            "{} on n{}: the high watermark is {} after a restart, and the "
                            "checkpoint says {}",
                            name_, node, marks.high_watermark,
                            *replica.checkpointed_high_watermark);
        }
    }
    const ReplicaStanding& before = known.before;
    if (before.role == SeenRole::none || !is_bound(before) || !is_bound(replica)) return;
    if (marks.high_watermark < before.marks.high_watermark) {
        judge_.violated("L5", "{} on n{}: the high watermark falls from {} to {} in epoch {}",
                        name_, node, before.marks.high_watermark, marks.high_watermark,
                        replica.leader_epoch);
    }
    if (marks.log_start_offset < before.marks.log_start_offset) {
        judge_.violated("L6", "{} on n{}: the log start falls from {} to {} in epoch {}", name_,
                        node, before.marks.log_start_offset, marks.log_start_offset,
                        replica.leader_epoch);
    }
}

/// Not after a loss that is excused, until a later leader's history is its own.
bool PartitionInvariants::is_bound(const ReplicaStanding& replica) const {
    if (bound_from_ == LeaderEpoch(0)) return true;
    return replica.leader_epoch >= bound_from_ &&
           (replica.role == SeenRole::leader || replica.is_consistent);
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
