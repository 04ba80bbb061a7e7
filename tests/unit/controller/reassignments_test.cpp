#include "tests/unit/controller/controller_world.h"

using namespace gregor;
using namespace gregor::controller;
using namespace gregor::controller::test;

namespace {

using Answer = protocol::AlterPartitionReassignmentsResponse::Partition;
using MaybeReplicas = std::optional<std::vector<NodeId>>;

/// 1 leads a-0 with 2 and 3 in the ISR; 4 and 5 have nothing.
struct WorldOfFive : ControllerWorld {
    explicit WorldOfFive(WorldOptions options = {}) : ControllerWorld(options) {
        add_brokers(5);
        create_on("a", nodes({1, 2, 3}));
    }

    Answer reassign(MaybeReplicas target, std::int32_t partition = 0,
                    const std::string& topic = "a") {
        protocol::AlterPartitionReassignmentsRequest request;
        request.topics.push_back({.name = topic});
        request.topics[0].partitions.push_back({PartitionId(partition), std::move(target)});
        return handle(request).responses.at(0).partitions.at(0);
    }

    [[nodiscard]] protocol::ListPartitionReassignmentsResponse list() {
        return handle(protocol::ListPartitionReassignmentsRequest{});
    }
};

}  // namespace

TEST_CASE("a reassignment adds first, and takes away when all of the target is in sync") {
    WorldOfFive world;
    REQUIRE(world.reassign(nodes({2, 4, 5})).error_code == ErrorCode::none);
    REQUIRE(world.partition().replicas == nodes({2, 4, 5, 1, 3}));
    REQUIRE(world.partition().adding_replicas == nodes({4, 5}));
    REQUIRE(world.partition().removing_replicas == nodes({1, 3}));
    REQUIRE(world.partition().leader == NodeId(1));
    const auto listed = world.list();
    REQUIRE(listed.topics.at(0).partitions.at(0).adding_replicas == nodes({4, 5}));
    world.set_isr("a", nodes({1, 2, 3, 4}));
    REQUIRE(world.partition().is_reassigning());
    // The leader is taken away with the last step: it hears so, although the change is made.
    REQUIRE(world.alter(world.wish("a", nodes({1, 2, 3, 4, 5}))).error_code ==
            ErrorCode::new_leader_elected);
    REQUIRE(world.partition().replicas == nodes({2, 4, 5}));
    REQUIRE(world.partition().isr == nodes({2, 4, 5}));
    REQUIRE(world.partition().leader == NodeId(2));
    REQUIRE(world.list().topics.empty());
}

TEST_CASE("replicas in another order are a reassignment that is complete at once") {
    WorldOfFive world;
    REQUIRE(world.reassign(nodes({3, 2, 1})).error_code == ErrorCode::none);
    REQUIRE(world.partition().replicas == nodes({3, 2, 1}));
    REQUIRE(!world.partition().is_reassigning());
    REQUIRE(world.partition().leader == NodeId(1));
    REQUIRE(world.partition().leader_epoch.value() == 0);
}

TEST_CASE("a replica that is taken away makes a new leader epoch, so that it is not counted on") {
    WorldOfFive world;
    REQUIRE(world.reassign(nodes({1, 2})).error_code == ErrorCode::none);
    REQUIRE(world.partition().replicas == nodes({1, 2}));
    REQUIRE(world.partition().isr == nodes({1, 2}));
    REQUIRE(world.partition().leader_epoch.value() == 1);
}

TEST_CASE("nothing is taken away while a replica that is to stay is not in sync") {
    WorldOfFive world;
    world.set_isr("a", nodes({1, 3}));
    REQUIRE(world.reassign(nodes({1, 2})).error_code == ErrorCode::none);
    REQUIRE(world.partition().isr == nodes({1, 3}));
    REQUIRE(world.partition().removing_replicas == nodes({3}));
    REQUIRE(world.alter(world.wish("a", nodes({1, 2, 3}))).error_code == ErrorCode::none);
    REQUIRE(world.partition().replicas == nodes({1, 2}));
}

TEST_CASE("a cancelled reassignment leaves the replicas of before") {
    WorldOfFive world;
    REQUIRE(world.reassign(std::nullopt).error_code == ErrorCode::no_reassignment_in_progress);
    REQUIRE(world.reassign(nodes({4, 5, 1})).error_code == ErrorCode::none);
    world.set_isr("a", nodes({1, 2, 3, 4}));
    REQUIRE(world.reassign(std::nullopt).error_code == ErrorCode::none);
    REQUIRE(world.partition().replicas == nodes({1, 2, 3}));
    REQUIRE(world.partition().isr == nodes({1, 2, 3}));
    REQUIRE(!world.partition().is_reassigning());
}

TEST_CASE("a second reassignment starts from the replicas of before the first") {
    WorldOfFive world;
    REQUIRE(world.reassign(nodes({4, 2, 3})).error_code == ErrorCode::none);
    world.set_isr("a", nodes({1, 2, 3}));
    REQUIRE(world.reassign(nodes({5, 2, 3})).error_code == ErrorCode::none);
    REQUIRE(world.partition().replicas == nodes({5, 2, 3, 1}));
    REQUIRE(world.partition().adding_replicas == nodes({5}));
    REQUIRE(world.partition().removing_replicas == nodes({1}));
    REQUIRE(world.reassign(std::nullopt).error_code == ErrorCode::none);
    REQUIRE(world.partition().replicas == nodes({2, 3, 1}));
}

TEST_CASE("a reassignment is not taken back from the only replicas in sync") {
    for (const bool elr : {false, true}) {
        WorldOfFive world({.elr = elr});
        REQUIRE(world.reassign(nodes({4, 2, 3})).error_code == ErrorCode::none);
        world.set_isr("a", nodes({1, 4}));
        world.apply(world.controller.fence(NodeId(1)));
        REQUIRE(world.partition().leader == NodeId(4));
        const Answer refused = world.reassign(std::nullopt);
        REQUIRE(refused.error_code == ErrorCode::invalid_replica_assignment);
        REQUIRE(refused.error_message ==
                "Unable to revert partition assignment for a:0 because it would require an unclean "
                "leader election.");
        REQUIRE(world.reassign(nodes({5, 2, 3})).error_code ==
                ErrorCode::invalid_replica_assignment);
        world.apply({versioned(protocol::ConfigRecord{.resource_type = 2,
                                                      .resource_name = "a",
                                                      .name = "unclean.leader.election.enable",
                                                      .value = "true"},
                               21)});
        REQUIRE(world.reassign(std::nullopt).error_code == ErrorCode::none);
        REQUIRE(world.partition().leader == NodeId(2));
        REQUIRE(world.partition().leader_recovery_state ==
                metadata::LeaderRecoveryState::recovering);
    }
}

TEST_CASE("reassignments to what cannot be are refused, each by itself") {
    WorldOfFive world;
    REQUIRE(world.reassign(nodes({})).error_code == ErrorCode::invalid_replica_assignment);
    REQUIRE(world.reassign(nodes({1, 1})).error_code == ErrorCode::invalid_replica_assignment);
    REQUIRE(world.reassign(nodes({1, 9})).error_code == ErrorCode::invalid_replica_assignment);
    REQUIRE(world.reassign(nodes({1}), 7).error_code == ErrorCode::unknown_topic_or_partition);
    REQUIRE(world.reassign(nodes({1}), 0, "b").error_message == "Unable to find a topic named b.");
}
