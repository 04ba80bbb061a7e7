// QuorumInvariants: the metadata log of all nodes, and who leads it.
//
// M1: committed records are never lost or changed, logs agree below their high watermarks, and
// whoever is elected has them all, and shows nothing before a record of its own epoch is committed,
// nor what the disks of a majority could lose.
// M3: one leader and, of each voter, one vote in an epoch, which neither it nor the epoch is
// forgotten when its process ends: whoever forgot may vote again. M10: one change of voters at a
// time, and none before a record of the leader's epoch is committed (KIP-853). V4: a leader that
// the others have replaced ceases to be one in time. L7, of the metadata log: bytes never change.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "scenarios/checkers/cluster_view.h"
#include "scenarios/checkers/committed_log.h"
#include "scenarios/judge.h"

namespace gregor::scenarios {

class QuorumInvariants {
public:
    explicit QuorumInvariants(Judge& judge) : judge_(judge) {}

    using Members = std::map<NodeId, QuorumMemberView>;

    void check(const Members& members, Instant now);
    /// A change of voters that came too early does no harm by itself: it is told when the run has
    /// not shown what it leads to.
    void check_at_end();

private:
    struct Known {
        std::uint64_t start = 0;
        Agreement agreement;
        std::size_t checked = 0;
        bool was_leader = false;
        LeaderEpoch epoch{-1};
        LeaderEpoch settled_epoch{-1};  // on disk, of this process or one before it
        Offset high_watermark{0};
        /// A leader: since when there is one of a later epoch, and it could have noticed.
        Instant replaced_at{};
        Instant busy_at{};
    };

    void check_log(NodeId node, const QuorumMemberView& member, Known& known);
    void check_election(NodeId node, const QuorumMemberView& member, Known& known);
    void check_memory(NodeId node, const QuorumMemberView& member, Known& known);
    void check_raise(NodeId node, const QuorumMemberView& member, const Known& before);
    void check_durable(NodeId node, const QuorumMemberView& member, const Members& members);
    void check_replaced(NodeId node, const QuorumMemberView& member, Known& known, Instant now);
    void check_voter_changes(NodeId node, const QuorumMemberView& member);

    Judge& judge_;
    std::optional<std::string> early_change_;
    CommittedLog committed_;
    EverWritten written_;
    std::map<NodeId, Known> known_;
    std::map<LeaderEpoch, NodeId> leaders_;
    LeaderEpoch latest_elected_{-1};
    std::map<std::pair<NodeId, LeaderEpoch>, NodeId> votes_;
};

}  // namespace gregor::scenarios
