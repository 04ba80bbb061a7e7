#include "tests/unit/controller/controller_world.h"

using namespace gregor;
using namespace gregor::controller;
using namespace gregor::controller::test;

namespace {

/// 1 leads a-0, with 2 and 3 in the ISR.
struct WorldOfThree : ControllerWorld {
    WorldOfThree() {
        add_brokers(4);
        create_on("a", nodes({1, 2, 3}));
    }
};

}  // namespace

TEST_CASE("a leader shrinks and grows its ISR, and keeps its epoch") {
    WorldOfThree world;
    const auto shrunk = world.alter(world.wish("a", nodes({1, 3})));
    REQUIRE(shrunk.error_code == ErrorCode::none);
    REQUIRE(shrunk.isr == nodes({1, 3}));
    REQUIRE(shrunk.leader_id == NodeId(1));
    REQUIRE(shrunk.partition_epoch == 1);
    REQUIRE(shrunk.leader_epoch.value() == 0);
    REQUIRE(world.alter(world.wish("a", nodes({1, 3, 2}))).partition_epoch == 2);
    const std::size_t records = world.log.size();
    REQUIRE(world.alter(world.wish("a", nodes({1, 3, 2}))).partition_epoch == 2);
    REQUIRE(world.log.size() == records);
}

TEST_CASE("each epoch of an ISR change is held against the present one") {
    WorldOfThree world;
    world.apply(world.controller.fence(NodeId(1)));
    world.beat(1);
    const auto error = [&](auto change) {
        protocol::AlterPartitionRequest request = world.wish("a", nodes({2, 3}));
        change(request, request.topics[0].partitions[0]);
        const std::size_t records = world.log.size();
        const ErrorCode code = world.alter(request).error_code;
        REQUIRE(world.log.size() == records);
        return code;
    };
    REQUIRE(error([](auto&, auto& p) { ++p.leader_epoch; }) == ErrorCode::not_controller);
    REQUIRE(error([](auto&, auto& p) { ++p.partition_epoch; }) == ErrorCode::not_controller);
    REQUIRE(error([](auto&, auto& p) { p.leader_epoch = protocol::LeaderEpoch(0); }) ==
            ErrorCode::fenced_leader_epoch);
    REQUIRE(error([](auto&, auto& p) { --p.partition_epoch; }) ==
            ErrorCode::invalid_update_version);
    REQUIRE(error([&](auto& r, auto&) {
                r.broker_id = NodeId(3);
                r.broker_epoch = world.broker_epoch(3);
            }) == ErrorCode::invalid_request);
    REQUIRE(error([](auto& r, auto&) { r.topics[0].topic_id = protocol::Uuid{{1}}; }) ==
            ErrorCode::unknown_topic_id);
    REQUIRE(error([](auto&, auto& p) { p.partition_index = PartitionId(9); }) ==
            ErrorCode::unknown_topic_or_partition);
    protocol::AlterPartitionRequest stale = world.wish("a", nodes({2, 3}));
    --stale.broker_epoch;
    REQUIRE(world.handle(stale, 3).error_code == ErrorCode::stale_broker_epoch);
}

TEST_CASE("an ISR has the leader in it, each replica once, and nobody else") {
    WorldOfThree world;
    for (const auto& isr : {nodes({2, 3}), nodes({1, 2, 2}), nodes({1, 4}), nodes({})}) {
        REQUIRE(world.alter(world.wish("a", isr)).error_code == ErrorCode::invalid_request);
    }
    protocol::AlterPartitionRequest request = world.wish("a", nodes({1}));
    request.topics[0].partitions[0].leader_recovery_state = 1;  // nobody asked it to recover
    REQUIRE(world.alter(request).error_code == ErrorCode::invalid_request);
}

TEST_CASE("fenced and stopping brokers, and other incarnations, do not enter an ISR") {
    WorldOfThree world;
    world.create_on("b", nodes({2, 1}));
    world.apply(world.controller.fence(NodeId(3)));
    REQUIRE(world.alter(world.wish("a", nodes({1, 2, 3}))).error_code ==
            ErrorCode::ineligible_replica);
    world.beat(3);
    protocol::AlterPartitionRequest request = world.wish("a", nodes({1, 2, 3}));
    --request.topics[0].partitions[0].new_isr_with_epochs[2].broker_epoch;
    REQUIRE(world.alter(request).error_code == ErrorCode::ineligible_replica);
    world.beat(2, true);  // it leads b, so it is not gone at once
    REQUIRE(world.alter(world.wish("a", nodes({1, 2}))).error_code ==
            ErrorCode::ineligible_replica);
    REQUIRE(world.alter(world.wish("a", nodes({1, 3}))).error_code == ErrorCode::none);
}

TEST_CASE("version 2 names brokers without their epochs") {
    WorldOfThree world;
    protocol::AlterPartitionRequest request = world.wish("a", {});
    request.topics[0].partitions[0].new_isr = nodes({1, 2});
    const auto response = world.handle(request, 2);
    REQUIRE(response.topics.at(0).partitions.at(0).error_code == ErrorCode::none);
    REQUIRE(world.partition().isr == nodes({1, 2}));
}

TEST_CASE("a partition that is named twice in one request is changed once") {
    WorldOfThree world;
    protocol::AlterPartitionRequest request = world.wish("a", nodes({1, 2}));
    request.topics[0].partitions.push_back(request.topics[0].partitions[0]);
    const auto response = world.handle(request, 3);
    REQUIRE(response.topics[0].partitions[0].error_code == ErrorCode::none);
    REQUIRE(response.topics[0].partitions[1].error_code == ErrorCode::invalid_update_version);
}

TEST_CASE("a shrinking ISR makes a new leader epoch in clusters below 3.6") {
    ControllerWorld world;
    world.apply({versioned(
        protocol::FeatureLevelRecord{.name = "metadata.version", .feature_level = 11}, 11)});
    world.add_brokers(2);
    world.create_on("a", nodes({1, 2}));
    REQUIRE(world.alter(world.wish("a", nodes({1}))).leader_epoch.value() == 1);
    REQUIRE(world.alter(world.wish("a", nodes({1, 2}))).leader_epoch.value() == 1);
}
