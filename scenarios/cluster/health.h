// Health: what must come right once the faults are over, and who is stuck if it does not.
#pragma once

#include <string>
#include <vector>

#include "scenarios/cluster/nodes.h"
#include "scenarios/judge.h"

namespace gregor::scenarios::cluster {

/// Every node that is not cut off serves, one controller is active and everybody has read what it
/// decided, every broker is unfenced, every partition has its leader and its whole in-sync set, and
/// all replicas end where their high watermark is (V1, V2, V4). Empty if so; else what is not, one
/// party after the other.
[[nodiscard]] std::string what_is_stuck(Nodes& nodes);

/// R3, L1, L2 when all is at rest: the replicas of every partition are equal to the byte, as their
/// disks say.
void compare_disks(const Nodes& nodes, Judge& judge);

}  // namespace gregor::scenarios::cluster
