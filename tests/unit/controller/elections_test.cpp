// Who leads, and who may: ISR, ELR, unclean and preferred elections.
#include "tests/unit/controller/controller_world.h"

using namespace gregor;
using namespace gregor::controller;
using namespace gregor::controller::test;
using metadata::LeaderRecoveryState;

namespace {

std::vector<protocol::CreateTopicsRequest::Config> min_isr(const std::string& value) {
    return {{.name = "min.insync.replicas", .value = value}};
}

protocol::ElectLeadersResponse::PartitionResult elect(ControllerWorld& world, std::int8_t type,
                                                      const std::string& topic = "a") {
    protocol::ElectLeadersRequest request{.election_type = type};
    request.topic_partitions->push_back({.topic = topic, .partitions = {PartitionId(0)}});
    return world.handle(request).replica_election_results.at(0).partition_result.at(0);
}

constexpr std::int8_t kPreferred = 0;
constexpr std::int8_t kUnclean = 1;

}  // namespace

TEST_CASE("members that leave an ISR below its minimum stay eligible, and the last leads again") {
    ControllerWorld world({.elr = true});
    world.add_brokers(3);
    world.create_on("a", nodes({1, 2, 3}), min_isr("2"));
    world.apply(world.controller.fence(NodeId(3)));
    REQUIRE(world.partition().elr.empty());  // 1 and 2 are enough
    world.apply(world.controller.fence(NodeId(2)));
    REQUIRE(world.partition().isr == nodes({1}));
    REQUIRE(world.partition().elr == nodes({2}));
    world.apply(world.controller.fence(NodeId(1)));
    REQUIRE(world.partition().isr.empty());
    REQUIRE(world.partition().elr == nodes({2, 1}));
    REQUIRE(world.partition().last_known_elr == nodes({1}));
    world.beat(3);
    REQUIRE(!world.partition().has_leader());  // 3 left while others went on committing
    world.beat(2);
    REQUIRE(world.partition().leader == NodeId(2));
    REQUIRE(world.partition().isr == nodes({2}));
    REQUIRE(world.partition().elr == nodes({1}));
    REQUIRE(world.partition().last_known_elr.empty());
    REQUIRE(world.partition().leader_recovery_state == LeaderRecoveryState::recovered);
    world.set_isr("a", nodes({2, 3}));
    REQUIRE(world.partition().elr.empty());
}

TEST_CASE("an unclean restart costs a broker its place in ISR and ELR, a clean one does not") {
    for (const bool clean : {true, false}) {
        ControllerWorld world({.elr = true});
        world.add_brokers(3);
        world.create_on("a", nodes({1, 2, 3}), min_isr("3"));
        world.apply(world.controller.fence(NodeId(2)));
        world.apply(world.controller.fence(NodeId(3)));
        world.apply(world.controller.fence(NodeId(1)));
        REQUIRE(world.partition().elr == nodes({2, 3, 1}));
        world.restart(1, 2, clean);
        world.beat(1);
        REQUIRE(world.partition().has_leader() == clean);
        REQUIRE(world.partition().elr == nodes({2, 3}));
        world.beat(2);
        REQUIRE(world.partition().leader == NodeId(clean ? 1 : 2));
    }
}

TEST_CASE("when nobody is eligible, the last known leader leads and recovers") {
    ControllerWorld world({.elr = true});
    world.add_brokers(2);
    world.create_on("a", nodes({1, 2}));
    world.apply(world.controller.fence(NodeId(2)));
    world.restart(1, 2, false);
    REQUIRE(world.partition().isr.empty());
    REQUIRE(world.partition().elr.empty());
    REQUIRE(world.partition().last_known_elr == nodes({1}));
    world.beat(2);
    REQUIRE(!world.partition().has_leader());
    world.beat(1);
    REQUIRE(world.partition().leader == NodeId(1));
    REQUIRE(world.partition().isr == nodes({1}));
    REQUIRE(world.partition().leader_recovery_state == LeaderRecoveryState::recovering);
    REQUIRE(world.alter(world.wish("a", nodes({1}))).error_code == ErrorCode::none);
    REQUIRE(world.partition().leader_recovery_state == LeaderRecoveryState::recovered);
}

