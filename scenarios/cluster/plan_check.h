// What a plan of a cluster may hold, whoever wrote it. What is wrong is said in words that say what
// to write instead.
#pragma once

#include <string>
#include <vector>

#include "broker/raft/voter_set.h"
#include "broker/server/config.h"
#include "scenarios/cluster/drawing.h"
#include "scenarios/scenario.h"

namespace gregor::scenarios::cluster {

[[nodiscard]] Result<void, std::string> check_numbers(const Drawing& drawing,
                                                      const Numbers& numbers);
[[nodiscard]] Result<void, std::string> check_plan(const Drawing& drawing,
                                                   const simulated::Plan& plan);

/// The configuration of each node, n1 first; brokers come before controllers apart from them.
[[nodiscard]] Result<std::vector<server::Config>, std::string> node_configs(
    const simulated::Plan& plan);

/// What the quorum is formatted with; empty: the voters are configured.
[[nodiscard]] raft::VoterSet initial_voters(const simulated::Plan& plan);

}  // namespace gregor::scenarios::cluster
