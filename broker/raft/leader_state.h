// LeaderState: what a leader knows of the replicas that fetch from it, and what follows: the high
// watermark, whether a majority still follows, who is behind.
//
//     voter 1 (self)  flushed ....... 120
//     voter 2         fetches at ..... 110   <- the majority's end: the high watermark, once it is
//     voter 3         fetches at .....  90      above where this leader's epoch began
//
// A replica's fetch offset says that it has all below durable; the leader's own end counts as far
// as it is told that it is flushed.
#pragma once

#include <map>
#include <optional>
#include <vector>

#include "broker/raft/types.h"
#include "broker/raft/voter_set.h"

namespace gregor::raft {

struct ReplicaState {
    ReplicaKey key;
    std::optional<Offset> end_offset;  // nothing before its first fetch
    std::optional<Instant> last_fetch;
    std::optional<Instant> last_caught_up;
    Offset leader_end_at_last_fetch{-1};
    bool has_acknowledged = false;    // it knows this leader
    std::optional<Instant> begun_at;  // when BeginQuorumEpoch was last sent to it
    std::optional<Offset> told_high_watermark;
};

class LeaderState {
public:
    struct Timeouts {
        Duration fetch;
        std::size_t max_observers;
    };
    LeaderState(ReplicaKey self, LeaderEpoch epoch, Offset epoch_start_offset,
                const VoterSet& voters, Instant now, Timeouts timeouts);

    [[nodiscard]] Offset epoch_start_offset() const { return epoch_start_offset_; }
    /// Nothing until a record of this epoch is committed (KAFKA-12619).
    [[nodiscard]] std::optional<Offset> high_watermark() const { return high_watermark_; }

    /// A set that differs by one voter; states of those that stay are kept. True if the high
    /// watermark rose.
    bool update_voters(const VoterSet& voters, Instant now);
    /// The own log is durable to here. True if the high watermark rose.
    bool update_local(Offset flushed);
    /// A valid fetch at `offset`. True if the high watermark rose.
    bool update_replica(const ReplicaKey& key, Offset offset, Offset leader_end, Instant now);
    /// Any fetch of this epoch shows that the replica follows.
    void heard_from(const ReplicaKey& key, Instant now);
    void acknowledged(NodeId voter);
    void told_high_watermark(const ReplicaKey& key);
    [[nodiscard]] bool knows_high_watermark(const ReplicaKey& key) const;

    /// When this leader has to resign, unless a majority fetches before (KAFKA-15489).
    [[nodiscard]] Instant check_quorum_deadline() const;
    /// Voters to be told now that this node leads: those that have not been heard of lately.
    [[nodiscard]] std::vector<NodeId> to_begin(Instant now) const;
    [[nodiscard]] Instant next_begin() const;
    void begun(NodeId voter, Instant now);

    /// Whether it has fetched to the end within the last hour, as Kafka asks of a new voter.
    [[nodiscard]] bool is_caught_up(const ReplicaKey& key, Instant now) const;
    /// Voters but this one, the most caught up first.
    [[nodiscard]] std::vector<ReplicaKey> successors() const;
    [[nodiscard]] const std::map<NodeId, ReplicaState>& voters() const { return voters_; }
    [[nodiscard]] const std::map<ReplicaKey, ReplicaState>& observers() const { return observers_; }

    /// HW <= every majority's end, above the epoch's start; CHECKs.
    void check_invariants() const;

private:
    [[nodiscard]] const ReplicaState* find(const ReplicaKey& key) const;
    [[nodiscard]] ReplicaState* find(const ReplicaKey& key);
    [[nodiscard]] ReplicaState& find_or_add(const ReplicaKey& key, Instant now);
    void forget_observers(Instant now);
    [[nodiscard]] bool raise_high_watermark();
    [[nodiscard]] std::optional<Offset> majority_end() const;
    /// Other voters that make a majority with this one, if it is a voter.
    [[nodiscard]] std::size_t needed_fetchers() const;
    [[nodiscard]] bool is_begin_due(const ReplicaState& voter, Instant now) const;

    ReplicaKey self_;
    LeaderEpoch epoch_;
    Offset epoch_start_offset_;
    Timeouts timeouts_;
    std::map<NodeId, ReplicaState> voters_;  // self too, if it is one
    std::map<ReplicaKey, ReplicaState> observers_;
    std::optional<Offset> high_watermark_;
    std::vector<NodeId> fetched_;  // voters heard of since the quorum was last seen whole
    Instant check_quorum_deadline_;
};

}  // namespace gregor::raft