TEST_CASE("without the feature the last of the ISR is waited for, whatever it lost") {
    ControllerWorld world;
    world.add_brokers(2);
    world.create_on("a", nodes({1, 2}));
    world.apply(world.controller.fence(NodeId(2)));
    world.restart(1, 2, false);
    REQUIRE(world.partition().isr == nodes({1}));
    world.beat(2);
    REQUIRE(!world.partition().has_leader());
    world.beat(1);
    REQUIRE(world.partition().leader == NodeId(1));
    REQUIRE(world.partition().elr.empty());
}

TEST_CASE("unclean elections are held where the topic allows them, and only there") {
    ControllerWorld world;
    world.add_brokers(2);
    world.create_on("a", nodes({1, 2}));
    world.create_on("b", nodes({1, 2}),
                    {{.name = "unclean.leader.election.enable", .value = "true"}});
    world.apply(world.controller.fence(NodeId(2)));
    world.apply(world.controller.fence(NodeId(1)));
    world.beat(2);
    REQUIRE(!world.partition("a").has_leader());
    REQUIRE(world.partition("b").leader == NodeId(2));
    REQUIRE(world.partition("b").isr == nodes({2}));
    REQUIRE(world.partition("b").leader_recovery_state == LeaderRecoveryState::recovering);
    REQUIRE(elect(world, kUnclean, "b").error_code == ErrorCode::election_not_needed);
    REQUIRE(elect(world, kUnclean, "a").error_code == ErrorCode::none);
    REQUIRE(world.partition("a").leader == NodeId(2));
}

TEST_CASE("a setting that allows unclean elections takes effect at the next look") {
    ControllerWorld world;
    world.add_brokers(2);
    world.create_on("a", nodes({1, 2}));
    world.apply(world.controller.fence(NodeId(2)));
    world.apply(world.controller.fence(NodeId(1)));
    world.beat(2);
    REQUIRE(world.controller.elect_unclean_leaders().empty());
    world.apply({versioned(protocol::ConfigRecord{.resource_type = 2,
                                                  .resource_name = "a",
                                                  .name = "unclean.leader.election.enable",
                                                  .value = "true"},
                           21)});
    world.apply(world.controller.elect_unclean_leaders());
    REQUIRE(world.partition().leader == NodeId(2));
}

TEST_CASE("preferred leaders are elected on demand and by the balance, if they are in sync") {
    ControllerWorld world;
    world.add_brokers(3);
    world.create_on("a", nodes({1, 2, 3}));
    REQUIRE(elect(world, kPreferred).error_code == ErrorCode::election_not_needed);
    world.apply(world.controller.fence(NodeId(1)));
    REQUIRE(world.partition().leader == NodeId(2));
    REQUIRE(elect(world, kPreferred).error_code == ErrorCode::preferred_leader_not_available);
    world.beat(1);
    REQUIRE(world.controller.balance_leaders().empty());
    REQUIRE(elect(world, kPreferred).error_message == "The preferred leader was not available.");
    world.set_isr("a", nodes({2, 3, 1}));
    world.apply(world.controller.balance_leaders());
    REQUIRE(world.partition().leader == NodeId(1));
    REQUIRE(world.controller.balance_leaders().empty());
    REQUIRE(world.handle(protocol::ElectLeadersRequest{.election_type = 7}).error_code ==
            ErrorCode::invalid_request);
}

TEST_CASE("an election of all partitions names those only where something was to be done") {
    ControllerWorld world;
    world.add_brokers(2);
    world.create_on("a", nodes({1, 2}));
    world.create_on("b", nodes({2, 1}));
    world.apply(world.controller.fence(NodeId(1)));
    protocol::ElectLeadersRequest request;
    request.topic_partitions = std::nullopt;
    const auto response = world.handle(request);
    REQUIRE(response.replica_election_results.size() == 2);
    REQUIRE(response.replica_election_results[0].partition_result.size() == 1);
    REQUIRE(response.replica_election_results[1].partition_result.empty());
    REQUIRE(elect(world, kPreferred, "c").error_code == ErrorCode::unknown_topic_or_partition);
}
