// Campaign: many seeds of one scenario. A supervisor hands them to worker processes, one run at a
// time, and goes on with the next seed when a worker dies: a failed CHECK never unwinds, it ends
// its process.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "scenarios/scenario.h"
#include "sim/base/planted.h"

namespace gregor::scenarios {

/// One run of a campaign.
struct Task {
    std::uint64_t seed = 0;
    /// Its place in CampaignOptions::first_plans, or kDrawn: the seed's own plan.
    std::size_t first_plan = kDrawn;

    static constexpr std::size_t kDrawn = SIZE_MAX;
};

struct CampaignOptions {
    const Scenario* scenario = nullptr;
    /// Run before the seeds, as they are.
    std::vector<simulated::Plan> first_plans;
    /// Runs this plan for every seed instead of the scenario's own expansion.
    std::optional<simulated::Plan> plan;
    std::uint64_t first_seed = 1;
    std::uint64_t seeds = 100;
    /// Ends after this much real time; zero: after the seeds.
    Duration time_limit{};
    int jobs = 1;
    bool check_determinism = false;
    bool stop_at_failure = false;
    std::vector<PlantedBug> planted;
    /// Kinds taken out of every plan.
    std::vector<simulated::FaultKind> disabled_faults;
    /// Workload numbers that replace a plan's.
    Numbers workload;
    Invariants mute;
    /// Called in the supervisor as each report comes in.
    std::function<void(const RunReport&, const Task&)> on_report;
};

/// A run that did not pass.
struct FailedRun {
    RunReport report;
    Task task;
};

/// An invariant that was muted, in the runs that violated it.
struct MutedRuns {
    std::uint64_t runs = 0;
    std::uint64_t times = 0;
    std::uint64_t first_seed = 0;  // by arrival
    Violation first;
};

/// The sums of a campaign.
struct CampaignReport {
    std::uint64_t runs = 0;
    std::map<Verdict, std::uint64_t> verdicts;
    /// How often each invariant was the one violated first.
    std::map<std::string, std::uint64_t> violations;
    std::map<std::string, MutedRuns> muted;
    std::vector<FailedRun> failures;  // the first ten, by arrival
    std::map<std::string, std::uint64_t> counts;
    simulated::FaultCounters faults;
    std::vector<simulated::FaultKind> enabled_faults;
    std::map<std::string, std::uint64_t> probes;
    Duration simulated{};
    Duration cpu{};
    std::int64_t largest_worker_kb = 0;  // resident, at its largest

    void add(const RunReport& report, const Task& task);
    /// The worst of its runs'; vacuous without any.
    [[nodiscard]] Verdict verdict() const;
};

/// The plan that the options make of a seed.
[[nodiscard]] simulated::Plan plan_for(const CampaignOptions& options, std::uint64_t seed);

[[nodiscard]] simulated::Plan plan_for(const CampaignOptions& options, const Task& task);

/// One run in this process, twice if determinism is checked. A nondeterministic run names the
/// first event that differs.
[[nodiscard]] RunReport run_task(const CampaignOptions& options, const Task& task);

[[nodiscard]] CampaignReport run_campaign(const CampaignOptions& options);

/// Runs a plan once as it is, in a worker of its own: numbers and disabled faults of the options
/// are in it already.
[[nodiscard]] RunReport run_alone(CampaignOptions options, const simulated::Plan& plan);

/// What tells failures apart: the invariant, and of what ended its process where or how, as in
/// "CHECK broker/log/log.cpp:120".
[[nodiscard]] std::string kind_of(const Violation& violation);

}  // namespace gregor::scenarios
