// Tuning: somebody who changes the settings of topics while the cluster runs, and what must come of
// that: every broker acts by the settings that it has read (M2).
#pragma once

#include "scenarios/clients/workload.h"
#include "scenarios/cluster/nodes.h"

namespace gregor::scenarios::cluster {

/// The body of a client, of plans with `tuning = 1`: sizes of segments, how dense indexes are, and
/// min.insync.replicas, up to what the plan says.
void run_tuning(clients::Workload& workload, Runtime& runtime);

/// At any time: what each replica's log and partition go by is what the broker's image says.
void check_settings(const Nodes& nodes, Judge& judge);

}  // namespace gregor::scenarios::cluster
