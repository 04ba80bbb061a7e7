// GroupObserver: looks at the coordinators of consumer groups on all running nodes and holds what
// they believe against what may be.
//
//     G2   two nodes coordinate one partition of __consumer_offsets in one leader epoch
//     G4   a consumer group (KIP-848) counts one partition to two members: who is to have it is
//          told so before who has it has given it up
//     G5   a group counts two members under one group.instance.id: one was replaced by the other,
//          and is given partitions all the same (KIP-345)
#pragma once

#include <cstdint>

#include "broker/server/node.h"
#include "scenarios/judge.h"

namespace gregor::scenarios {

class GroupObserver {
public:
    explicit GroupObserver(Judge& judge) : judge_(judge) {}

    /// Between two events. Nodes that do not run are nullptr.
    void observe(const std::vector<server::Node*>& nodes);

private:
    void look_at(protocol::NodeId node, const coordinator::GroupCoordinator& coordinator);

    Judge& judge_;
};

}  // namespace gregor::scenarios
