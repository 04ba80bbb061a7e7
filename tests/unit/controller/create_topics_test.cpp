#include "tests/unit/controller/controller_world.h"

using namespace gregor;
using namespace gregor::controller;
using namespace gregor::controller::test;
using protocol::CreateTopicsRequest;
using protocol::PartitionId;

TEST_CASE("-1 takes the broker's defaults, and the answer tells the topic's effective settings") {
    ControllerWorld world;
    world.add_broker(1);
    const auto topic = world.create({.name = "a",
                                     .num_partitions = -1,
                                     .replication_factor = -1,
                                     .configs = {{.name = "segment.bytes", .value = "1048576"}}});
    REQUIRE(topic.error_code == ErrorCode::none);
    REQUIRE(topic.num_partitions == 2);
    REQUIRE(topic.replication_factor == 1);
    REQUIRE(topic.configs->size() > 25);
    for (const auto& config : *topic.configs) {
        if (config.name == "segment.bytes") REQUIRE(config.config_source == 1);
        if (config.name != "retention.ms") continue;
        REQUIRE(config.value == "86400000");  // 24 hours of server.properties
        REQUIRE(config.config_source == 4);
    }
    REQUIRE(world.controller.image().topic_configs("a").at("segment.bytes") == "1048576");
}

TEST_CASE("each fault of a new topic has Kafka's error") {
    ControllerWorld world;
    world.add_broker(1);
    REQUIRE(
        world.create({.name = "a.b", .num_partitions = 1, .replication_factor = 1}).error_code ==
        ErrorCode::none);
    const auto error = [&](CreateTopicsRequest::Topic topic) {
        const std::size_t before = world.log.size();
        const auto answer = world.create(std::move(topic));
        REQUIRE(world.log.size() == before);
        REQUIRE(answer.error_message);
        return answer.error_code;
    };
    REQUIRE(error({.name = "a.b", .num_partitions = 1, .replication_factor = 1}) ==
            ErrorCode::topic_already_exists);
    REQUIRE(error({.name = "a_b", .num_partitions = 1, .replication_factor = 1}) ==
            ErrorCode::invalid_topic_exception);
    REQUIRE(error({.name = "a b", .num_partitions = 1, .replication_factor = 1}) ==
            ErrorCode::invalid_topic_exception);
    REQUIRE(error({.name = "__cluster_metadata", .num_partitions = 1, .replication_factor = 1}) ==
            ErrorCode::invalid_request);
    REQUIRE(error({.name = "c", .num_partitions = 0, .replication_factor = 1}) ==
            ErrorCode::invalid_partitions);
    REQUIRE(error({.name = "c", .num_partitions = 2'000'000'000, .replication_factor = 1}) ==
            ErrorCode::policy_violation);
    REQUIRE(error({.name = "c", .num_partitions = 1, .replication_factor = 0}) ==
            ErrorCode::invalid_replication_factor);
    REQUIRE(error({.name = "c", .num_partitions = 1, .replication_factor = 2}) ==
            ErrorCode::invalid_replication_factor);
    REQUIRE(error({.name = "c",
                   .num_partitions = 1,
                   .replication_factor = 1,
                   .configs = {{.name = "no.such.key", .value = "1"}}}) ==
            ErrorCode::invalid_config);
    REQUIRE(error({.name = "c",
                   .num_partitions = 1,
                   .replication_factor = 1,
                   .configs = {{.name = "retention.ms", .value = "x"}}}) ==
            ErrorCode::invalid_config);
    const auto given = [](std::int32_t partition, std::vector<NodeId> brokers) {
        return CreateTopicsRequest::Assignment{PartitionId(partition), std::move(brokers), {}};
    };
    const NodeId one{1};
    REQUIRE(error({.name = "c",
                   .num_partitions = 1,
                   .replication_factor = -1,
                   .assignments = {given(0, {one})}}) == ErrorCode::invalid_request);
    for (const auto& assignment :
         {given(0, {}), given(0, {one, one}), given(0, {NodeId(7)}), given(1, {one})}) {
        REQUIRE(error({.name = "c",
                       .num_partitions = -1,
                       .replication_factor = -1,
                       .assignments = {assignment}}) == ErrorCode::invalid_replica_assignment);
    }
}

TEST_CASE("names that differ only in '.' and '_' collide inside one request too") {
    ControllerWorld world;
    world.add_broker(1);
    CreateTopicsRequest request;
    request.topics.push_back({.name = "x.y", .num_partitions = 1, .replication_factor = 1});
    request.topics.push_back({.name = "x_y", .num_partitions = 1, .replication_factor = 1});
    request.topics.push_back({.name = "twice", .num_partitions = 1, .replication_factor = 1});
    request.topics.push_back({.name = "twice", .num_partitions = 1, .replication_factor = 1});
    const auto response = world.handle(request);
    REQUIRE(response.topics.size() == 3);
    REQUIRE(response.topics[0].error_code == ErrorCode::none);
    REQUIRE(response.topics[1].error_code == ErrorCode::invalid_topic_exception);
    REQUIRE(response.topics[2].error_code == ErrorCode::invalid_request);
}

TEST_CASE("validate_only says what would happen and does nothing") {
    ControllerWorld world;
    world.add_broker(1);
    CreateTopicsRequest request{.validate_only = true};
    request.topics.push_back({.name = "a", .num_partitions = 3, .replication_factor = 1});
    const std::size_t before = world.log.size();
    const auto response = world.handle(request);
    REQUIRE(response.topics.at(0).error_code == ErrorCode::none);
    REQUIRE(response.topics.at(0).num_partitions == 3);
    REQUIRE(world.log.size() == before);
}

TEST_CASE("replicas are spread over brokers, and no broker has two of one partition") {
    ControllerWorld world;
    for (std::int32_t id = 1; id <= 5; ++id) world.add_broker(id);
    REQUIRE(world.create({.name = "a", .num_partitions = 10, .replication_factor = 3}).error_code ==
            ErrorCode::none);
    std::map<NodeId, int> leaderships;
    for (const auto& [id, state] : world.controller.image().find_topic("a")->partitions) {
        REQUIRE(state.isr == state.replicas);
        std::vector<NodeId> sorted = state.replicas;
        std::ranges::sort(sorted);
        REQUIRE(std::ranges::adjacent_find(sorted) == sorted.end());
        ++leaderships[state.leader];
    }
    for (const auto& [id, count] : leaderships) REQUIRE(count == 2);
}

TEST_CASE("topics are deleted by name or id, with their settings") {
    ControllerWorld world;
    world.add_broker(1);
    const auto topic = world.create({.name = "a",
                                     .num_partitions = 1,
                                     .replication_factor = 1,
                                     .configs = {{.name = "retention.ms", .value = "1"}}});
    protocol::DeleteTopicsRequest request;
    request.topics.push_back({.topic_id = topic.topic_id});
    request.topics.push_back({.name = "b"});
    request.topics.push_back({.topic_id = protocol::Uuid{{5}}});
    request.topics.push_back({});
    const auto response = world.handle(request, 6);
    REQUIRE(response.responses.at(0).error_code == ErrorCode::none);
    REQUIRE(response.responses.at(0).name == "a");
    REQUIRE(response.responses.at(1).error_code == ErrorCode::unknown_topic_or_partition);
    REQUIRE(response.responses.at(2).error_code == ErrorCode::unknown_topic_id);
    REQUIRE(response.responses.at(3).error_code == ErrorCode::invalid_request);
    REQUIRE(world.controller.image().topics().empty());
    REQUIRE(world.controller.image().configs().empty());
}

TEST_CASE("a topic only grows") {
    ControllerWorld world;
    world.add_broker(1);
    world.create({.name = "a", .num_partitions = 2, .replication_factor = 1});
    const auto grow = [&](const std::string& name, std::int32_t count) {
        protocol::CreatePartitionsRequest request;
        request.topics.push_back({.name = name, .count = count, .assignments = std::nullopt});
        return world.handle(request, 3).results.at(0).error_code;
    };
    REQUIRE(grow("a", 2) == ErrorCode::invalid_partitions);
    REQUIRE(grow("a", 1) == ErrorCode::invalid_partitions);
    REQUIRE(grow("b", 3) == ErrorCode::unknown_topic_or_partition);
    REQUIRE(grow("a", 5) == ErrorCode::none);
    REQUIRE(world.controller.image().find_topic("a")->partitions.size() == 5);
}
