// What the shrinker leaves of a plan, when a function stands in for the run.
#include "scenarios/gregor/shrinker.h"

#include <algorithm>

#include "tests/support/catch.h"

using namespace gregor;
using namespace gregor::scenarios;
using simulated::Fault;
using simulated::FaultKind;
using simulated::Plan;

namespace {

/// Twenty faults, c0 to c19; numbers, settings and models that a scenario could have drawn.
Plan big_plan() {
    Plan plan;
    plan.scenario = "none";
    plan.duration = 40s;
    plan.workload = {{"clients", 3}, {"record_bytes", 1500}};
    plan.broker = {{"a", "1"}, {"b", "2"}, {"c", "3"}};
    plan.network.latency_max = 5ms;
    plan.disk.sync_max = 20ms;
    for (int i = 0; i < 20; ++i) {
        plan.faults.push_back({.kind = FaultKind::partition,
                               .at = std::chrono::seconds(i),
                               .node = fmt::format("c{}", i),
                               .duration = 2500ms});
    }
    return plan;
}

bool has(const Plan& plan, std::string_view node) {
    return std::any_of(plan.faults.begin(), plan.faults.end(),
                       [&](const Fault& fault) { return fault.node == node; });
}

std::string nodes_of(const Plan& plan) {
    std::string text;
    for (const Fault& fault : plan.faults) text += (text.empty() ? "" : " ") + fault.node;
    return text;
}

/// Options under which a plan fails while `fails` says so, at no known time.
ShrinkOptions failing_while(std::function<bool(const Plan&)> fails) {
    ShrinkOptions options;
    options.is_valid = [](const Plan&) { return true; };
    options.run = [fails = std::move(fails)](const Plan& plan) {
        return fails(plan) ? std::optional<Failure>(Failure{}) : std::nullopt;
    };
    return options;
}

}  // namespace

TEST_CASE("of twenty faults the two stay that fail only together, wherever they are") {
    for (const auto& [a, b] : {std::pair{"c0", "c19"}, std::pair{"c3", "c4"},
                               std::pair{"c9", "c10"}, std::pair{"c7", "c16"}}) {
        const Shrunk shrunk =
            shrink(big_plan(), {},
                   failing_while([&](const Plan& plan) { return has(plan, a) && has(plan, b); }));
        REQUIRE(nodes_of(shrunk.plan) == fmt::format("{} {}", a, b));
        REQUIRE(shrunk.is_minimal);
    }
}

TEST_CASE("of the operations those stay that a failure needs, as early and as small as can be") {
    Plan plan = big_plan();
    for (int i = 0; i < 8; ++i) {
        plan.operations.push_back({.kind = "reassign",
                                   .at = std::chrono::seconds(i),
                                   .target = fmt::format("t0-{}", i),
                                   .nodes = {1, 2},
                                   .amount = 3000});
    }
    const Shrunk shrunk = shrink(plan, {}, failing_while([](const Plan& candidate) {
                                     return std::ranges::any_of(
                                         candidate.operations,
                                         [](const auto& each) { return each.target == "t0-5"; });
                                 }));
    REQUIRE(shrunk.plan.faults.empty());
    REQUIRE(shrunk.plan.operations.size() == 1);
    REQUIRE(to_string(shrunk.plan.operations.front()) == "reassign t0-5 to 1,2 at 0s");
}

TEST_CASE("a plan that fails whatever is in it shrinks to nothing") {
    const Shrunk shrunk = shrink(big_plan(), {}, failing_while([](const Plan&) { return true; }));
    REQUIRE(shrunk.plan.faults.empty());
    REQUIRE(shrunk.plan.broker.empty());
    REQUIRE(shrunk.plan.workload ==
            std::map<std::string, std::int64_t>{{"clients", 0}, {"record_bytes", 0}});
    REQUIRE(shrunk.plan.network.latency_min == shrunk.plan.network.latency_max);
    REQUIRE(shrunk.plan.network.split == Chance{});
    REQUIRE(shrunk.plan.disk.sync_min == shrunk.plan.disk.sync_max);
    REQUIRE(shrunk.plan.seed == big_plan().seed);
}

TEST_CASE("a plan that fails only as it is stays as it is") {
    const std::string whole = to_toml(big_plan());
    const Shrunk shrunk = shrink(
        big_plan(), {}, failing_while([&](const Plan& plan) { return to_toml(plan) == whole; }));
    REQUIRE(to_toml(shrunk.plan) == whole);
    REQUIRE(shrunk.is_minimal);
}

