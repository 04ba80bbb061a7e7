#include "tests/support/raft_checks.h"

#include <fmt/format.h>

#include <algorithm>

#include "broker/protocol/records/batch_reader.h"
#include "broker/raft/answers.h"

namespace gregor::raft::test {
namespace {

template <class... Args>
[[noreturn]] void violated(fmt::format_string<Args...> format, Args&&... args) {
    throw Violation(fmt::format(format, std::forward<Args>(args)...));
}

const Bytes* batch_at(const std::vector<Bytes>& log, Offset base_offset) {
    const auto it = std::ranges::lower_bound(
        log, base_offset, {}, [](const Bytes& batch) { return info_of(batch).base_offset; });
    if (it == log.end() || info_of(*it).base_offset != base_offset) return nullptr;
    return &*it;
}

}  // namespace

void RaftChecks::stepped(const Raft& raft, const RaftDisk& disk, const Effects& effects,
                         Instant now) {
    const NodeId node = raft.config().node_id;
    if (effects.fault) violated("M1: n{}: {}", node, *effects.fault);
    LeaderEpoch& epoch = epochs_[node];
    if (raft.epoch() < epoch) {
        violated("M3: n{} is in epoch {} and was in {}", node, raft.epoch(), epoch);
    }
    epoch = raft.epoch();
    check_voters(raft, effects);
    if (raft.is_leader()) check_leader(raft, disk, effects, now);
    check_commit(raft, disk, effects);
}

void RaftChecks::check_leader(const Raft& raft, const RaftDisk& disk, const Effects& effects,
                              Instant now) {
    const NodeId node = raft.config().node_id;
    const auto [it, is_new] = leaders_.try_emplace(raft.epoch(), node);
    if (it->second != node) {
        violated("M3: n{} and n{} lead in epoch {}", it->second, node, raft.epoch());
    }
    if (is_new) {
        heard_[raft.epoch()] = {.since = now,
                                .epoch_start = info_of(effects.append.front()).base_offset};
        for (const auto& [offset, batch] : committed_) {
            if (offset < disk.start_offset) continue;
            const Bytes* own = batch_at(disk.written, offset);
            if (own == nullptr || !(*own == batch)) {
                violated("M1: n{} leads epoch {} without the committed batch at {}", node,
                         raft.epoch(), offset);
            }
        }
    }
    check_heard(raft, now);
    const auto& state = std::get<Leader>(raft.role()).state;
    if (!state.high_watermark()) return;
    if (*state.high_watermark() <= heard_[raft.epoch()].epoch_start) {
        violated("M1: n{} commits up to {} in epoch {}, which has no record below", node,
                 *state.high_watermark(), raft.epoch());
    }
}

// V4, KAFKA-15489. Voters are counted from the last time that a majority was: two that fetch as far
// apart as can be take twice 1.5 fetch timeouts, and a change of voters gives half of one more.
void RaftChecks::check_heard(const Raft& raft, Instant now) {
    Heard& heard = heard_[raft.epoch()];
    if (!(heard.voters == raft.voters())) {
        heard.voters = raft.voters();
        heard.voters_since = now;
    }
    std::vector<Instant> times;
    for (const auto& [id, voter] : raft.voters().voters()) {
        const auto it = heard.fetches.find(id);
        const bool is_self = id == raft.config().node_id;
        times.push_back(is_self ? now : it == heard.fetches.end() ? heard.since : it->second);
    }
    std::ranges::sort(times, std::ranges::greater{});
    const Instant last = std::max(times[times.size() / 2], heard.voters_since);
    if (now - last > raft.config().fetch_timeout * 4) {
        violated("V4: n{} leads epoch {} though no majority has fetched since {}",
                 raft.config().node_id, raft.epoch(), to_string(last));
    }
}

void RaftChecks::check_commit(const Raft& raft, const RaftDisk& disk, const Effects& effects) {
    const NodeId node = raft.config().node_id;
    Offset& seen = high_watermarks_[node];
    const Offset high_watermark = raft.high_watermark();
    if (high_watermark < seen)
        violated("M1: n{}'s hw fell from {} to {}", node, seen, high_watermark);
    if (high_watermark == seen) return;
    for (const Bytes& batch : disk.written) {
        const BatchInfo info = info_of(batch);
        if (info.next_offset <= seen || info.next_offset > high_watermark) continue;
        const auto [it, is_new] = committed_.try_emplace(info.base_offset, batch);
        ++commits_checked_;
        if (!(it->second == batch)) {
            violated("M1: n{} takes another batch for committed at {}", node, info.base_offset);
        }
    }
    if (high_watermark > committed_to_) {
        // A leader that is no voter any more commits that, and resigns in the same step.
        if (!raft.is_leader() && !effects.leadership_lost) {
            violated("M1: n{} commits {} before any leader did", node, high_watermark);
        }
        check_majority(raft, disk);
        committed_to_ = high_watermark;
    }
    seen = high_watermark;
}

void RaftChecks::check_majority(const Raft& raft, const RaftDisk& disk) const {
    std::size_t holders = 0;
    for (const auto& [id, voter] : raft.voters().voters()) {
        const auto it = disks_.find(id);
        if (it != disks_.end() && holds(*it->second, disk.written, raft.high_watermark())) {
            ++holders;
        }
    }
    if (holders < raft.voters().majority()) {
        violated("M1: n{} commits up to {}, which {} of {} voters hold", raft.config().node_id,
                 raft.high_watermark(), holders, raft.voters().size());
    }
}

// The last batch below `end` is enough: batches of one epoch and offset have one past (log
// matching).
bool RaftChecks::holds(const RaftDisk& disk, const std::vector<Bytes>& leaders, Offset end) const {
    const auto last = std::ranges::find_if(
        leaders, [&](const Bytes& batch) { return info_of(batch).next_offset == end; });
    if (last == leaders.end()) return disk.start_offset >= end;
    if (disk.start_offset >= end) return true;
    const Bytes* own = batch_at(disk.durable, info_of(*last).base_offset);
    return own != nullptr && *own == *last;
}

// M10: a leader changes voters only when the last change and a record of its epoch are committed.
void RaftChecks::check_voters(const Raft& raft, const Effects& effects) {
    if (!raft.is_leader()) return;
    const auto& state = std::get<Leader>(raft.role()).state;
    for (const Bytes& batch : effects.append) {
        const auto view = records::BatchReader(batch.span()).next();
        const auto control = control_records_of(**view);
        if (control->empty() ||
            !std::holds_alternative<protocol::VotersRecord>(control->front().record)) {
            continue;
        }
        const Offset at = control->front().offset;
        const auto high_watermark = state.high_watermark();
        if (!high_watermark) violated("M10: voters at {} before the epoch has committed", at);
        const VoterSet& before = raft.voter_history().voters_below(at);
        if (!raft.voters().is_one_step_from(before)) violated("M10: two voters change at {}", at);
        for (Offset offset = *high_watermark; offset < at; ++offset) {
            if (!(raft.voter_history().voters_below(offset + 1) ==
                  raft.voter_history().voters_below(offset))) {
                violated("M10: voters at {} while those at {} are not committed (hw {})", at,
                         offset, *high_watermark);
            }
        }
    }
}

void RaftChecks::voted(const Raft& voter, const OffsetAndEpoch& own,
                       const protocol::VoteRequest& request,
                       const protocol::VoteResponse& response) {
    const auto* asked = only_partition(request);
    const auto* answered = only_partition(response);
    if (asked == nullptr || answered == nullptr || !answered->vote_granted) return;
    const NodeId node = voter.config().node_id;
    const OffsetAndEpoch last{asked->last_offset_epoch, asked->last_offset};
    if (last < own) {
        violated("M3: n{} votes for n{} whose log ends at {}@{}, before its own", node,
                 asked->candidate_id, last.offset, last.epoch);
    }
    if (asked->pre_vote) return;
    const auto [it, is_new] =
        votes_.try_emplace({asked->candidate_epoch, node}, asked->candidate_id);
    if (it->second != asked->candidate_id) {
        violated("M3: n{} votes for n{} and n{} in epoch {}", node, it->second, asked->candidate_id,
                 asked->candidate_epoch);
    }
}

void RaftChecks::fetched(const Raft& leader, NodeId replica, Instant now) {
    if (leader.is_leader()) heard_[leader.epoch()].fetches[replica] = now;
}

}  // namespace gregor::raft::test
