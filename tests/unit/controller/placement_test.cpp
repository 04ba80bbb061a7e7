// Where replicas of new partitions go.
#include <set>

#include "broker/controller/replica_placement.h"
#include "tests/unit/controller/controller_world.h"

using namespace gregor;
using namespace gregor::controller;
using namespace gregor::controller::test;

namespace {

UsableBroker broker(std::int32_t id, std::optional<std::string> rack, bool fenced = false) {
    return {.id = NodeId(id), .rack = std::move(rack), .fenced = fenced};
}

}  // namespace

TEST_CASE("replicas of one partition lie in different racks, and leaders go round the racks") {
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        Random random(seed);
        const std::vector<UsableBroker> brokers{broker(1, "a"), broker(2, "a"), broker(3, "b"),
                                                broker(4, "b"), broker(5, "c"), broker(6, "c")};
        const auto placed =
            place_replicas({.partitions = 6, .replication_factor = 3}, brokers, random);
        REQUIRE(placed);
        std::set<NodeId> leaders;
        for (const Replicas& replicas : *placed) {
            std::set<std::int32_t> racks;
            for (const NodeId node : replicas) racks.insert((node.value() + 1) / 2);
            REQUIRE(racks.size() == 3);
            leaders.insert(replicas.front());
        }
        REQUIRE(leaders.size() == 6);
    }
}

TEST_CASE("a fenced broker is a last resort of its rack and never the first replica") {
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        Random random(seed);
        const std::vector<UsableBroker> brokers{broker(1, "a"), broker(2, "b", true),
                                                broker(3, "a")};
        const auto placed =
            place_replicas({.partitions = 4, .replication_factor = 2}, brokers, random);
        REQUIRE(placed);
        for (const Replicas& replicas : *placed) {
            REQUIRE(replicas.front() != NodeId(2));
            REQUIRE(replicas.back() == NodeId(2));  // another rack is worth more than life
        }
    }
}

TEST_CASE("many partitions do not repeat one pattern once every broker has led") {
    Random random(3);
    std::vector<UsableBroker> brokers;
    for (std::int32_t id = 1; id <= 6; ++id) brokers.push_back(broker(id, std::nullopt));
    const auto placed =
        place_replicas({.partitions = 60, .replication_factor = 3}, brokers, random);
    REQUIRE(placed);
    std::set<Replicas> distinct(placed->begin(), placed->end());
    REQUIRE(distinct.size() > 12);
    std::map<NodeId, int> led;
    std::map<NodeId, int> held;
    for (const Replicas& replicas : *placed) {
        ++led[replicas.front()];
        for (const NodeId node : replicas) ++held[node];
    }
    for (const auto& [node, times] : led) REQUIRE(times == 10);
    for (const auto& [node, times] : held) REQUIRE(times == 30);
}

TEST_CASE("too few brokers, and none alive, are said so") {
    ControllerWorld world;
    world.add_brokers(2);
    const auto created = [&] {
        return world.create({.name = "a", .num_partitions = 1, .replication_factor = 3});
    };
    const auto few = created();
    REQUIRE(few.error_code == ErrorCode::invalid_replication_factor);
    REQUIRE(few.error_message ==
            "Unable to replicate the partition 3 time(s): The target replication factor of 3 "
            "cannot be reached because only 2 broker(s) are registered.");
    for (const std::int32_t id : {1, 2}) world.apply(world.controller.fence(NodeId(id)));
    REQUIRE(created().error_message ==
            "Unable to replicate the partition 3 time(s): All brokers are currently fenced.");
}

TEST_CASE("fenced brokers may be given replicas, but are in no ISR") {
    ControllerWorld world;
    world.add_brokers(3);
    world.apply(world.controller.fence(NodeId(3)));
    REQUIRE(world.create({.name = "a", .num_partitions = 4, .replication_factor = 3}).error_code ==
            ErrorCode::none);
    for (std::int32_t id = 0; id < 4; ++id) {
        REQUIRE(world.partition("a", id).replicas.back() == NodeId(3));
        REQUIRE(world.partition("a", id).isr.size() == 2);
    }
}
