#include "scenarios/scenario.h"

#include <algorithm>
#include <ctime>

#include "scenarios/cluster/cluster.h"
#include "scenarios/single_node/single_node.h"
#include "sim/base/check.h"
#include "sim/base/probe.h"

namespace gregor::scenarios {
namespace {

/// CPU time of this process, for figures only.
Duration cpu_time() {
    timespec time{};
    CHECK(::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time) == 0);
    return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

std::vector<std::unique_ptr<Scenario>> make_scenarios() {
    std::vector<std::unique_ptr<Scenario>> all;
    all.push_back(make_single_node());
    for (auto& scenario : make_clusters()) all.push_back(std::move(scenario));
    return all;
}

}  // namespace

std::string_view name(Verdict verdict) {
    switch (verdict) {
        case Verdict::pass: return "pass";
        case Verdict::violated: return "violated";
        case Verdict::vacuous: return "vacuous";
        case Verdict::muted: return "muted";
        case Verdict::nondeterministic: return "nondeterministic";
    }
    UNREACHABLE();
}

int exit_code(Verdict verdict) {
    switch (verdict) {
        case Verdict::pass: return 0;
        case Verdict::violated: return 1;
        case Verdict::vacuous:
        case Verdict::muted: return 2;
        case Verdict::nondeterministic: return 3;
    }
    UNREACHABLE();
}

const std::vector<std::unique_ptr<Scenario>>& scenarios() {
    static const std::vector<std::unique_ptr<Scenario>> kAll = make_scenarios();
    return kAll;
}

const Scenario* find_scenario(std::string_view wanted) {
    for (const auto& scenario : scenarios()) {
        if (scenario->name() == wanted) return scenario.get();
    }
    return nullptr;
}

RunReport run_plan(const Scenario& scenario, const simulated::Plan& plan,
                   const RunOptions& options) {
    reset_probes();
    const Duration before = cpu_time();
    RunReport report = scenario.run(plan, options);
    report.cpu = cpu_time() - before;
    report.scenario = scenario.name();
    report.seed = plan.seed;
    for (const simulated::Fault& fault : plan.faults) {
        if (std::find(report.enabled_faults.begin(), report.enabled_faults.end(), fault.kind) ==
            report.enabled_faults.end()) {
            report.enabled_faults.push_back(fault.kind);
        }
    }
    for (const ProbeSite& probe : probe_sites()) {
        if (probe.name == nullptr) continue;
        report.probes[probe.name] += probe.hits;
    }
    if (report.violation) {
        report.verdict = Verdict::violated;
    } else if (!report.shortfall.empty()) {
        report.verdict = Verdict::vacuous;
    } else if (!report.muted.empty()) {
        report.verdict = Verdict::muted;
    }
    return report;
}

}  // namespace gregor::scenarios
