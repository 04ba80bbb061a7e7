// O1: what the nodes show at GET /metrics when all is at rest is what the cluster is. Whoever
// watches a cluster sees nothing else of it.
#pragma once

#include <string>

#include "scenarios/cluster/nodes.h"

namespace gregor::scenarios::cluster {

/// Empty if it is so; else each series that says something else. When nothing is stuck (health.h)
/// it becomes so within moments: a broker acts on an image a little after it was published.
[[nodiscard]] std::string what_metrics_get_wrong(const Nodes& nodes);

}  // namespace gregor::scenarios::cluster
