#include "clients/producer/producer_config.h"

#include "tests/support/catch.h"

using namespace gregor;
using namespace gregor::producer;

namespace {

Result<ProducerConfig, std::string> with(ProducerConfig::Properties properties) {
    properties["bootstrap.servers"] = "n1:9092";
    return ProducerConfig::from(properties);
}

}  // namespace

TEST_CASE("the defaults are Kafka's") {
    const auto config = with({});
    REQUIRE(config->acks == -1);
    REQUIRE(config->enable_idempotence);
    REQUIRE(config->batch_size == 16384);
    REQUIRE(config->buffer_memory == 33554432);
    REQUIRE(config->linger == 5ms);
    REQUIRE(config->delivery_timeout == 120s);
    REQUIRE(config->max_in_flight == 5);
    REQUIRE(config->retries == 2147483647);
}

TEST_CASE("keys are read by Kafka's names") {
    const auto config = with({{"acks", "1"},
                              {"compression.type", "zstd"},
                              {"compression.zstd.level", "7"},
                              {"linger.ms", "20"},
                              {"max.block.ms", "9223372036854775807"}});
    REQUIRE(config->acks == 1);
    REQUIRE(config->compression_type == records::CompressionCodec::zstd);
    REQUIRE(config->compression_levels.zstd == 7);
    REQUIRE(config->linger == 20ms);
    REQUIRE(config->max_block > 24h * 365);
}

TEST_CASE("idempotence gives way unless it is asked for") {
    REQUIRE_FALSE(with({{"acks", "1"}})->enable_idempotence);
    REQUIRE_FALSE(with({{"retries", "0"}})->enable_idempotence);
    REQUIRE_FALSE(with({{"max.in.flight.requests.per.connection", "6"}})->enable_idempotence);
    REQUIRE(with({{"acks", "1"}, {"enable.idempotence", "true"}}).error() ==
            "Must set acks to all in order to use the idempotent producer. Otherwise we cannot "
            "guarantee idempotence.");
}

TEST_CASE("transactions need idempotence") {
    const auto config = with({{"transactional.id", "t"}, {"transaction.timeout.ms", "5000"}});
    REQUIRE(config->transactional_id == "t");
    REQUIRE(config->transaction_timeout == 5s);
    REQUIRE(with({{"transactional.id", "t"}, {"acks", "1"}}).error() ==
            "Cannot set a transactional.id without also enabling idempotence.");
}

TEST_CASE("what makes no sense is refused") {
    REQUIRE(with({{"acks", "2"}}).error() ==
            "Invalid value 2: String must be one of: all, -1, 0, 1 (configuration acks)");
    REQUIRE(with({{"retries", "-1"}}).error() ==
            "Invalid value -1: Value must be at least 0 (configuration retries)");
    REQUIRE(with({{"lingerms", "1"}}).error() == "Unknown configuration 'lingerms'");
    REQUIRE(with({{"delivery.timeout.ms", "1000"}}).error() ==
            "delivery.timeout.ms should be equal to or larger than linger.ms + request.timeout.ms");
    REQUIRE(with({{"linger.ms", "200000"}})->delivery_timeout == 230s);
    REQUIRE_FALSE(ProducerConfig::from({}).has_value());
}
