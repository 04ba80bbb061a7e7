// Drawing of voter changes (KIP-853): which plans have them, with which spare controllers, what is
// asked for when, and the cuts at which it hurts most: the changes come in bursts, and some bursts
// while a controller hears of its brokers and clients but not of the other controllers.
//
//     n4 leads   ──cut──────────────┐
//     remove n5, remove n6          │ 100 ms … 900 ms later, one right behind the other
//     n5 and n6 elect one of them ──┘
//
// All from streams of their own: the rest of a plan is as it would be without, but for the nodes
// that faults may strike.
#pragma once

#include <cstdint>

#include "sim/simulated/plan.h"

namespace gregor::scenarios::cluster {

/// One plan in `one_in` is to have changes: true, and its topology has what they need. For a plan
/// whose topology is drawn but for this.
[[nodiscard]] bool draw_voter_topology(std::uint64_t one_in, simulated::Plan& plan);

/// The operations and their cuts.
void draw_voter_changes(simulated::Plan& plan);

}  // namespace gregor::scenarios::cluster
