// single-node: one broker with its disk, several producers and consumers written against the wire,
// and every fault that one node and its clients can meet.
//
// Reading order: plan.cpp (what is drawn), plan_check.h (what else a plan may say), run.cpp (the
// two phases), producer.cpp and consumer.cpp (the clients), platter.h (what the disk itself says),
// ../checkers/partition_history.h (what must hold).
#pragma once

#include <memory>

#include "scenarios/scenario.h"

namespace gregor::scenarios {

[[nodiscard]] std::unique_ptr<Scenario> make_single_node();

namespace single_node {

/// Draws a whole plan from a seed; `given` are checked numbers.
[[nodiscard]] simulated::Plan draw_plan(std::uint64_t seed, const Numbers& given);

[[nodiscard]] RunReport run(const simulated::Plan& plan, const RunOptions& options);

}  // namespace single_node
}  // namespace gregor::scenarios
