// Plans survive being written and read; bad ones are refused with a reason.
#include <rapidcheck.h>

#include "sim/simulated/plan.h"
#include "tests/support/catch.h"

using namespace gregor;
using namespace gregor::simulated;

namespace {

rc::Gen<std::string> name_gen() {
    return rc::gen::nonEmpty(rc::gen::container<std::string>(rc::gen::inRange('a', 'z')));
}

Fault draw_fault() {
    Fault fault;
    fault.kind = static_cast<FaultKind>(*rc::gen::inRange<int>(0, static_cast<int>(kFaultKinds)));
    const FaultShape shape = shape_of(fault.kind);
    fault.node = *name_gen();
    if (shape.peer && *rc::gen::arbitrary<bool>()) fault.peer = *name_gen() + "-peer";
    if (shape.path && *rc::gen::arbitrary<bool>()) fault.path = *name_gen();
    if (shape.duration) {
        fault.duration = Duration(*rc::gen::inRange<std::int64_t>(1, 1'000'000'000'000));
    }
    if (shape.amount) fault.amount = *rc::gen::inRange<std::int64_t>(0, 1'000'000);
    if (*rc::gen::arbitrary<bool>()) {
        fault.cue = Cue{*name_gen(), *name_gen(), *rc::gen::inRange<std::uint64_t>(1, 1000)};
    } else {
        fault.at = Duration(*rc::gen::inRange<std::int64_t>(0, 1'000'000'000'000));
    }
    return fault;
}

}  // namespace

TEST_CASE("a plan reads back as it was written") {
    REQUIRE(rc::check([] {
        Plan plan;
        plan.scenario = *name_gen();
        plan.seed = *rc::gen::inRange<std::uint64_t>(0, INT64_MAX);
        plan.duration = Duration(*rc::gen::inRange<std::int64_t>(0, 1'000'000'000'000));
        plan.workload[*name_gen()] = *rc::gen::arbitrary<std::int64_t>();
        plan.broker["log." + *name_gen()] = *name_gen();
        plan.network.latency_max =
            plan.network.latency_min + Duration(*rc::gen::inRange<std::int64_t>(0, 1'000'000'000));
        plan.disk.sync_max =
            plan.disk.sync_min + Duration(*rc::gen::inRange<std::int64_t>(0, 1'000'000'000));
        for (int i = *rc::gen::inRange(0, 5); i > 0; --i) plan.faults.push_back(draw_fault());
        for (int i = *rc::gen::inRange(0, 4); i > 0; --i) {
            plan.operations.push_back(
                {.kind = *name_gen(),
                 .at = Duration(*rc::gen::inRange<std::int64_t>(0, 1'000'000'000'000)),
                 .target = *name_gen(),
                 .nodes = *rc::gen::arbitrary<std::vector<std::int64_t>>(),
                 .amount = *rc::gen::arbitrary<std::int64_t>()});
        }
        const auto read = parse_plan(to_toml(plan));
        RC_ASSERT(read.has_value());
        RC_ASSERT(to_toml(*read) == to_toml(plan));
        RC_ASSERT(read->faults == plan.faults);
        RC_ASSERT(read->operations == plan.operations);
    }));
}

TEST_CASE("a plan with an unknown key, kind or unit is refused by name and line") {
    const auto message = [](std::string_view text) {
        const auto plan = parse_plan(text);
        REQUIRE_FALSE(plan.has_value());
        return plan.error().message;
    };
    REQUIRE(message("sede = 1\n") == "line 1: unknown key \"sede\"");
    REQUIRE(message("seed = 1\n[[fault]]\nkind = \"flood\"\n") ==
            "line 2: no fault kind \"flood\"");
    REQUIRE(message("[[fault]]\nkind = \"kill\"\nnode = \"n1\"\namount = 3\n") ==
            "line 1: kill: besides node and at or cue it takes duration");
    REQUIRE(message("[disk]\nsync_min = \"9s\"\n") == "sync_min is above sync_max");
    REQUIRE(message("duration = \"3 parsecs\"\n").find("is no duration") != std::string::npos);
    REQUIRE(message("seed = \n").find("line 1") == 0);
}
