// server.properties as a whole: defaults, limits, and what is refused with which words.
#include "broker/server/config.h"

#include <algorithm>

#include "tests/support/catch.h"

using namespace gregor;
using namespace gregor::server;

namespace {

Properties with(const Properties& changes) {
    Properties properties = development_properties("data");
    for (const auto& [key, value] : changes) properties[key] = value;
    return properties;
}

Config accepted(const Properties& changes) {
    auto config = Config::from(with(changes), "host.example");
    if (!config) FAIL(config.error().front());
    return *std::move(config);
}

/// The only complaint.
std::string refusal(const Properties& changes) {
    const auto config = Config::from(with(changes), "host.example");
    REQUIRE(!config.has_value());
    REQUIRE(config.error().size() == 1);
    return config.error().front();
}

bool contains(std::string_view text, std::string_view part) {
    return text.find(part) != std::string_view::npos;
}

}  // namespace

TEST_CASE("every key has a sound default") {
    for (const ConfigKey& key : config_keys()) {
        if (!key.default_value || key.default_value->empty()) continue;
        const auto refused = refuse_value(key, *key.default_value);
        INFO(key.name);
        REQUIRE(!refused.has_value());
    }
}

TEST_CASE("what the file does not say has Kafka's default") {
    const Config config = accepted({});
    REQUIRE(config.int32("num.partitions") == 1);
    REQUIRE(config.boolean("auto.create.topics.enable"));
    REQUIRE(config.int32("socket.request.max.bytes") == 104857600);
    REQUIRE(config.milliseconds("connections.max.idle.ms") == 10min);
    REQUIRE(*config.topic_defaults() == log::LogConfig{});
    REQUIRE(!config.is_set("num.partitions"));
}

TEST_CASE("an unknown key is refused, and the nearest one is named") {
    REQUIRE(refusal({{"num.partition", "3"}}) ==
            "unknown key 'num.partition'; did you mean 'num.partitions'?");
    REQUIRE(refusal({{"log.segment.byte", "1"}}) ==
            "unknown key 'log.segment.byte'; did you mean 'log.segment.bytes'?");
    REQUIRE(refusal({{"xyz", "1"}}) == "unknown key 'xyz'");
}

TEST_CASE("a key that Kafka knows and this node does not act on is noted") {
    const Config config = accepted({{"num.io.threads", "16"}, {"listener.name.x.ssl.key", "y"}});
    const auto is_noted = [&](std::string_view key) {
        return std::ranges::any_of(config.notes(),
                                   [&](const std::string& note) { return note.starts_with(key); });
    };
    REQUIRE(is_noted("num.io.threads"));
    REQUIRE(is_noted("listener.name.x.ssl.key"));
    REQUIRE(!is_noted("node.id"));
}

TEST_CASE("metrics are served where the file says, and by default nowhere") {
    REQUIRE(!accepted({}).metrics_listener());
    REQUIRE(accepted({{"metrics.listener", "http://127.0.0.1:9404"}}).metrics_listener() ==
            Endpoint{"127.0.0.1", 9404});
    REQUIRE(accepted({{"metrics.listener", "http://:0"}}).metrics_listener() == Endpoint{"", 0});
    REQUIRE(refusal({{"metrics.listener", "https://:9404"}}) ==
            "metrics.listener = https://:9404 is not http://host:port");
    REQUIRE(refusal({{"metrics.listener", "http://:9404,x://:9405"}}) ==
            "metrics.listener = http://:9404,x://:9405 is not http://host:port");
    REQUIRE(refusal({{"metrics.listener", ":9404"}}) ==
            "metrics.listener: ':9404' is not NAME://host:port");
}

TEST_CASE("values are held against their type and limits, and every complaint is gathered") {
    REQUIRE(refusal({{"num.partitions", "0"}}) == "num.partitions = 0 is below 1");
    REQUIRE(refusal({{"num.partitions", "many"}}) == "num.partitions = 'many' is not a number");
    REQUIRE(refusal({{"num.partitions", "2147483648"}}) ==
            "num.partitions = 2147483648 is above 2147483647");
    REQUIRE(refusal({{"auto.create.topics.enable", "yes"}}) ==
            "auto.create.topics.enable = 'yes' is neither true nor false");
    REQUIRE(
        contains(refusal({{"process.roles", "broker,zookeeper"}}), "'zookeeper' is not one of"));
    const auto many = Config::from(with({{"num.partitions", "x"}, {"node.id", "y"}}), "h");
    REQUIRE(many.error().size() == 2);
    REQUIRE(accepted({{"num.partitions", " 12 "}}).int32("num.partitions") == 12);
}

