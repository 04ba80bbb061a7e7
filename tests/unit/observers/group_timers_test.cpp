// What a coordinator of groups has to wait for with a deadline, and one that does not.
#include "scenarios/observers/group_timers.h"

#include "sim/base/planted.h"
#include "tests/support/catch.h"
#include "tests/unit/observers/observed_groups.h"

using namespace gregor;
using namespace gregor::scenarios;
using testing::kRebalanceMs;
using testing::kSessionMs;
using testing::ObservedGroups;

namespace {

void look(GroupTimers& timers, ObservedGroups& groups) {
    timers.begin();
    timers.look_at(groups.shard(), groups->now_ms(), groups->machine(), groups->image());
}

/// As from here on.
void look_later(GroupTimers& timers, ObservedGroups& groups, std::int64_t ms) {
    groups->advance(ms);
    look(timers, groups);
}

}  // namespace

TEST_CASE("a classic group that is watched, before and after its coordinator changes") {
    ObservedGroups groups;
    GroupTimers timers(groups.judge());
    const std::string id = groups.join_classic("i1");
    look(timers, groups);
    groups.sync_classic(id, "i1");
    look(timers, groups);
    groups.fail_over();
    look_later(timers, groups, kSessionMs / 2);
    REQUIRE(groups.violated().empty());
    REQUIRE(groups.judge().comparisons() > 3);
    look_later(timers, groups, kSessionMs);
    REQUIRE(groups->machine().groups().at(testing::kGroup).members().empty());
    REQUIRE(groups.violated().empty());
}

TEST_CASE("members of a consumer group are watched, and what they have yet to give up") {
    ObservedGroups groups;
    GroupTimers timers(groups.judge());
    const std::int32_t epoch = groups.beat("a", 0);
    look(timers, groups);
    groups.beat("b", 0);
    groups.beat("a", epoch);  // it has to give up what b is to have
    REQUIRE(groups->machine()
                .image()
                .find_consumer_group(testing::kGroup)
                ->find_member("a")
                ->holds_others_up());
    look(timers, groups);
    for (int i = 0; i < 5; ++i) {
        groups.beat("a", epoch);
        groups.beat("b", 2);
        look_later(timers, groups, kSessionMs / 2);
    }
    REQUIRE(groups.violated().empty());
    // It takes longer than it may.
    groups.beat("a", epoch);
    groups.beat("b", 2);
    look_later(timers, groups, kRebalanceMs - 5 * kSessionMs / 2);
    const auto* group = groups->machine().image().find_consumer_group(testing::kGroup);
    REQUIRE(group->find_member("a") == nullptr);
    REQUIRE(groups.violated().empty());
}

TEST_CASE("nobody waits for what a static member has yet to give up that is away") {
    ObservedGroups groups;
    GroupTimers timers(groups.judge());
    const std::int32_t epoch = groups.beat("a", 0, "i1");
    groups.beat("b", 0);
    groups.beat("a", epoch, "i1");
    groups.beat("a", coordinator::kLeaveStaticEpoch, "i1");
    look(timers, groups);
    groups.fail_over();
    look(timers, groups);
    using Kind = coordinator::GroupCoordinator::TimerKind;
    REQUIRE_FALSE(groups->machine().deadline_ms(Kind::revocation, testing::kGroup, "a"));
    REQUIRE(groups.violated().empty());
}

TEST_CASE("a static member that comes back under its own id is watched") {
    ObservedGroups groups;
    GroupTimers timers(groups.judge());
    groups.beat("a", 0, "i1");
    groups.beat("a", coordinator::kLeaveStaticEpoch, "i1");
    groups.beat("a", 0, "i1");
    look(timers, groups);
    REQUIRE(groups.violated().empty());
    look_later(timers, groups, kSessionMs);
    REQUIRE(groups->machine().image().find_consumer_group(testing::kGroup)->members().empty());
}

TEST_CASE("all members of a group that has become classic are watched, if one has joined already") {
    ObservedGroups groups;
    GroupTimers timers(groups.judge());
    groups.sync_classic(groups.join_classic("i1"), "i1", "");
    groups.beat("a", 0);
    const std::string second = groups.join_classic("i2");
    groups->hold();
    groups->ask(
        coordinator::ConsumerGroupHeartbeat{.request = {.group_id = testing::kGroup,
                                                        .member_id = "a",
                                                        .member_epoch = coordinator::kLeaveEpoch},
                                            .version = 1});
    look(timers, groups);
    REQUIRE(groups.join_classic("i2", second).empty());
    REQUIRE(groups->machine()
                .groups()
                .at(testing::kGroup)
                .is_in(coordinator::GroupState::preparing_rebalance));
    groups->commit();
    look(timers, groups);
    REQUIRE(groups.violated().empty());
}

TEST_CASE("a revocation that cannot be noted stays due") {
    ObservedGroups groups;
    GroupTimers timers(groups.judge());
    const std::int32_t epoch = groups.beat("a", 0);
    groups.beat("b", 0);
    groups.beat("a", epoch);
    look(timers, groups);
    groups->refuse_next_append();
    protocol::ConsumerGroupHeartbeatRequest gives_up{
        .group_id = testing::kGroup, .member_id = "a", .member_epoch = epoch};
    gives_up.topic_partitions =
        coordinator::to_wire<protocol::ConsumerGroupHeartbeatRequest::TopicPartition>(
            groups.assigned("a"));
    groups->ask(coordinator::ConsumerGroupHeartbeat{.request = gives_up, .version = 1});
    look(timers, groups);
    REQUIRE(groups.violated().empty());
}

TEST_CASE("a coordinator that does not watch what it has loaded is found") {
    const bool is_classic = GENERATE(true, false);
    const PlantedBug bug = is_classic ? PlantedBug::classic_sessions_not_loaded
                                      : PlantedBug::consumer_sessions_not_loaded;
    ObservedGroups groups;
    GroupTimers timers(groups.judge());
    if (is_classic) {
        groups.sync_classic(groups.join_classic("i1"), "i1");
    } else {
        groups.beat("a", 0);
    }
    look(timers, groups);
    plant(bug, true);
    groups.fail_over();
    plant(bug, false);
    look(timers, groups);
    REQUIRE(groups.violated() == "V6");
}

TEST_CASE("a coordinator that leaves more time than was agreed is found") {
    ObservedGroups groups;
    groups.beat("a", 0);
    GroupTimers timers(groups.judge());
    timers.begin();
    timers.look_at(groups.shard(), groups->now_ms() - 1, groups->machine(), groups->image());
    REQUIRE(groups.violated() == "V6");
}
