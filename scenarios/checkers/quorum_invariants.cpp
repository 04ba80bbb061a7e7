#include "scenarios/checkers/quorum_invariants.h"

#include <algorithm>

namespace gregor::scenarios {

void QuorumInvariants::check(const std::map<NodeId, QuorumMemberView>& members) {
    for (const auto& [node, member] : members) {
        Known& known = known_[node];
        if (known.start != member.start) known = {.start = member.start};
        known.checked = std::min(known.checked, member.log.unchanged);
        known.agreement.batches = std::min(known.agreement.batches, member.log.unchanged);
        check_election(node, member, known);
        check_log(node, member, known);
    }
}

void QuorumInvariants::check_log(NodeId node, const QuorumMemberView& member, Known& known) {
    if (const auto wrong = written_.add(member.log, known.checked)) {
        judge_.violated("L7", "the metadata log on n{}: {}", node, *wrong);
    }
    known.checked = member.log.batches.size();
    if (!member.log.is_whole) return;
    // What is on disk may be a step behind what is known to be committed.
    const Offset limit = std::min(member.high_watermark, member.log_end_offset);
    judge_.compared();
    if (const auto wrong = committed_.compare(member.log, limit, known.agreement)) {
        judge_.violated("M1", "the metadata log on n{}, high watermark {}: {}", node, limit,
                        *wrong);
    }
    committed_.extend(member.log, limit);
}

void QuorumInvariants::check_election(NodeId node, const QuorumMemberView& member, Known& known) {
    if (member.leader_id != protocol::kNoNode) {
        const auto [leader, is_first] = leaders_.try_emplace(member.epoch, member.leader_id);
        if (!is_first && leader->second != member.leader_id) {
            judge_.violated("M3", "n{} and n{} lead the quorum in epoch {}", leader->second,
                            member.leader_id, member.epoch);
        }
    }
    if (member.voted != protocol::kNoNode) {
        const auto [vote, is_first] = votes_.try_emplace({node, member.epoch}, member.voted);
        if (!is_first && vote->second != member.voted) {
            judge_.violated("M3", "n{} has voted for n{} and n{} in epoch {}", node, vote->second,
                            member.voted, member.epoch);
        }
    }
    if (!member.is_leader || !member.log.is_whole || member.epoch < committed_.last_epoch()) return;
    auto wrong = committed_.compare(member.log, committed_.true_high_watermark(), known.agreement);
    if (!wrong) {
        wrong = committed_.find_missing(member.log, member.log_start_offset, known.agreement);
    }
    judge_.compared();
    if (wrong) {
        judge_.violated("M1", "n{} leads the quorum in epoch {}: {}", node, member.epoch, *wrong);
    }
}

}  // namespace gregor::scenarios