TEST_CASE("log.* keys are the defaults of topics, the finest unit of time wins") {
    const Config config = accepted({{"log.segment.bytes", "2000000"},
                                    {"message.max.bytes", "5000"},
                                    {"log.retention.hours", "1"},
                                    {"log.retention.minutes", "5"},
                                    {"log.roll.hours", "2"}});
    REQUIRE(config.topic_defaults()->segment_bytes == 2000000);
    REQUIRE(config.topic_defaults()->max_message_bytes == 5000);
    REQUIRE(config.topic_defaults()->retention_ms == 300'000);
    REQUIRE(config.topic_defaults()->segment_ms == 7'200'000);
    REQUIRE(accepted({{"log.retention.hours", "-1"}}).topic_defaults()->retention_ms == -1);
    REQUIRE(accepted({{"log.retention.ms", "7"}, {"log.retention.minutes", "1"}})
                .topic_defaults()
                ->retention_ms == 7);
    const auto bad = Config::from(with({{"log.segment.bytes", "-5"}}), "h");
    REQUIRE(!bad.has_value());
}

TEST_CASE("listeners are parsed with IPv6 addresses and any names of the protocol map") {
    const Config config = accepted({
        {"listeners", "internal://[::1]:0,OUTSIDE://10.0.0.1:19092,CONTROLLER://:9093"},
        {"listener.security.protocol.map",
         "INTERNAL:PLAINTEXT,OUTSIDE:PLAINTEXT,CONTROLLER:PLAINTEXT"},
    });
    REQUIRE(config.listeners().size() == 3);
    REQUIRE(config.listeners()[0] == ListenerConfig{"INTERNAL", {"::1", 0}});
    REQUIRE(config.is_controller_listener("CONTROLLER"));
    REQUIRE(config.advertised_listeners().size() == 2);
}

TEST_CASE("a listener without a host is advertised by the machine's name") {
    const Config config = accepted({{"listeners", "PLAINTEXT://:9092,CONTROLLER://:9093"}});
    REQUIRE(config.advertised_listeners()[0] ==
            ListenerConfig{"PLAINTEXT", {"host.example", 9092}});
    REQUIRE(contains(refusal({{"listeners", "PLAINTEXT://0.0.0.0:9092,CONTROLLER://:9093"}}),
                     "clients cannot connect to 0.0.0.0"));
    REQUIRE(accepted({{"listeners", "PLAINTEXT://0.0.0.0:9092,CONTROLLER://:9093"},
                      {"advertised.listeners", "PLAINTEXT://localhost:29092"}})
                .advertised_listeners()[0]
                .endpoint == Endpoint{"localhost", 29092});
}

TEST_CASE("listeners that cannot work are refused") {
    REQUIRE(contains(refusal({{"listeners", "PLAINTEXT://127.0.0.1:1"}}),
                     "does not hold the controller listener CONTROLLER"));
    REQUIRE(contains(refusal({{"listeners", "PLAINTEXT:9092"}}), "is not NAME://host:port"));
    REQUIRE(contains(refusal({{"listeners", "PLAINTEXT://h:99999,CONTROLLER://:1"}}),
                     "is not host:port"));
    REQUIRE(contains(refusal({{"listeners", "SSL://h:1,CONTROLLER://h:2"}}),
                     "only PLAINTEXT is served yet"));
    REQUIRE(contains(refusal({{"listeners", "A://h:1,CONTROLLER://h:2"}}), "has no protocol"));
    REQUIRE(contains(refusal({{"listeners", "PLAINTEXT://h:1,CONTROLLER://h:1"}}), "share a port"));
    REQUIRE(contains(refusal({
                         {"advertised.listeners", "OTHER://h:1"},
                     }),
                     "not among listeners"));
}

TEST_CASE("roles, voters and listeners that contradict each other are refused in words") {
    REQUIRE(contains(refusal({{"process.roles", "broker,zebra"}}), "is not one of"));
    REQUIRE(contains(refusal({{"controller.quorum.voters", "2@a:1"}}), "does not hold this node"));
    REQUIRE(contains(refusal({{"controller.quorum.voters", "1@a:1,1@b:1"}}), "named twice"));
    REQUIRE(contains(refusal({{"controller.quorum.voters", "1@a:1,b:1"}}), "not id@host:port"));
    REQUIRE(contains(refusal({{"controller.quorum.bootstrap.servers", "a"}}), "not host:port"));
    REQUIRE(contains(refusal({{"inter.broker.listener.name", "OTHER"}}), "not among"));
    REQUIRE(contains(refusal({{"zookeeper.connect", "z:2181"}}), "no ZooKeeper"));
}
