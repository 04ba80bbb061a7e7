// What a replica is at a time: one of six roles, each with the state that only it has (KIP-595,
// KIP-996). Every role has an epoch, which never falls.
//
//                  timeout              majority would          majority did
//     Unattached ───────────> Prospective ────────> Candidate ───────────> Leader ──> Resigned
//       ^    ^                 ^     epoch + 1        │                                 │
//       │    └─ no majority ───┘ <── none, backed off ┘            epoch + 1            │
//       └───────────────────────────────────────────────────────────────────────────────┘
//     Follower: from any role, when a leader is known; to Prospective when its fetches go
//     unanswered
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string_view>
#include <variant>
#include <vector>

#include "broker/raft/leader_state.h"
#include "broker/raft/voter_set.h"

namespace gregor::raft {

/// The votes of one election, over the voters that were in force when it began.
class Ballot {
public:
    Ballot() = default;
    explicit Ballot(const VoterSet& voters);

    void record(NodeId voter, bool granted);
    [[nodiscard]] bool is_won() const { return granted().size() >= majority_; }
    /// Whether a majority cannot be reached any more.
    [[nodiscard]] bool is_lost() const;
    [[nodiscard]] bool has_answered(NodeId voter) const;
    [[nodiscard]] std::vector<NodeId> granted() const;

private:
    std::map<NodeId, std::optional<bool>> votes_;
    std::size_t majority_ = 1;
};

/// Knows of no leader that it could fetch from.
struct Unattached {
    LeaderEpoch epoch;
    NodeId leader_id = kNoNode;  // known, but not its endpoint
    std::optional<ReplicaKey> voted;
    Instant election_deadline = kNever;  // an observer's
};

/// Asks whether it would be elected, before it raises the epoch (KIP-996).
struct Prospective {
    LeaderEpoch epoch;
    NodeId leader_id = kNoNode;  // that it followed
    std::vector<Endpoint> leader_endpoints;
    std::optional<ReplicaKey> voted;
    Instant election_deadline;
    Ballot ballot;
};

/// Has voted for itself and asks the others to.
struct Candidate {
    LeaderEpoch epoch;
    Instant election_deadline;
    Ballot ballot;
    std::optional<Instant> backoff_until;  // it has lost, and waits before it asks again
};

struct SnapshotFetch {
    OffsetAndEpoch id;
    std::int64_t position = 0;  // bytes that have come
    bool whole = false;         // the driver is making it durable
};

struct Follower {
    LeaderEpoch epoch;
    NodeId leader_id;
    std::vector<Endpoint> leader_endpoints;
    std::optional<ReplicaKey> voted;
    Instant fetch_deadline;
    bool has_fetched = false;
    std::optional<SnapshotFetch> snapshot;
    Instant update_voter_at{};  // when to tell the leader of changed endpoints at the earliest
    bool has_described_itself = false;  // a static voter, to this leader
};

struct Leader {
    LeaderEpoch epoch;
    LeaderState state;
    /// kraft.version 0: the configured voters that have told who they are, this one among them.
    VoterSet described;
};

/// Led in this epoch, and must not vote in it any more.
struct Resigned {
    LeaderEpoch epoch;
    Instant election_deadline;
    std::vector<ReplicaKey> preferred_successors;
    std::vector<NodeId> unacknowledged;  // who has not heard of the end of the epoch
};

using Role = std::variant<Unattached, Prospective, Candidate, Follower, Leader, Resigned>;

[[nodiscard]] LeaderEpoch epoch_of(const Role& role);
[[nodiscard]] std::string_view name_of(const Role& role);
/// The one table of transitions.
[[nodiscard]] bool is_allowed(const Role& from, const Role& to);

}  // namespace gregor::raft
