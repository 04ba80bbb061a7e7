#include "scenarios/checkers/quorum_invariants.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace gregor::scenarios {

namespace {

/// Clocks run apart, and what a fiber has begun it ends first.
constexpr Duration kToResign = 3s;

}  // namespace

void QuorumInvariants::check(const Members& members, Instant now) {
    for (const auto& [node, member] : members) {
        if (member.is_leader) latest_elected_ = std::max(latest_elected_, member.epoch);
    }
    for (const auto& [node, member] : members) {
        Known& known = known_[node];
        if (known.start != member.start) {
            known = {.start = member.start, .settled_epoch = known.settled_epoch};
        }
        known.checked = std::min(known.checked, member.log.unchanged);
        known.agreement.batches = std::min(known.agreement.batches, member.log.unchanged);
        check_raise(node, member, known);
        if (member.is_leader && member.high_watermark > known.high_watermark) {
            check_durable(node, member, members);
        }
        check_replaced(node, member, known, now);
        check_election(node, member, known);
        check_memory(node, member, known);
        check_log(node, member, known);
        known.was_leader = member.is_leader;
        known.epoch = member.epoch;
        known.high_watermark = member.high_watermark;
        check_voter_changes(node, member);
    }
}

/// Raft 5.4.2: a majority that has a record of an earlier epoch may be outvoted yet.
void QuorumInvariants::check_raise(NodeId node, const QuorumMemberView& member,
                                   const Known& before) {
    if (!member.is_leader || !before.was_leader || before.epoch != member.epoch ||
        member.high_watermark <= before.high_watermark || !member.log.is_whole) {
        return;
    }
    judge_.compared();
    const std::vector<SeenBatch>& batches = member.log.batches;
    const auto own = std::ranges::lower_bound(batches, member.epoch, {}, &SeenBatch::leader_epoch);
    if (own != batches.end() && own->base_offset < member.high_watermark) return;
    judge_.violated("M1",
                    "n{} leads the quorum in epoch {} and raises the high watermark to {}, below a "
                    "record of its own epoch",
                    node, member.epoch, member.high_watermark);
}

/// KIP-595: a voter fetches from where its synced log ends, and a leader counts its own alike. Of
/// voters that do not run now nothing is known, and while a change of voters is not committed it is
/// not known which of them it counted.
void QuorumInvariants::check_durable(NodeId node, const QuorumMemberView& member,
                                     const Members& members) {
    const auto could_lose = [&](NodeId voter) {
        const auto seen = members.find(voter);
        return seen != members.end() && seen->second.log.is_whole &&
               seen->second.synced_end < member.high_watermark;
    };
    const auto is_pending = [&](Offset change) { return change >= member.high_watermark; };
    if (std::ranges::any_of(member.voter_changes, is_pending)) return;
    judge_.compared();
    const auto lacking = static_cast<std::size_t>(std::ranges::count_if(member.voters, could_lose));
    if (lacking == 0 || 2 * lacking < member.voters.size()) return;
    judge_.violated("M1",
                    "n{} leads the quorum in epoch {} and raises the high watermark to {}, which "
                    "{} of its {} voters do not have on disk for good",
                    node, member.epoch, member.high_watermark, lacking, member.voters.size());
}

void QuorumInvariants::check_replaced(NodeId node, const QuorumMemberView& member, Known& known,
                                      Instant now) {
    const bool is_replaced = member.is_leader && member.epoch < latest_elected_;
    if (!is_replaced || member.is_paused || member.check_quorum_timeout == Duration::zero()) {
        known.replaced_at = {};
        return;
    }
    if (member.is_busy) known.busy_at = now;
    if (known.replaced_at == Instant{}) known.replaced_at = now;
    judge_.compared();
    const bool is_in_time = now - known.replaced_at <= 2 * member.check_quorum_timeout + kToResign;
    if (is_in_time || now - known.busy_at <= kToResign / 3) return;
    judge_.violated("V4",
                    "n{} leads the quorum in epoch {} still, {} ms after another was elected in "
                    "epoch {}",
                    node, member.epoch,
                    std::chrono::floor<std::chrono::milliseconds>(now - known.replaced_at).count(),
                    latest_elected_);
}

void QuorumInvariants::check_voter_changes(NodeId node, const QuorumMemberView& member) {
    if (!member.is_leader || early_change_) return;
    judge_.compared();
    // A formatted quorum's first leader writes its voters with the epoch's first batch.
    const Offset formatted = member.epoch_start_offset + 2;
    const auto is_early = [&](Offset offset) {
        return member.is_established ? offset >= member.high_watermark
                                     : offset > member.epoch_start_offset && offset != formatted;
    };
    const auto early = std::ranges::count_if(member.voter_changes, is_early);
    if (early <= (member.is_established ? 1 : 0)) return;
    early_change_ = fmt::format(
        "n{} leads the quorum in epoch {} and has changed the voters at {}, while its high "
        "watermark is {}, {} record of its epoch is committed",
        node, member.epoch, fmt::join(member.voter_changes, ", "), member.high_watermark,
        member.is_established ? "a" : "no");
}

void QuorumInvariants::check_at_end() {
    if (early_change_) judge_.violated("M10", "{}", *early_change_);
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
        return;
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

/// A voter that leads, or did, has given its vote to itself.
void QuorumInvariants::check_memory(NodeId node, const QuorumMemberView& member, Known& known) {
    if (member.is_busy) return;
    if (member.epoch < known.settled_epoch) {
        judge_.violated("M3", "n{} was in epoch {} of the quorum and has forgotten it: it is in {}",
                        node, known.settled_epoch, member.epoch);
    }
    known.settled_epoch = member.epoch;
    if (member.voted != protocol::kNoNode || member.leader_id == node) return;
    const auto vote = votes_.find({node, member.epoch});
    if (vote == votes_.end()) return;
    judge_.violated("M3", "n{} has voted for n{} in epoch {} and has forgotten it", node,
                    vote->second, member.epoch);
}

}  // namespace gregor::scenarios
