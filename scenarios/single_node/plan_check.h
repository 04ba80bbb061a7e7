// What a plan of single-node may hold, whoever wrote it: a drawing, an editor, --workload. What is
// wrong is said in words that say what to write instead.
#pragma once

#include <string>

#include "broker/server/config.h"
#include "scenarios/scenario.h"

namespace gregor::scenarios::single_node {

/// Each of these is a workload number of this scenario, in its range.
[[nodiscard]] Result<void, std::string> check_numbers(const Numbers& numbers);

/// Numbers complete and in range, broker settings that the broker takes, faults that name machines
/// and partitions which are there.
[[nodiscard]] Result<void, std::string> check_plan(const simulated::Plan& plan);

/// How many bytes a batch of these numbers may have, uncompressed.
[[nodiscard]] std::int64_t largest_batch(const Numbers& numbers);

/// The broker's configuration under this plan.
[[nodiscard]] Result<server::Config, std::string> broker_config(const simulated::Plan& plan);

}  // namespace gregor::scenarios::single_node
