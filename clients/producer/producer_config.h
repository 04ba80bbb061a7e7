// The producer's settings: Kafka's keys, defaults and rules (ProducerConfig of Kafka 4.0).
//
//     auto config = TRY(ProducerConfig::from({{"bootstrap.servers", "127.0.0.1:9092"},
//                                             {"compression.type", "zstd"}}));
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "broker/protocol/records/compression.h"
#include "sim/base/result.h"
#include "sim/base/time.h"
#include "sim/runtime/network.h"

namespace gregor::producer {

struct ProducerConfig {
    using Properties = std::map<std::string, std::string>;

    std::vector<Endpoint> bootstrap_servers;
    std::string client_id = "gregor-producer";
    std::int16_t acks = -1;  // 0, 1, or -1 for all
    bool enable_idempotence = true;
    records::CompressionCodec compression_type = records::CompressionCodec::none;
    records::CompressionLevels compression_levels = {};
    std::int64_t batch_size = 16384;          // bytes
    std::int64_t buffer_memory = 33554432;    // bytes
    std::int64_t max_request_size = 1048576;  // bytes
    Duration linger = 5ms;
    Duration max_block = 60s;
    Duration delivery_timeout = 120s;
    Duration request_timeout = 30s;
    Duration retry_backoff = 100ms;
    Duration retry_backoff_max = 1s;
    Duration metadata_max_age = 300s;
    std::int32_t retries = 0x7fffffff;
    std::int32_t max_in_flight = 5;  // max.in.flight.requests.per.connection
    bool partitioner_ignore_keys = false;
    std::optional<std::string> transactional_id;  // transactional.id; none: no transactions
    Duration transaction_timeout = 60s;           // transaction.timeout.ms

    /// By Kafka's names. The error is a sentence, as Kafka's ConfigException has it; a key that is
    /// not here is one too. Idempotence that is not asked for gives way to settings that rule it
    /// out, as in Kafka (KIP-679).
    [[nodiscard]] static Result<ProducerConfig, std::string> from(const Properties& properties);
};

/// As compression.type has them: none, gzip, snappy, lz4, zstd.
[[nodiscard]] std::optional<records::CompressionCodec> parse_codec(std::string_view name);

}  // namespace gregor::producer
