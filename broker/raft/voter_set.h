// VoterSet: who votes, under which directory id, and where each is to be found (KIP-853).
//
// A value: a change makes another set. Sets that follow one another differ by one voter, so that
// any majority of one shares a voter with any majority of the next.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string_view>
#include <vector>

#include "broker/protocol/messages/control_records.h"
#include "broker/raft/types.h"

namespace gregor::raft {

/// The kraft.version levels that this code knows: 0 static voters, 1 voters in the log (KIP-853).
inline constexpr std::int16_t kMinKRaftVersion = 0;
inline constexpr std::int16_t kMaxKRaftVersion = 1;

struct Voter {
    ReplicaKey key;
    std::vector<Endpoint> endpoints;
    std::int16_t min_kraft_version = kMinKRaftVersion;
    std::int16_t max_kraft_version = kMaxKRaftVersion;

    friend bool operator==(const Voter&, const Voter&) = default;
};

class VoterSet {
public:
    VoterSet() = default;
    explicit VoterSet(const std::vector<Voter>& voters);
    [[nodiscard]] static VoterSet from_record(const protocol::VotersRecord& record);
    [[nodiscard]] protocol::VotersRecord to_record() const;

    [[nodiscard]] const std::map<NodeId, Voter>& voters() const { return voters_; }
    [[nodiscard]] std::size_t size() const { return voters_.size(); }
    [[nodiscard]] bool empty() const { return voters_.empty(); }
    /// Votes that win.
    [[nodiscard]] std::size_t majority() const { return voters_.size() / 2 + 1; }
    [[nodiscard]] const Voter* find(NodeId id) const;
    [[nodiscard]] bool contains_id(NodeId id) const { return find(id) != nullptr; }
    /// Whether the replica is a voter; a directory id that one side does not know matches.
    [[nodiscard]] bool is_voter(const ReplicaKey& key) const;
    [[nodiscard]] bool is_only_voter(const ReplicaKey& key) const {
        return size() == 1 && is_voter(key);
    }
    /// The voter's endpoint of a listener; nothing if there is none.
    [[nodiscard]] std::optional<Endpoint> endpoint_of(NodeId id, std::string_view listener) const;

    /// The set with this voter added or in the place of the one with its id.
    [[nodiscard]] VoterSet with(Voter voter) const;
    [[nodiscard]] VoterSet without(NodeId id) const;
    /// Whether one step leads from one to the other: at most one voter differs.
    [[nodiscard]] bool is_one_step_from(const VoterSet& other) const;

    friend bool operator==(const VoterSet&, const VoterSet&) = default;

private:
    std::map<NodeId, Voter> voters_;
};

[[nodiscard]] bool same_replica(const ReplicaKey& a, const ReplicaKey& b);

/// The endpoint of this name in a list.
[[nodiscard]] std::optional<Endpoint> find_endpoint(const std::vector<Endpoint>& endpoints,
                                                    std::string_view listener);

}  // namespace gregor::raft
