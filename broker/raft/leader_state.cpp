#include "broker/raft/leader_state.h"

#include <algorithm>
#include <utility>

#include "sim/base/check.h"
#include "sim/base/planted.h"
#include "sim/base/probe.h"

namespace gregor::raft {
namespace {

/// As Kafka has them: how long an observer is listed, and how fresh a new voter's fetch must be.
constexpr Duration kObserverSession = 300s;
constexpr Duration kCaughtUpWithin = 3600s;

}  // namespace

LeaderState::LeaderState(ReplicaKey self, LeaderEpoch epoch, Offset epoch_start_offset,
                         const VoterSet& voters, Instant now, Timeouts timeouts)
    : self_(self),
      epoch_(epoch),
      epoch_start_offset_(epoch_start_offset),
      timeouts_(timeouts),
      check_quorum_deadline_(deadline_after(now, timeouts.fetch * 3 / 2)) {
    for (const auto& [id, voter] : voters.voters()) {
        voters_.emplace(id, ReplicaState{.key = voter.key, .has_acknowledged = id == self.id});
    }
}

bool LeaderState::update_voters(const VoterSet& voters, Instant now) {
    std::map<NodeId, ReplicaState> next;
    for (const auto& [id, voter] : voters.voters()) {
        ReplicaState state{.key = voter.key, .has_acknowledged = id == self_.id};
        const auto old = voters_.find(id);
        const auto observer = observers_.find(voter.key);
        if (old != voters_.end() && same_replica(old->second.key, voter.key)) {
            state = old->second;
            voters_.erase(old);
        } else if (observer != observers_.end()) {
            state = observer->second;
            observers_.erase(observer);
        }
        next.emplace(id, std::move(state));
    }
    for (auto& [id, state] : voters_) {
        if (id != self_.id) observers_.insert_or_assign(state.key, std::move(state));
    }
    voters_ = std::move(next);
    std::erase_if(fetched_, [&](NodeId id) { return !voters_.contains(id); });
    check_quorum_deadline_ =
        std::max(check_quorum_deadline_, deadline_after(now, timeouts_.fetch / 2));
    return raise_high_watermark();
}

bool LeaderState::update_local(Offset flushed) {
    const auto it = voters_.find(self_.id);
    if (it == voters_.end()) return raise_high_watermark();
    CHECK(!it->second.end_offset || *it->second.end_offset <= flushed);
    it->second.end_offset = flushed;
    return raise_high_watermark();
}

bool LeaderState::update_replica(const ReplicaKey& key, Offset offset, Offset leader_end,
                                 Instant now) {
    ReplicaState& replica = find_or_add(key, now);
    if (offset >= leader_end) {
        replica.last_caught_up = now;
    } else if (replica.leader_end_at_last_fetch > Offset(0) &&
               offset >= replica.leader_end_at_last_fetch && replica.last_fetch) {
        replica.last_caught_up =
            std::max(replica.last_caught_up.value_or(*replica.last_fetch), *replica.last_fetch);
    }
    replica.leader_end_at_last_fetch = leader_end;
    replica.last_fetch = now;
    replica.end_offset = offset;
    replica.has_acknowledged = true;
    return raise_high_watermark();
}

void LeaderState::heard_from(const ReplicaKey& key, Instant now) {
    const auto it = voters_.find(key.id);
    if (it == voters_.end() || !same_replica(it->second.key, key)) return;
    it->second.has_acknowledged = true;
    it->second.last_fetch = now;
    if (std::ranges::find(fetched_, key.id) == fetched_.end()) fetched_.push_back(key.id);
    if (fetched_.size() < needed_fetchers()) return;
    fetched_.clear();
    check_quorum_deadline_ = deadline_after(now, timeouts_.fetch * 3 / 2);
}

Instant LeaderState::check_quorum_deadline() const {
    return needed_fetchers() == 0 ? kNever : check_quorum_deadline_;
}

void LeaderState::acknowledged(NodeId voter) {
    const auto it = voters_.find(voter);
    if (it != voters_.end()) it->second.has_acknowledged = true;
}

void LeaderState::told_high_watermark(const ReplicaKey& key) {
    ReplicaState* replica = find(key);
    if (replica != nullptr) replica->told_high_watermark = high_watermark_;
}

bool LeaderState::knows_high_watermark(const ReplicaKey& key) const {
    const ReplicaState* replica = find(key);
    return replica != nullptr && replica->told_high_watermark == high_watermark_;
}

std::vector<NodeId> LeaderState::to_begin(Instant now) const {
    std::vector<NodeId> due;
    for (const auto& [id, voter] : voters_) {
        if (id != self_.id && is_begin_due(voter, now)) due.push_back(id);
    }
    return due;
}

Instant LeaderState::next_begin() const {
    Instant next = kNever;
    for (const auto& [id, voter] : voters_) {
        if (id == self_.id) continue;
        const Instant last =
            std::max(voter.begun_at.value_or(Instant{}), voter.last_fetch.value_or(Instant{}));
        next = std::min(next, deadline_after(last, timeouts_.fetch / 2));
    }
    return next;
}

void LeaderState::begun(NodeId voter, Instant now) {
    const auto it = voters_.find(voter);
    if (it != voters_.end()) it->second.begun_at = now;
}

bool LeaderState::is_caught_up(const ReplicaKey& key, Instant now) const {
    const ReplicaState* replica = find(key);
    return replica != nullptr && replica->last_caught_up && replica->last_fetch &&
           now - *replica->last_fetch < kCaughtUpWithin;
}

std::vector<ReplicaKey> LeaderState::successors() const {
    std::vector<const ReplicaState*> others;
    for (const auto& [id, voter] : voters_) {
        if (id != self_.id) others.push_back(&voter);
    }
    std::ranges::stable_sort(others, std::ranges::greater{}, [](const ReplicaState* voter) {
        return voter->end_offset.value_or(protocol::kNoOffset);
    });
    std::vector<ReplicaKey> keys;
    for (const ReplicaState* voter : others) keys.push_back(voter->key);
    return keys;
}

void LeaderState::check_invariants() const {
    if (!high_watermark_) return;
    if (!PLANTED(b14_raft_commit_prior_epoch)) {
        CHECK(*high_watermark_ > epoch_start_offset_, "hw {} of epoch {} that begins at {}",
              *high_watermark_, epoch_, epoch_start_offset_);
    }
}

const ReplicaState* LeaderState::find(const ReplicaKey& key) const {
    const auto voter = voters_.find(key.id);
    if (voter != voters_.end() && same_replica(voter->second.key, key)) return &voter->second;
    const auto observer = observers_.find(key);
    return observer == observers_.end() ? nullptr : &observer->second;
}

ReplicaState* LeaderState::find(const ReplicaKey& key) {
    return const_cast<ReplicaState*>(std::as_const(*this).find(key));
}

ReplicaState& LeaderState::find_or_add(const ReplicaKey& key, Instant now) {
    const auto voter = voters_.find(key.id);
    if (voter != voters_.end() && same_replica(voter->second.key, key)) {
        voter->second.key = key;  // static voters tell their directory with their fetches
        return voter->second;
    }
    if (!observers_.contains(key)) forget_observers(now);
    return observers_.try_emplace(key, ReplicaState{.key = key}).first->second;
}

void LeaderState::forget_observers(Instant now) {
    std::erase_if(observers_, [&](const auto& entry) {
        const auto& last = entry.second.last_fetch;
        return !last || now - *last >= kObserverSession;
    });
    if (observers_.size() < timeouts_.max_observers) return;
    PROBE("a quorum leader forgot an observer for want of room");
    observers_.erase(std::ranges::min_element(
        observers_, {}, [](const auto& entry) { return *entry.second.last_fetch; }));
}

bool LeaderState::raise_high_watermark() {
    const std::optional<Offset> end = majority_end();
    if (!end) return false;
    // A record of an earlier epoch is committed only with one of this epoch (Raft 5.4.2).
    const bool own_epoch =
        PLANTED(b14_raft_commit_prior_epoch) ? *end >= Offset(0) : *end > epoch_start_offset_;
    if (!own_epoch) return false;
    if (high_watermark_ && *end <= *high_watermark_) return false;
    high_watermark_ = *end;
    return true;
}

std::optional<Offset> LeaderState::majority_end() const {
    std::vector<Offset> ends;
    for (const auto& [id, voter] : voters_) {
        ends.push_back(voter.end_offset.value_or(protocol::kNoOffset));
    }
    if (ends.empty()) return std::nullopt;
    std::ranges::sort(ends, std::ranges::greater{});
    const Offset end = ends[ends.size() / 2];
    if (end == protocol::kNoOffset) return std::nullopt;
    return end;
}

std::size_t LeaderState::needed_fetchers() const {
    const std::size_t own = voters_.contains(self_.id) ? 1 : 0;
    return voters_.size() / 2 + 1 - own;
}

bool LeaderState::is_begin_due(const ReplicaState& voter, Instant now) const {
    const Instant last =
        std::max(voter.begun_at.value_or(Instant{}), voter.last_fetch.value_or(Instant{}));
    const bool is_first = !voter.begun_at && !voter.has_acknowledged;
    return is_first || now >= deadline_after(last, timeouts_.fetch / 2);
}

}  // namespace gregor::raft
