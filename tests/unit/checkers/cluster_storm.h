// A storm: three nodes, each broker and controller, producers that never wait for long, and faults
// one after another, all under ClusterInvariants. What it ends with is the first violation, or
// none.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "broker/protocol/records/batch_builder.h"
#include "scenarios/observers/cluster_observer.h"
#include "sim/simulated/fault_injector.h"
#include "tests/unit/server/cluster_world.h"

namespace gregor::scenarios::test {

struct StormOptions {
    std::uint64_t seed = 1;
    Duration duration = 40s;
    /// Kinds that strike, each as likely as the others.
    std::vector<simulated::FaultKind> kinds{
        simulated::FaultKind::kill, simulated::FaultKind::pause, simulated::FaultKind::partition,
        simulated::FaultKind::one_way_partition, simulated::FaultKind::clean_restart};
    /// Between one fault and the next, at most.
    Duration quiet_max = 1500ms;
    Duration look_every = 20ms;
    std::function<void(std::string_view)> trace;
};

struct StormResult {
    std::optional<Violation> violation;
    std::uint64_t observations = 0;
    std::uint64_t comparisons = 0;
    std::uint64_t acknowledged = 0;
    std::uint64_t faults = 0;
    Digest digest;
};

[[nodiscard]] StormResult run_storm(const StormOptions& options);

}  // namespace gregor::scenarios::test
