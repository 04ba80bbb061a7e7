// One assignment says one thing, whoever goes on for a static member.
#include "scenarios/observers/group_assignments.h"

#include "sim/base/planted.h"
#include "tests/support/catch.h"
#include "tests/unit/observers/observed_groups.h"

using namespace gregor;
using namespace gregor::scenarios;
using testing::ObservedGroups;

namespace {

void look(GroupAssignments& assignments, ObservedGroups& groups) {
    assignments.begin();
    assignments.look_at(groups.shard(), groups->machine());
}

}  // namespace

TEST_CASE("a static member that comes back goes on with what it had") {
    ObservedGroups groups;
    GroupAssignments assignments(groups.judge());
    SECTION("in a classic group") {
        groups.sync_classic(groups.join_classic("i1"), "i1");
        look(assignments, groups);
        const std::uint64_t before = groups.judge().comparisons();
        groups.join_classic("i1");
        look(assignments, groups);
        REQUIRE(groups.judge().comparisons() > before);
    }
    SECTION("in a consumer group") {
        groups.beat("a", 0, "i1");
        groups.beat("a", coordinator::kLeaveStaticEpoch, "i1");
        look(assignments, groups);
        groups.beat("b", 0, "i1");
        look(assignments, groups);
        REQUIRE_FALSE(groups.assigned("b").empty());
    }
    REQUIRE(groups.violated().empty());
}

TEST_CASE("the next assignment may say something else") {
    ObservedGroups groups;
    GroupAssignments assignments(groups.judge());
    groups.beat("a", 0, "i1");
    look(assignments, groups);
    groups.beat("b", 0, "i2");
    look(assignments, groups);
    REQUIRE(groups.violated().empty());
}

TEST_CASE("a static member that comes back to nothing is found") {
    ObservedGroups groups;
    GroupAssignments assignments(groups.judge());
    groups.beat("a", 0, "i1");
    groups.beat("a", coordinator::kLeaveStaticEpoch, "i1");
    look(assignments, groups);
    plant(PlantedBug::static_member_without_target, true);
    groups.beat("b", 0, "i1");
    plant(PlantedBug::static_member_without_target, false);
    look(assignments, groups);
    REQUIRE(groups.violated() == "G8");
}
