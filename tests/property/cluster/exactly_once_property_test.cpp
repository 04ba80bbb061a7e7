// Whole clusters in the simulator, and a pipeline on them: what has come out is the image of what
// went in, each input once, whatever befalls which broker or program and when. RapidCheck draws the
// faults of a plan, and makes one that fails small.
#include <rapidcheck.h>

#include "scenarios/scenario.h"
#include "sim/base/planted.h"
#include "sim/simulated/plan.h"
#include "tests/support/catch.h"

namespace gregor::scenarios {
namespace {

using simulated::Fault;
using simulated::FaultKind;
using simulated::Plan;

/// Brokers, and those who have a part in a transaction; programs.
constexpr std::array<std::string_view, 7> kBrokers{"n1",
                                                   "n2",
                                                   "n3",
                                                   "leader-of-__transaction_state-0",
                                                   "coordinator-of-g0",
                                                   "leader-of-t0-0",
                                                   "leader-of-t1-0"};
constexpr std::array<std::string_view, 3> kPrograms{"c0", "c1", "c2"};
constexpr std::int64_t kRunMs = 10'000;
constexpr int kMostFaults = 10;

/// Of either; and between a program and a broker.
constexpr std::array kOfOne{FaultKind::kill, FaultKind::pause, FaultKind::clean_restart};
constexpr std::array kBetween{FaultKind::partition, FaultKind::one_way_partition, FaultKind::clog,
                              FaultKind::freeze_in_frame};

template <class Choices>
auto one_of(const Choices& choices) {
    return rc::gen::map(rc::gen::inRange<std::size_t>(0, choices.size()),
                        [&choices](std::size_t place) { return choices[place]; });
}

rc::Gen<Fault> any_fault() {
    return rc::gen::apply(
        [](int form, FaultKind of_one, FaultKind between, std::string_view broker,
           std::string_view program, std::int64_t at_ms, std::int64_t duration_ms) {
            Fault fault{.kind = form == 0 ? between : of_one,
                        .at = std::chrono::milliseconds(at_ms),
                        .node = std::string(form == 1 ? broker : program),
                        .duration = std::chrono::milliseconds(duration_ms)};
            if (form == 0) fault.peer = broker;
            return fault;
        },
        rc::gen::inRange(0, 3), one_of(kOfOne), one_of(kBetween), one_of(kBrokers),
        one_of(kPrograms), rc::gen::inRange<std::int64_t>(0, kRunMs),
        rc::gen::inRange<std::int64_t>(1, 5000));
}

const Scenario& exactly_once() {
    const Scenario* const scenario = find_scenario("exactly-once");
    REQUIRE(scenario != nullptr);
    return *scenario;
}

/// The scenario's plan of a drawn seed, with these faults for its own.
Plan plan_with(std::uint64_t seed, const std::vector<Fault>& faults) {
    Plan plan = exactly_once().expand(seed, {});
    plan.duration = std::chrono::milliseconds(kRunMs);
    plan.faults = faults;
    for (const char* const floor :
         {"floor_acknowledged", "floor_faults", "floor_crashes", "floor_application"}) {
        plan.workload[floor] = 0;
    }
    return plan;
}

struct Outcome {
    bool holds = true;
    /// Of the smallest plan that failed.
    std::vector<Fault> faults;
    std::string invariant;
    std::uint64_t committed = 0;
};

Outcome check_pipeline(int plans) {
    Outcome outcome;
    rc::detail::TestParams params = rc::detail::configuration().testParams;
    params.maxSuccess = plans;
    const auto result = rc::detail::checkTestable(
        [&] {
            const auto seed = *rc::gen::noShrink(rc::gen::inRange<std::uint64_t>(1, 1'000'000));
            const auto faults =
                *rc::gen::resize(kMostFaults, rc::gen::container<std::vector<Fault>>(
                                                  rc::gen::resize(rc::kNominalSize, any_fault())));
            const Plan plan = plan_with(seed, faults);
            RC_LOG() << simulated::to_toml(plan);
            const RunReport report = run_plan(exactly_once(), plan, {});
            outcome.committed += report.counts.at("committed_transactions");
            if (report.verdict == Verdict::pass) return;
            outcome.faults = faults;
            outcome.invariant = report.violation ? report.violation->invariant : "";
            RC_FAIL(report.violation ? report.violation->message : report.shortfall);
        },
        rc::detail::TestMetadata{}, params);
    outcome.holds = result.is<rc::detail::SuccessResult>();
    if (!outcome.holds) UNSCOPED_INFO(result);
    return outcome;
}

TEST_CASE("what comes out of a pipeline is the image of what went in, whatever befalls whom") {
    const Outcome outcome = check_pipeline(40);
    REQUIRE(outcome.holds);
    REQUIRE(outcome.committed > 100);
}

TEST_CASE("a pipeline that reads beyond the last stable offset is found, with hardly a fault") {
    plant(PlantedBug::b28_lso_off_by_one, true);
    const Outcome outcome = check_pipeline(20);
    plant(PlantedBug::b28_lso_off_by_one, false);
    REQUIRE_FALSE(outcome.holds);
    INFO(outcome.invariant);
    REQUIRE(outcome.faults.size() <= 2);
}

}  // namespace
}  // namespace gregor::scenarios
