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

class Timers {
public:
    void look() {
        timers_.begin();
        timers_.look_at(groups_.shard(), groups_->now_ms(), groups_->machine(), groups_->image());
    }
    /// As from here on.
    void look_later(std::int64_t ms) {
        groups_->advance(ms);
        look();
    }
    [[nodiscard]] ObservedGroups& groups() { return groups_; }

private:
    ObservedGroups groups_;
    GroupTimers timers_{groups_.judge()};
};

}  // namespace

TEST_CASE("a classic group that is watched, before and after its coordinator changes") {
    Timers timers;
    ObservedGroups& groups = timers.groups();
    const std::string id = groups.join_classic("i1");
    timers.look();
    groups.sync_classic(id, "i1");
    timers.look();
    groups.fail_over();
    timers.look_later(kSessionMs / 2);
    REQUIRE(groups.violated().empty());
    REQUIRE(groups.judge().comparisons() > 3);
    timers.look_later(kSessionMs);
    REQUIRE(groups->machine().groups().at(testing::kGroup).members().empty());
    REQUIRE(groups.violated().empty());
}

TEST_CASE("members of a consumer group are watched, and what they have yet to give up") {
    Timers timers;
    ObservedGroups& groups = timers.groups();
    const std::int32_t epoch = groups.beat("a", 0);
    timers.look();
    groups.beat("b", 0);
    groups.beat("a", epoch);  // it has to give up what b is to have
    REQUIRE(groups->machine()
                .image()
                .find_consumer_group(testing::kGroup)
                ->find_member("a")
                ->holds_others_up());
    timers.look();
    for (int i = 0; i < 5; ++i) {
        groups.beat("a", epoch);
        groups.beat("b", 2);
        timers.look_later(kSessionMs / 2);
    }
    REQUIRE(groups.violated().empty());
    // It takes longer than it may.
    groups.beat("a", epoch);
    groups.beat("b", 2);
    timers.look_later(kRebalanceMs - 5 * kSessionMs / 2);
    const auto* group = groups->machine().image().find_consumer_group(testing::kGroup);
    REQUIRE(group->find_member("a") == nullptr);
    REQUIRE(groups.violated().empty());
}

TEST_CASE("nobody waits for what a static member has yet to give up that is away") {
    Timers timers;
    ObservedGroups& groups = timers.groups();
    const std::int32_t epoch = groups.beat("a", 0, "i1");
    groups.beat("b", 0);
    groups.beat("a", epoch, "i1");
    groups.beat("a", coordinator::kLeaveStaticEpoch, "i1");
    timers.look();
    groups.fail_over();
    timers.look();
    using Kind = coordinator::GroupCoordinator::TimerKind;
    REQUIRE_FALSE(groups->machine().deadline_ms(Kind::revocation, testing::kGroup, "a"));
    REQUIRE(groups.violated().empty());
}

TEST_CASE("a static member that comes back under its own id is watched") {
    Timers timers;
    ObservedGroups& groups = timers.groups();
    groups.beat("a", 0, "i1");
    groups.beat("a", coordinator::kLeaveStaticEpoch, "i1");
    groups.beat("a", 0, "i1");
    timers.look();
    REQUIRE(groups.violated().empty());
    timers.look_later(kSessionMs);
    REQUIRE(groups->machine().image().find_consumer_group(testing::kGroup)->members().empty());
}

TEST_CASE("all members of a group that has become classic are watched, if one has joined already") {
    Timers timers;
    ObservedGroups& groups = timers.groups();
    groups.sync_classic(groups.join_classic("i1"), "i1", "");
    groups.beat("a", 0);
    const std::string second = groups.join_classic("i2");
    groups->hold();
    groups->ask(
        coordinator::ConsumerGroupHeartbeat{.request = {.group_id = testing::kGroup,
                                                        .member_id = "a",
                                                        .member_epoch = coordinator::kLeaveEpoch},
                                            .version = 1});
    timers.look();
    REQUIRE(groups.join_classic("i2", second).empty());
    REQUIRE(groups->machine()
                .groups()
                .at(testing::kGroup)
                .is_in(coordinator::GroupState::preparing_rebalance));
    groups->commit();
    timers.look();
    REQUIRE(groups.violated().empty());
}

TEST_CASE("a revocation that cannot be noted stays due") {
    Timers timers;
    ObservedGroups& groups = timers.groups();
    const std::int32_t epoch = groups.beat("a", 0);
    groups.beat("b", 0);
    groups.beat("a", epoch);
    timers.look();
    groups->refuse_next_append();
    protocol::ConsumerGroupHeartbeatRequest gives_up{
        .group_id = testing::kGroup, .member_id = "a", .member_epoch = epoch};
    gives_up.topic_partitions =
        coordinator::to_wire<protocol::ConsumerGroupHeartbeatRequest::TopicPartition>(
            groups.assigned("a"));
    groups->ask(coordinator::ConsumerGroupHeartbeat{.request = gives_up, .version = 1});
    timers.look();
    REQUIRE(groups.violated().empty());
}

TEST_CASE("a coordinator that does not watch what it has loaded is found") {
    const bool is_classic = GENERATE(true, false);
    const PlantedBug bug = is_classic ? PlantedBug::classic_sessions_not_loaded
                                      : PlantedBug::consumer_sessions_not_loaded;
    Timers timers;
    ObservedGroups& groups = timers.groups();
    if (is_classic) {
        groups.sync_classic(groups.join_classic("i1"), "i1");
    } else {
        groups.beat("a", 0);
    }
    timers.look();
    plant(bug, true);
    groups.fail_over();
    plant(bug, false);
    timers.look();
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
