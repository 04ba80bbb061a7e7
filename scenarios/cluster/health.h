// Health: what must come right once the faults are over, and who is stuck if it does not.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "scenarios/cluster/nodes.h"
#include "scenarios/judge.h"

namespace gregor::scenarios::cluster {

/// Every node that is not cut off serves, one controller is active and everybody has read what it
/// decided, every broker is unfenced (V4), every partition has its leader (V1) and its whole
/// in-sync set, all replicas end where their high watermark is (V2), and the controller knows in
/// which log directories they lie (V7). The invariant is the first of these that does not hold: the
/// others wait for it.
[[nodiscard]] Stuck what_is_stuck(Nodes& nodes);

/// V3, at any time: who waits to have written something is told as soon as another broker leads.
void check_waiting_sends(const Nodes& nodes, Judge& judge);

/// V1 of who is well: leaderships go back to the preferred replicas, which are in sync, within
/// leader.imbalance.check.interval.seconds.
[[nodiscard]] Stuck who_does_not_lead_again(Nodes& nodes);

/// T4: transactions that nobody ends any more, once nobody begins one: the last stable offset of
/// every partition is its high watermark, and no coordinator has one under way.
[[nodiscard]] Stuck what_is_undecided(const Nodes& nodes);

/// R3, L1, L2 when all is at rest: the replicas of every partition are equal to the byte, as their
/// disks say.
void compare_disks(const Nodes& nodes, Judge& judge);

}  // namespace gregor::scenarios::cluster
