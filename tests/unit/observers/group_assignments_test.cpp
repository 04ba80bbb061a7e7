// One assignment says one thing, whoever goes on for a static member.
#include "scenarios/observers/group_assignments.h"

#include "sim/base/planted.h"
#include "tests/support/catch.h"
#include "tests/unit/observers/observed_groups.h"

using namespace gregor;
using namespace gregor::scenarios;
using testing::ObservedGroups;

namespace {

class Assignments {
public:
    void look() {
        assignments_.begin();
        assignments_.look_at(groups_.shard(), groups_->machine());
    }
    [[nodiscard]] ObservedGroups& groups() { return groups_; }

private:
    ObservedGroups groups_;
    GroupAssignments assignments_{groups_.judge()};
};

}  // namespace

TEST_CASE("a static member that comes back goes on with what it had") {
    Assignments assignments;
    ObservedGroups& groups = assignments.groups();
    SECTION("in a classic group") {
        groups.sync_classic(groups.join_classic("i1"), "i1");
        assignments.look();
        const std::uint64_t before = groups.judge().comparisons();
        groups.join_classic("i1");
        assignments.look();
        REQUIRE(groups.judge().comparisons() > before);
    }
    SECTION("in a consumer group") {
        groups.beat("a", 0, "i1");
        groups.beat("a", coordinator::kLeaveStaticEpoch, "i1");
        assignments.look();
        groups.beat("b", 0, "i1");
        assignments.look();
        REQUIRE_FALSE(groups.assigned("b").empty());
    }
    REQUIRE(groups.violated().empty());
}

TEST_CASE("the next assignment may say something else") {
    Assignments assignments;
    ObservedGroups& groups = assignments.groups();
    groups.beat("a", 0, "i1");
    assignments.look();
    groups.beat("b", 0, "i2");
    assignments.look();
    REQUIRE(groups.violated().empty());
}

TEST_CASE("a static member that comes back to nothing is found") {
    Assignments assignments;
    ObservedGroups& groups = assignments.groups();
    groups.beat("a", 0, "i1");
    groups.beat("a", coordinator::kLeaveStaticEpoch, "i1");
    assignments.look();
    plant(PlantedBug::static_member_without_target, true);
    groups.beat("b", 0, "i1");
    plant(PlantedBug::static_member_without_target, false);
    assignments.look();
    REQUIRE(groups.violated() == "G8");
}
