#include "tests/unit/controller/controller_world.h"

using namespace gregor;
using namespace gregor::controller;
using namespace gregor::controller::test;

namespace {

constexpr std::int8_t kTopic = 2;
constexpr std::int8_t kBroker = 4;
constexpr std::int8_t kClientMetrics = 16;
constexpr std::int8_t kGroup = 32;

auto alter_resource(ControllerWorld& world, std::int8_t type, const std::string& name,
                    std::string key, int operation, std::optional<std::string> value) {
    protocol::IncrementalAlterConfigsRequest request;
    request.resources.push_back({.resource_type = type, .resource_name = name});
    request.resources[0].configs.push_back({.name = std::move(key),
                                            .config_operation = static_cast<std::int8_t>(operation),
                                            .value = std::move(value)});
    return world.handle(request, 1).responses.at(0);
}

ErrorCode alter(ControllerWorld& world, const std::string& topic, std::string key, int operation,
                std::optional<std::string> value) {
    return alter_resource(world, kTopic, topic, std::move(key), operation, std::move(value))
        .error_code;
}

/// The message about a value that is set; empty if it is taken.
std::string refusal(ControllerWorld& world, std::int8_t type, const std::string& name,
                    std::string key, std::string value) {
    return alter_resource(world, type, name, std::move(key), 0, std::move(value))
        .error_message.value_or("");
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

TEST_CASE("settings of brokers are for one of them or for all, and checked for what they are") {
    ControllerWorld world;
    world.add_broker(1);
    const auto of_broker = [&](const std::string& name, std::string key, std::string value) {
        return refusal(world, kBroker, name, std::move(key), std::move(value));
    };
    REQUIRE(of_broker("1", "num.io.threads", "4").empty());
    REQUIRE(of_broker("", "log.retention.ms", "5").empty());
    REQUIRE(of_broker("1", "leader.replication.throttled.rate", "1000").empty());
    REQUIRE(of_broker("1", "some.plugin.key", "anything").empty());
    REQUIRE(of_broker("1", "num.io.threads", "0") ==
            "Invalid value 0 for configuration num.io.threads: Value must be at least 1");
    REQUIRE(of_broker("1", "max.connections", "many") ==
            "Invalid value many for configuration max.connections: Not a number of type INT");
    REQUIRE(!of_broker("", "log.retention.ms", "soon").empty());
    REQUIRE(of_broker("", "listeners", "PLAINTEXT://:1") ==
            "Cannot update these configs at default cluster level, broker id must be specified: "
            "Set(listeners)");
    REQUIRE(of_broker("9", "num.io.threads", "4") == "No broker with id 9 found.");
    REQUIRE(of_broker("x", "num.io.threads", "4") == "Node id must be an integer, but it is: x");
}

TEST_CASE("keys that are read at a broker's start are no dynamic settings") {
    ControllerConfig config = config_of({});
    config.known_broker_keys = {"node.id", "num.io.threads"};
    Random random(1);
    Controller controller(config, random);
    protocol::IncrementalAlterConfigsRequest request;
    request.resources.push_back({.resource_type = kBroker});
    request.resources[0].configs.push_back({.name = "node.id", .value = "7"});
    const auto result = controller.handle(ControllerContext{}, request);
    REQUIRE(result.records.empty());
    REQUIRE(result.response.responses.at(0).error_code == ErrorCode::invalid_request);
    REQUIRE(result.response.responses.at(0).error_message ==
            "Cannot update these configs dynamically: Set(node.id)");
}

TEST_CASE("throttled replicas are named by partition and broker") {
    ControllerWorld world;
    world.add_broker(1);
    world.create_on("a", nodes({1}));
    const std::string key = "leader.replication.throttled.replicas";
    REQUIRE(alter(world, "a", key, 0, "0:1,1:2") == ErrorCode::none);
    REQUIRE(alter(world, "a", key, 2, "2:3") == ErrorCode::none);
    REQUIRE(world.controller.image().topic_configs("a").at(key) == "0:1,1:2,2:3");
    REQUIRE(alter(world, "a", key, 0, "*") == ErrorCode::none);
    REQUIRE(alter(world, "a", key, 0, "0-1") == ErrorCode::invalid_config);
    REQUIRE(alter(world, "a", key, 0, "0:") == ErrorCode::invalid_config);
}

TEST_CASE("groups and client metrics have settings of their own") {
    ControllerWorld world;
    REQUIRE(refusal(world, kGroup, "g", "consumer.session.timeout.ms", "50000").empty());
    REQUIRE(refusal(world, kGroup, "g", "retention.ms", "1") ==
            "Unknown group config name: retention.ms");
    REQUIRE(refusal(world, kGroup, "g", "consumer.session.timeout.ms", "0") ==
            "Invalid value 0 for configuration consumer.session.timeout.ms: Value must be at "
            "least 1");
    REQUIRE(refusal(world, kGroup, "", "consumer.session.timeout.ms", "50000") ==
            "Default group resources are not allowed.");
    REQUIRE(refusal(world, kClientMetrics, "m", "interval.ms", "1000").empty());
    REQUIRE(refusal(world, kClientMetrics, "m", "match", "client_id=a.*, client_source_port=1")
                .empty());
    REQUIRE(refusal(world, kClientMetrics, "m", "interval.ms", "1") ==
            "Invalid value 1 for interval.ms, interval must be between 100 and 3600000 (1 hour)");
    REQUIRE(refusal(world, kClientMetrics, "m", "match", "colour=red") ==
            "Illegal client matching pattern: colour=red");
    REQUIRE(alter_resource(world, kClientMetrics, "m", "metrics", 2, "a.b").error_code ==
            ErrorCode::none);
}

TEST_CASE("a lower min.insync.replicas empties the ELR in the same decision") {
    ControllerWorld world({.elr = true});
    world.add_brokers(3);
    world.create_on("a", nodes({1, 2, 3}), {{.name = "min.insync.replicas", .value = "2"}});
    world.set_isr("a", nodes({1}));
    REQUIRE(world.partition().elr == nodes({2, 3}));
    REQUIRE(alter(world, "a", "min.insync.replicas", 0, "1") == ErrorCode::none);
    REQUIRE(world.partition().elr.empty());
    REQUIRE(refusal(world, kBroker, "1", "min.insync.replicas", "1") ==
            "Broker-level min.insync.replicas cannot be altered while ELR is enabled.");
    REQUIRE(refusal(world, kBroker, "", "min.insync.replicas", "3").empty());
    REQUIRE(
        alter_resource(world, kBroker, "", "min.insync.replicas", 1, std::nullopt).error_message ==
        "Cluster-level min.insync.replicas cannot be removed while ELR is enabled.");
}
