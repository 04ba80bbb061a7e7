#include "tests/unit/controller/controller_world.h"

using namespace gregor;
using namespace gregor::controller;
using namespace gregor::controller::test;

namespace {

ErrorCode alter(ControllerWorld& world, const std::string& topic, std::string key, int operation,
                std::optional<std::string> value) {
    protocol::IncrementalAlterConfigsRequest request;
    request.resources.push_back({.resource_type = 2, .resource_name = topic});
    request.resources[0].configs.push_back({.name = std::move(key),
                                            .config_operation = static_cast<std::int8_t>(operation),
                                            .value = std::move(value)});
    return world.handle(request, 1).responses.at(0).error_code;
}

}  // namespace

TEST_CASE("single settings are set, appended to, subtracted from and deleted") {
    ControllerWorld world;
    world.add_broker(1);
    world.create({.name = "a", .num_partitions = 1, .replication_factor = 1});
    const auto value = [&](const std::string& key) {
        return world.controller.image().topic_configs("a").at(key);
    };
    REQUIRE(alter(world, "a", "retention.ms", 0, "5") == ErrorCode::none);
    REQUIRE(value("retention.ms") == "5");
    REQUIRE(alter(world, "a", "cleanup.policy", 2, "compact") == ErrorCode::none);
    REQUIRE(value("cleanup.policy") == "delete,compact");
    REQUIRE(alter(world, "a", "cleanup.policy", 3, "delete") == ErrorCode::none);
    REQUIRE(value("cleanup.policy") == "compact");
    REQUIRE(alter(world, "a", "retention.ms", 1, std::nullopt) == ErrorCode::none);
    REQUIRE(!world.controller.image().topic_configs("a").contains("retention.ms"));
}

TEST_CASE("an illegal change of settings changes nothing") {
    ControllerWorld world;
    world.add_broker(1);
    world.create({.name = "a", .num_partitions = 1, .replication_factor = 1});
    const std::size_t before = world.log.size();
    REQUIRE(alter(world, "a", "retention.ms", 0, "soon") == ErrorCode::invalid_config);
    REQUIRE(alter(world, "a", "no.such.key", 0, "1") == ErrorCode::invalid_config);
    REQUIRE(alter(world, "a", "retention.ms", 2, "1") == ErrorCode::invalid_config);
    REQUIRE(alter(world, "a", "retention.ms", 0, std::nullopt) == ErrorCode::invalid_request);
    REQUIRE(alter(world, "a", "retention.ms", 9, "1") == ErrorCode::invalid_request);
    REQUIRE(alter(world, "b", "retention.ms", 0, "1") == ErrorCode::unknown_topic_or_partition);
    REQUIRE(world.log.size() == before);
}

TEST_CASE("AlterConfigs deletes what it does not name") {
    ControllerWorld world;
    world.add_broker(1);
    world.create({.name = "a",
                  .num_partitions = 1,
                  .replication_factor = 1,
                  .configs = {{.name = "retention.ms", .value = "1"},
                              {.name = "segment.ms", .value = "2"}}});
    protocol::AlterConfigsRequest request;
    request.resources.push_back({.resource_type = 2, .resource_name = "a"});
    request.resources[0].configs.push_back({.name = "segment.ms", .value = "3"});
    REQUIRE(world.handle(request, 2).responses.at(0).error_code == ErrorCode::none);
    REQUIRE(world.controller.image().topic_configs("a") ==
            metadata::ConfigMap{{"segment.ms", "3"}});
}
