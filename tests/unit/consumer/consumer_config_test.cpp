// Kafka's keys as a consumer takes them.
#include "clients/consumer/config.h"
#include "tests/support/catch.h"

using namespace gregor;
using namespace gregor::consumer;

TEST_CASE("a consumer takes Kafka's keys and values") {
    const auto config =
        ConsumerConfig::from({{"bootstrap.servers", "n1:9092"},
                              {"group.id", "g"},
                              {"session.timeout.ms", "10000"},
                              {"auto.offset.reset", "earliest"},
                              {"enable.auto.commit", "false"},
                              {"isolation.level", "read_committed"},
                              {"partition.assignment.strategy", "roundrobin,cooperative-sticky"}});
    REQUIRE(config.has_value());
    REQUIRE(config->session_timeout == 10s);
    REQUIRE(config->auto_offset_reset == OffsetReset::earliest);
    REQUIRE_FALSE(config->enable_auto_commit);
    REQUIRE(config->isolation_level == IsolationLevel::read_committed);
    REQUIRE(config->partition_assignment_strategy.size() == 2);
    REQUIRE(config->max_poll_records == 500);
}

TEST_CASE("a consumer refuses keys and values that Kafka has not") {
    REQUIRE(ConsumerConfig::from({{"no.such.key", "1"}}).error() ==
            "Unknown configuration 'no.such.key'");
    REQUIRE(ConsumerConfig::from({{"auto.offset.reset", "middle"}}).error() ==
            "Invalid value middle for configuration auto.offset.reset");
    REQUIRE_FALSE(ConsumerConfig::from({{"max.poll.records", "-1"}}).has_value());
    REQUIRE_FALSE(ConsumerConfig::from({{"heartbeat.interval.ms", "60000"}}).has_value());
    REQUIRE_FALSE(ConsumerConfig::from({{"partition.assignment.strategy", "best"}}).has_value());
}
