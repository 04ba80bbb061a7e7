// LaggingFollowers: since when each follower that a leader counts on has not caught up with it, by
// Kafka's rule: a follower has caught up as of the moment at which the log ended where it is now.
//
//     leader's end    10      12      15      15
//     follower         8      10      12      15
//     caught up as of  -      1st     2nd     4th look
//
// A leader asks for an in-sync set without those that lag longer than replica.lag.time.max.ms; it
// looks for them every half of that. What it asks for, and what changes otherwise, begins anew.
#pragma once

#include <map>
#include <optional>

#include "scenarios/checkers/cluster_view.h"

namespace gregor::scenarios {

class LaggingFollowers {
public:
    /// Looks at a leader. The member of its in-sync set that has lagged for longer than `bound`
    /// without a word, if any.
    [[nodiscard]] std::optional<NodeId> look(NodeId leader, const ReplicaView& replica, Instant now,
                                             Duration bound);
    /// It does not lead.
    void forget() { members_.clear(); }

private:
    struct Member {
        Offset target;  // where the leader's log ended at `since`
        Instant since;
    };

    std::int32_t partition_epoch_ = -1;
    LeaderEpoch leader_epoch_ = protocol::kNoLeaderEpoch;
    std::map<NodeId, Member> members_;
};

}  // namespace gregor::scenarios
