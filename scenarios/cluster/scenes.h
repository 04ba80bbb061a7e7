// Scenes: faults that belong together, at nodes chosen by what they are when it happens. Each is a
// situation that a cluster must survive and that single faults, drawn each for itself, hardly ever
// make: the second fault has to come within the timeout that the first one has started.
//
//     late news       leaders of a partition come and go while one follower hears nothing of it and
//                     another lags
//     lone leader     the active controller does not hear the other voters; brokers still reach it
//     rivals          the active controller is gone, and voters die just as they are asked to vote
//     in a row        one active controller after the other vanishes, and some voter is slow
//     together        two replicas of a partition and the active controller vanish at once
//     last standing   a leader loses all its followers, and then its power
//     laggard         a follower with a slow disk goes on fetching and never arrives
#pragma once

#include <cstdint>

#include "sim/simulated/plan.h"

namespace gregor::scenarios::cluster {

/// To a plan whose topology, workload, settings and duration are drawn. From a stream of its own.
void add_scenes(std::int64_t count, simulated::Plan& plan);

}  // namespace gregor::scenarios::cluster
