// FollowerReach: how far the log of each replica of a partition came while it stood in each leader
// epoch: no more can it have told the leader of that epoch, and nothing the leader of another.
//
//     n2   | follows in 3, ends at 5 … 9 | follows in 5, ends at 9, is cut to 7, ends at 12 … |
//     in(n2, 3) = 9     in(n2, 4) = -1     in(n2, 5) = 12     in(n2, 6) = -1
//
// It is shown every change of a role, as it happens. What a process had appended as it died nobody
// has seen.
#pragma once

#include <map>
#include <optional>

#include "scenarios/checkers/cluster_view.h"

namespace gregor::scenarios {

class FollowerReach {
public:
    void look(const std::map<NodeId, ReplicaView>& replicas);

    /// -1: it was never in that epoch. Nothing: that is not known, as another process of the node,
    /// or a replica that was taken away since, may have been.
    [[nodiscard]] std::optional<Offset> in(NodeId node, LeaderEpoch epoch) const;

private:
    struct Replica {
        std::uint64_t start = 0;
        std::map<LeaderEpoch, Offset> ends;              // the furthest in each epoch
        LeaderEpoch earlier = protocol::kNoLeaderEpoch;  // the latest of those that are gone
    };

    static void forget(Replica& replica);

    std::map<NodeId, Replica> replicas_;
};

}  // namespace gregor::scenarios
