// GroupObserver: looks at the coordinators of consumer groups on all running nodes and holds what
// they believe against what may be.
//
//     G2   two nodes coordinate one partition of __consumer_offsets in one leader epoch
//     G4   a consumer group (KIP-848) counts one partition to two members: who is to have it is
//          told so before who has it, or said so when it joined as a classic one, has given it up
//     G5   a group counts two members under one group.instance.id: one was replaced by the other,
//          and is given partitions all the same (KIP-345)
//     G8   an assignment that was made changes: group_assignments.h
//     V6   somebody is waited for without a limit: group_timers.h
#pragma once

#include <cstdint>
#include <vector>

#include "scenarios/observers/group_assignments.h"
#include "scenarios/observers/group_timers.h"

namespace gregor::scenarios {

class GroupObserver {
public:
    explicit GroupObserver(Judge& judge) : judge_(judge), timers_(judge), assignments_(judge) {}

    /// Between two events.
    void observe(const std::vector<WatchedNode>& nodes);

private:
    void look_at(protocol::NodeId node, const coordinator::GroupCoordinator& coordinator,
                 const metadata::MetadataImage& image);

    Judge& judge_;
    GroupTimers timers_;
    GroupAssignments assignments_;
};

}  // namespace gregor::scenarios
