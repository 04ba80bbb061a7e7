// What is left at the end, on disks.
#pragma once

#include "scenarios/cluster/nodes.h"
#include "scenarios/judge.h"
#include "sim/simulated/plan.h"

namespace gregor::scenarios::cluster {

/// V7: files of deleted segments and logs that are still there. Where file.delete.delay.ms is
/// short they go soon.
[[nodiscard]] Stuck what_is_left_of_the_deleted(const Nodes& nodes);

/// V7: logs of partitions that their broker has given up, or that were deleted while it was away.
[[nodiscard]] Stuck what_nobody_hosts(const Nodes& nodes);

/// L7: batches that clients sent are stored as the plan's settings say: with which codec
/// (compression.type), and whose time (message.timestamp.type).
void check_formats(const Nodes& nodes, const simulated::Plan& plan, Judge& judge);

}  // namespace gregor::scenarios::cluster
