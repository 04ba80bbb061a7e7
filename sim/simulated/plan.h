// Plan: everything a run is made of, as data. A seed is first expanded into a plan by its scenario;
// the plan can be printed, saved as TOML, edited, shrunk, committed and run again. What is drawn
// below the plan (latencies, which sectors survive) comes from the seed's streams.
//
//     scenario = "single-node"
//     seed = 42
//     duration = "30s"
//     [workload]
//     producers = 3
//     [broker]
//     "log.segment.bytes" = "65536"
//     [[fault]]
//     kind = "power-loss"
//     node = "n1"
//     cue = { event = "log_flushed", node = "n1", occurrence = 3 }
//     duration = "500ms"
//     [[operation]]
//     kind = "reassign"
//     at = "4200ms"
//     target = "t0-1"
//     nodes = [2, 3]
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "sim/base/result.h"
#include "sim/simulated/fault.h"
#include "sim/simulated/sim_disk.h"
#include "sim/simulated/sim_network.h"

namespace gregor::simulated {

/// What an administrator does, and when. Which kinds there are, and what they take, is the
/// scenario's business.
struct Operation {
    std::string kind;
    /// Since the start of the run.
    Duration at{};
    std::string target;
    std::vector<std::int64_t> nodes;
    std::int64_t amount = 0;

    friend bool operator==(const Operation&, const Operation&) = default;
};

struct Plan {
    std::string scenario;
    std::uint64_t seed = 0;
    /// How long faults may happen; the liveness phase follows.
    Duration duration{};
    /// The scenario's own numbers, by name.
    std::map<std::string, std::int64_t> workload;
    /// Settings of every broker, by Kafka's keys.
    std::map<std::string, std::string> broker;
    NetworkModel network;
    DiskModel disk;
    std::vector<Fault> faults;
    std::vector<Operation> operations;
};

struct PlanError {
    std::string message;  // with line and column where the text is at fault
};

[[nodiscard]] std::string to_toml(const Plan& plan);
/// Refuses unknown keys, kinds and units by name.
[[nodiscard]] Result<Plan, PlanError> parse_plan(std::string_view toml);

/// "250us", "1500ms", "3s": an integer and a unit of ns, us, ms, s, m.
[[nodiscard]] Result<Duration, PlanError> parse_duration(std::string_view text);

/// One line: "power-loss n1 at 3.2s for 500ms".
[[nodiscard]] std::string to_string(const Fault& fault);
/// One line: "reassign t0-1 to 2,3 at 4.2s amount 20000".
[[nodiscard]] std::string to_string(const Operation& operation);

}  // namespace gregor::simulated
