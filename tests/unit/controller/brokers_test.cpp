#include "tests/unit/controller/controller_world.h"

using namespace gregor;
using namespace gregor::controller;
using namespace gregor::controller::test;
using protocol::PartitionId;

namespace {

const metadata::PartitionState& first_partition(const ControllerWorld& world) {
    return world.controller.image().find_topic("a")->partitions.begin()->second;
}

}  // namespace

TEST_CASE("a broker that shuts down gives its leaderships away before it may go") {
    ControllerWorld world;
    for (const std::int32_t id : {1, 2}) world.add_broker(id);
    world.create({.name = "a", .num_partitions = 1, .replication_factor = 2});
    const NodeId leader = first_partition(world).leader;
    const NodeId other(3 - leader.value());
    REQUIRE(!world.beat(leader.value(), true).should_shut_down);
    REQUIRE(first_partition(world).leader == other);
    REQUIRE(first_partition(world).isr == std::vector<NodeId>{other});
    REQUIRE(first_partition(world).leader_epoch.value() == 1);
    REQUIRE(world.beat(leader.value(), true).should_shut_down);
    REQUIRE(world.controller.image().find_broker(leader)->fenced);
}

TEST_CASE("the last member of the ISR stays in it without leading, and leads when it returns") {
    ControllerWorld world;
    world.add_broker(1);
    world.create({.name = "a", .num_partitions = 1, .replication_factor = 1});
    world.apply(world.controller.fence(NodeId(1)));
    REQUIRE(!first_partition(world).has_leader());
    REQUIRE(first_partition(world).isr == std::vector<NodeId>{NodeId(1)});
    REQUIRE(world.register_broker(1, 2).error_code == ErrorCode::none);
    REQUIRE(!first_partition(world).has_leader());
    REQUIRE(world.beat(1, false).error_code == ErrorCode::none);
    REQUIRE(first_partition(world).leader == NodeId(1));
    REQUIRE(first_partition(world).leader_epoch.value() == 2);
    REQUIRE(first_partition(world).partition_epoch == 2);
}

TEST_CASE(
    "registrations of another cluster, of a live broker's double and old epochs are refused") {
    ControllerWorld world;
    world.add_broker(1);
    REQUIRE(world.register_broker(1, 2).error_code == ErrorCode::duplicate_broker_registration);
    const auto again = world.register_broker(1, 1);
    REQUIRE(again.error_code == ErrorCode::none);
    REQUIRE(again.broker_epoch == world.controller.image().find_broker(NodeId(1))->broker_epoch);
    protocol::BrokerRegistrationRequest stranger{.broker_id = NodeId(2), .cluster_id = "another"};
    REQUIRE(world.handle(stranger).error_code == ErrorCode::inconsistent_cluster_id);
    REQUIRE(
        world.handle(protocol::BrokerHeartbeatRequest{.broker_id = NodeId(1), .broker_epoch = 0})
            .error_code == ErrorCode::stale_broker_epoch);
    REQUIRE(world.handle(protocol::BrokerHeartbeatRequest{.broker_id = NodeId(2)}).error_code ==
            ErrorCode::broker_id_not_registered);
}

TEST_CASE("producer ids come in blocks of a thousand, to the broker's present incarnation only") {
    ControllerWorld world;
    world.add_broker(1);
    protocol::AllocateProducerIdsRequest request{
        .broker_id = NodeId(1),
        .broker_epoch = world.controller.image().find_broker(NodeId(1))->broker_epoch};
    REQUIRE(world.handle(request).producer_id_start.value() == 0);
    const auto second = world.handle(request);
    REQUIRE(second.producer_id_start.value() == 1000);
    REQUIRE(second.producer_id_len == 1000);
    request.broker_epoch -= 1;
    REQUIRE(world.handle(request).error_code == ErrorCode::stale_broker_epoch);
}