TEST_CASE("numbers, settings and what is said of a fault go down to what still fails") {
    Plan plan = big_plan();
    plan.faults = {{.kind = FaultKind::clock_step,
                    .cue = simulated::Cue{"log_flushed", "n1", 12},
                    .node = "n1",
                    .amount = -15}};
    const Shrunk shrunk = shrink(
        plan, {}, failing_while([](const Plan& candidate) {
            return candidate.workload.at("clients") >= 2 &&
                   candidate.workload.at("record_bytes") >= 100 && candidate.broker.contains("b") &&
                   candidate.network.latency_max == 5ms && candidate.duration >= 7s &&
                   candidate.faults.size() == 1 && candidate.faults[0].cue->occurrence >= 5 &&
                   candidate.faults[0].amount <= -3;
        }));
    REQUIRE(shrunk.plan.workload.at("clients") == 2);
    REQUIRE(shrunk.plan.workload.at("record_bytes") >= 100);
    REQUIRE(shrunk.plan.workload.at("record_bytes") <= 107);
    REQUIRE(shrunk.plan.broker == std::map<std::string, std::string>{{"b", "2"}});
    REQUIRE(shrunk.plan.duration >= 7s);
    REQUIRE(shrunk.plan.duration <= 7500ms);
    REQUIRE(shrunk.plan.faults[0].cue->occurrence == 5);
    REQUIRE(shrunk.plan.faults[0].amount == -3);
    // The latency is needed; what is not is quiet all the same.
    REQUIRE(shrunk.plan.network.latency_max == 5ms);
    REQUIRE(shrunk.plan.network.jitter_mean == Duration{});
}

TEST_CASE("the first candidate ends behind the violation") {
    ShrinkOptions options = failing_while([](const Plan&) { return true; });
    options.budget = 1;
    const Shrunk shrunk = shrink(big_plan(), {Duration(9'707'313us)}, options);
    REQUIRE(shrunk.plan.duration == 9708ms);
    REQUIRE(shrunk.plan.faults.size() == 20);
}

TEST_CASE("candidates that are not valid are never run") {
    ShrinkOptions options = failing_while([](const Plan& plan) {
        REQUIRE(plan.workload.at("clients") > 0);
        REQUIRE(plan.duration > Duration::zero());
        return true;
    });
    options.is_valid = [](const Plan& plan) {
        return plan.workload.at("clients") > 0 && plan.duration > Duration::zero();
    };
    const Shrunk shrunk = shrink(big_plan(), {}, options);
    REQUIRE(shrunk.plan.workload.at("clients") == 1);
    REQUIRE(shrunk.plan.duration == 1ms);
    REQUIRE(shrunk.is_minimal);
}

TEST_CASE("the budget bounds the runs, and says so") {
    for (const std::uint64_t budget : {0, 1, 2, 10, 20}) {
        std::uint64_t runs = 0;
        ShrinkOptions options = failing_while([&](const Plan& plan) {
            ++runs;
            return has(plan, "c3") && has(plan, "c13");
        });
        options.budget = budget;
        const Shrunk shrunk = shrink(big_plan(), {}, options);
        REQUIRE(runs == budget);
        REQUIRE(shrunk.runs == budget);
        REQUIRE(!shrunk.is_minimal);
        REQUIRE(has(shrunk.plan, "c3"));
        REQUIRE(has(shrunk.plan, "c13"));
    }
}

TEST_CASE("no plan is run twice, and every step is told with a plan that failed") {
    std::vector<std::string> tried;
    std::vector<std::string> told;
    ShrinkOptions options = failing_while([&](const Plan& plan) {
        tried.push_back(to_toml(plan));
        return has(plan, "c5") && plan.workload.at("record_bytes") >= 33;
    });
    options.on_step = [&](const ShrinkStep& step) {
        REQUIRE(to_toml(step.plan) == tried.back());
        REQUIRE(step.runs == tried.size());
        told.push_back(to_toml(step.plan));
    };
    const Shrunk shrunk = shrink(big_plan(), {}, options);
    REQUIRE(told.back() == to_toml(shrunk.plan));
    std::sort(tried.begin(), tried.end());
    REQUIRE(std::adjacent_find(tried.begin(), tried.end()) == tried.end());
}

TEST_CASE("the same plan and the same answers give the same candidates in the same order") {
    const auto tried = [] {
        std::vector<std::string> all;
        const Shrunk shrunk = shrink(big_plan(), {}, failing_while([&](const Plan& plan) {
                                         all.push_back(to_toml(plan));
                                         return has(plan, "c2") && has(plan, "c11");
                                     }));
        all.push_back(to_toml(shrunk.plan));
        return all;
    };
    const auto first = tried();
    REQUIRE(first.size() > 20);
    REQUIRE(tried() == first);
}
