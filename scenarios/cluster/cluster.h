// cluster: several brokers and a quorum of controllers, clients that find their way among them, and
// every fault that machines and the links between them can meet. One engine, run by several
// scenarios that differ in what they draw.
//
// Reading order: drawing.h (what the scenarios are), plan.cpp (what is drawn), plan_check.h (what
// else a plan may say), run.cpp (the two phases), ../clients (who works with the cluster), atlas.h
// (what may be lost, and when), health.h (what must have come right at the end).
#pragma once

#include <memory>
#include <vector>

#include "scenarios/scenario.h"

namespace gregor::scenarios {

namespace cluster {
struct Drawing;
}

/// Every scenario of clusters.
[[nodiscard]] std::vector<std::unique_ptr<Scenario>> make_clusters();
/// One more; the drawing outlives it.
[[nodiscard]] std::unique_ptr<Scenario> make_cluster(const cluster::Drawing& drawing);

}  // namespace gregor::scenarios
