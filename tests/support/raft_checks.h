// RaftChecks: what must hold of a quorum as a whole (invariants M1, M3, M10, V4), seen from
// outside: from what replicas have on their disks, say to one another, and take for committed.
#pragma once

#include <map>
#include <stdexcept>
#include <string>
#include <vector>

#include "broker/raft/raft.h"
#include "tests/support/raft_disk.h"

namespace gregor::raft::test {

struct Violation : std::runtime_error {
    using std::runtime_error::runtime_error;
};

class RaftChecks {
public:
    /// After each step of a replica: its core, its disk, and what it did.
    void stepped(const Raft& raft, const RaftDisk& disk, const Effects& effects, Instant now);
    /// Disks of all replicas, to see what a majority holds.
    void watch(NodeId node, const RaftDisk* disk) { disks_[node] = disk; }
    /// It answers a vote that it was asked for when its log ended at `own`.
    void voted(const Raft& voter, const OffsetAndEpoch& own, const protocol::VoteRequest& request,
               const protocol::VoteResponse& response);
    void fetched(const Raft& leader, NodeId replica, Instant now);
    void restarted(NodeId node) { high_watermarks_.erase(node); }

    [[nodiscard]] Offset committed() const { return committed_to_; }
    [[nodiscard]] std::size_t commits_checked() const { return commits_checked_; }

private:
    void check_leader(const Raft& raft, const RaftDisk& disk, const Effects& effects, Instant now);
    void check_commit(const Raft& raft, const RaftDisk& disk, const Effects& effects);
    void check_majority(const Raft& raft, const RaftDisk& disk) const;
    void check_voters(const Raft& raft, const Effects& effects);
    void check_heard(const Raft& raft, Instant now);
    [[nodiscard]] bool holds(const RaftDisk& disk, const std::vector<Bytes>& leaders,
                             Offset end) const;

    std::map<NodeId, const RaftDisk*> disks_;
    std::map<NodeId, LeaderEpoch> epochs_;
    std::map<NodeId, Offset> high_watermarks_;
    std::map<LeaderEpoch, NodeId> leaders_;
    std::map<std::pair<LeaderEpoch, NodeId>, NodeId> votes_;
    std::map<Offset, Bytes> committed_;  // by base offset
    Offset committed_to_{0};
    std::size_t commits_checked_ = 0;
    struct Heard {
        Instant since;
        Offset epoch_start;
        std::map<NodeId, Instant> fetches;
        VoterSet voters;
        Instant voters_since;
    };
    std::map<LeaderEpoch, Heard> heard_;
};

}  // namespace gregor::raft::test
