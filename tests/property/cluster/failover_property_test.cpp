// Whole clusters in the simulator: failover keeps every acknowledged record, whatever befalls which
// node and when. RapidCheck draws the faults of a plan; of a plan that fails it leaves out faults,
// brings them forward and makes them short until nothing more can go.
#include <rapidcheck.h>

#include "scenarios/cluster/cluster.h"
#include "sim/base/planted.h"
#include "sim/simulated/plan.h"
#include "tests/support/property.h"

namespace gregor::scenarios {
namespace {

using simulated::Fault;
using simulated::FaultKind;
using simulated::Plan;

constexpr std::array<std::string_view, 3> kNodes{"n1", "n2", "n3"};
constexpr std::int64_t kRunMs = 10'000;
constexpr int kMostFaults = 14;

/// What three replicas in two copies must survive. No loss of power: that may take what none had
/// synced.
constexpr std::array kKinds{FaultKind::kill, FaultKind::pause, FaultKind::clean_restart,
                            FaultKind::partition, FaultKind::one_way_partition};

rc::Gen<Fault> any_fault() {
    const auto place = [] { return rc::gen::inRange<std::size_t>(0, kNodes.size()); };
    return rc::gen::apply(
        [](std::size_t kind, std::size_t node, std::size_t distance, std::int64_t at_ms,
           std::int64_t duration_ms) {
            Fault fault{.kind = kKinds[kind],
                        .at = std::chrono::milliseconds(at_ms),
                        .node = std::string(kNodes[node]),
                        .duration = std::chrono::milliseconds(duration_ms)};
            if (simulated::shape_of(fault.kind).peer) {
                fault.peer = kNodes[(node + distance) % kNodes.size()];
            }
            return fault;
        },
        rc::gen::inRange<std::size_t>(0, kKinds.size()), place(),
        rc::gen::inRange<std::size_t>(1, kNodes.size()), rc::gen::inRange<std::int64_t>(0, kRunMs),
        rc::gen::inRange<std::int64_t>(1, 3000));
}

const Scenario& failover() {
    const Scenario* const scenario = find_scenario("isr-failover");
    REQUIRE(scenario != nullptr);
    return *scenario;
}

/// The scenario's plan of a drawn seed, with these faults for its own.
Plan plan_with(std::uint64_t seed, const std::vector<Fault>& faults) {
    Plan plan = failover().expand(seed, {{"replication_factor", 3}});
    plan.duration = std::chrono::milliseconds(kRunMs);
    plan.faults = faults;
    for (const char* const floor : {"floor_acknowledged", "floor_faults", "floor_crashes"}) {
        plan.workload[floor] = 0;
    }
    return plan;
}

struct Outcome {
    bool holds = true;
    /// Of the smallest plan that failed.
    std::vector<Fault> faults;
    std::string invariant;
    std::uint64_t acknowledged = 0;
};

Outcome check_failover() {
    Outcome outcome;
    // RapidCheck's 100 cases take too long for a test.
    outcome.holds = holds_for(50, [&] {
        const auto seed = *rc::gen::noShrink(rc::gen::inRange<std::uint64_t>(1, 1'000'000));
        const auto faults = *rc::gen::resize(
            kMostFaults,
            rc::gen::container<std::vector<Fault>>(rc::gen::resize(rc::kNominalSize, any_fault())));
        const Plan plan = plan_with(seed, faults);
        RC_LOG() << simulated::to_toml(plan);
        const RunReport report = run_plan(failover(), plan, {});
        outcome.acknowledged += report.counts.at("acknowledged_sends");
        if (report.verdict == Verdict::pass) return;
        outcome.faults = faults;
        outcome.invariant = report.violation ? report.violation->invariant : "";
        RC_FAIL(report.violation ? report.violation->message : report.shortfall);
    });
    return outcome;
}

TEST_CASE("failover keeps every acknowledged record, whatever befalls which node and when") {
    const Outcome outcome = check_failover();
    REQUIRE(outcome.holds);
    REQUIRE(outcome.acknowledged > 0);
}

TEST_CASE("a plan that fails is made small: what is left of it is a failover") {
    plant(PlantedBug::b01_truncate_to_hw, true);
    const Outcome outcome = check_failover();
    plant(PlantedBug::b01_truncate_to_hw, false);
    REQUIRE_FALSE(outcome.holds);
    INFO(outcome.invariant);
    REQUIRE(outcome.faults.size() <= 4);
}

}  // namespace
}  // namespace gregor::scenarios
