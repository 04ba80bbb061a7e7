// PartitionInvariants: what must hold of each replica by itself, its log, its marks and its
// producers.
#include <algorithm>

#include "scenarios/checkers/partition_invariants.h"

namespace gregor::scenarios {

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
    const LogMarks& marks = replica.marks;
    const auto unstable = known.producers.first_unstable(marks.high_watermark);
    if (!unstable || marks.last_stable_offset <= std::max(*unstable, marks.log_start_offset)) {
        return;
    }
    judge_.violated(
        "L3",
        "{} on n{}: last stable {}, high watermark {}, and a transaction from {} on has "
        "no marker below it",
        name_, node, marks.last_stable_offset, marks.high_watermark, *unstable);
}

/// What one replica was right to let go the others may, too.
void PartitionInvariants::check_retention(NodeId node, const ReplicaView& replica,
                                          const std::optional<Retention>& retention) {
    const Offset start = replica.marks.log_start_offset;
    if (start <= freed_ || !is_bound(replica)) return;
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
    // The broker counts what waits for its sync, too, and that is not seen.
    if (replica.next_offset > replica.marks.log_end_offset) return true;
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

}  // namespace gregor::scenarios
