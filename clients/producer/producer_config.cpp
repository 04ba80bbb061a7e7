#include "clients/producer/producer_config.h"

#include <algorithm>
#include <charconv>
#include <limits>

#include "clients/client/cluster.h"

namespace gregor::producer {
namespace {

constexpr std::int64_t kInt32Max = std::numeric_limits<std::int32_t>::max();
constexpr std::int64_t kInt64Max = std::numeric_limits<std::int64_t>::max();

using Read = Result<void, std::string> (*)(ProducerConfig& config, const std::string& value);

struct Key {
    std::string_view name;
    Read read;
};

std::unexpected<std::string> invalid(std::string_view value, std::string_view why) {
    return fail(fmt::format("Invalid value {}: {}", value, why));
}

Result<std::int64_t, std::string> integer(const std::string& value, std::int64_t min,
                                          std::int64_t max) {
    std::int64_t number = 0;
    const char* const end = value.data() + value.size();
    const auto [stop, error] = std::from_chars(value.data(), end, number);
    if (error != std::errc() || stop != end) return invalid(value, "Not a number");
    if (number < min) return invalid(value, fmt::format("Value must be at least {}", min));
    if (number > max) return invalid(value, fmt::format("Value must be no more than {}", max));
    return number;
}

template <auto member, std::int64_t min, std::int64_t max = kInt32Max>
Result<void, std::string> read_integer(ProducerConfig& config, const std::string& value) {
    using Member = std::remove_reference_t<decltype(config.*member)>;
    config.*member = static_cast<Member>(TRY(integer(value, min, max)));
    return {};
}

template <auto member, std::int64_t max = kInt32Max>
Result<void, std::string> read_ms(ProducerConfig& config, const std::string& value) {
    // What no clock reaches means for ever.
    const std::int64_t ms = TRY(integer(value, 0, max));
    constexpr std::int64_t kLongestMs = Duration::max().count() / 1'000'000;
    config.*member = std::chrono::milliseconds(std::min(ms, kLongestMs));
    return {};
}

template <auto member>
Result<void, std::string> read_bool(ProducerConfig& config, const std::string& value) {
    if (value != "true" && value != "false") {
        return invalid(value, "Expected value to be either true or false");
    }
    config.*member = value == "true";
    return {};
}

template <auto level, std::int64_t min, std::int64_t max>
Result<void, std::string> read_level(ProducerConfig& config, const std::string& value) {
    config.compression_levels.*level = static_cast<int>(TRY(integer(value, min, max)));
    return {};
}

Result<void, std::string> read_servers(ProducerConfig& config, const std::string& value) {
    config.bootstrap_servers = TRY(client::parse_bootstrap_servers(value));
    return {};
}

Result<void, std::string> read_client_id(ProducerConfig& config, const std::string& value) {
    config.client_id = value;
    return {};
}

Result<void, std::string> read_transactional_id(ProducerConfig& config, const std::string& value) {
    if (value.empty()) return invalid(value, "String must be non-empty");
    config.transactional_id = value;
    return {};
}

Result<void, std::string> read_acks(ProducerConfig& config, const std::string& value) {
    if (value == "all" || value == "-1") {
        config.acks = -1;
    } else if (value == "0" || value == "1") {
        config.acks = static_cast<std::int16_t>(value == "1");
    } else {
        return invalid(value, "String must be one of: all, -1, 0, 1");
    }
    return {};
}

Result<void, std::string> read_codec(ProducerConfig& config, const std::string& value) {
    const auto codec = parse_codec(value);
    if (!codec) return invalid(value, "String must be one of: none, gzip, snappy, lz4, zstd");
    config.compression_type = *codec;
    return {};
}

using Config = ProducerConfig;
using Levels = records::CompressionLevels;

constexpr Key kKeys[] = {
    {"acks", read_acks},
    {"batch.size", read_integer<&Config::batch_size, 0>},
    {"bootstrap.servers", read_servers},
    {"buffer.memory", read_integer<&Config::buffer_memory, 0, kInt64Max>},
    {"client.id", read_client_id},
    {"compression.gzip.level", read_level<&Levels::gzip, -1, 9>},
    {"compression.lz4.level", read_level<&Levels::lz4, 1, 17>},
    {"compression.type", read_codec},
    {"compression.zstd.level", read_level<&Levels::zstd, -131072, 22>},
    {"delivery.timeout.ms", read_ms<&Config::delivery_timeout>},
    {"enable.idempotence", read_bool<&Config::enable_idempotence>},
    {"linger.ms", read_ms<&Config::linger, kInt64Max>},
    {"max.block.ms", read_ms<&Config::max_block, kInt64Max>},
    {"max.in.flight.requests.per.connection", read_integer<&Config::max_in_flight, 1>},
    {"max.request.size", read_integer<&Config::max_request_size, 0>},
    {"metadata.max.age.ms", read_ms<&Config::metadata_max_age, kInt64Max>},
    {"partitioner.ignore.keys", read_bool<&Config::partitioner_ignore_keys>},
    {"request.timeout.ms", read_ms<&Config::request_timeout>},
    {"retries", read_integer<&Config::retries, 0>},
    {"retry.backoff.max.ms", read_ms<&Config::retry_backoff_max, kInt64Max>},
    {"retry.backoff.ms", read_ms<&Config::retry_backoff, kInt64Max>},
    {"transaction.timeout.ms", read_ms<&Config::transaction_timeout>},
    {"transactional.id", read_transactional_id},
};

Result<void, std::string> read_all(ProducerConfig& config,
                                   const ProducerConfig::Properties& properties) {
    for (const auto& [name, value] : properties) {
        const auto key = std::ranges::find(kKeys, name, &Key::name);
        if (key == std::end(kKeys)) return fail(fmt::format("Unknown configuration '{}'", name));
        const auto read = key->read(config, value);
        if (!read) return fail(fmt::format("{} (configuration {})", read.error(), name));
    }
    if (config.bootstrap_servers.empty()) {
        return fail(std::string(
            "Missing required configuration \"bootstrap.servers\" which has no default value."));
    }
    return {};
}

/// What rules idempotence out; empty if nothing does.
std::string_view conflict_with_idempotence(const ProducerConfig& config) {
    if (config.acks != -1) {
        return "Must set acks to all in order to use the idempotent producer. Otherwise we cannot "
               "guarantee idempotence.";
    }
    if (config.retries == 0) {
        return "Must set retries to non-zero when using the idempotent producer.";
    }
    if (config.max_in_flight > 5) {
        return "Must set max.in.flight.requests.per.connection to at most 5 to use the idempotent "
               "producer.";
    }
    return {};
}

}  // namespace

Result<ProducerConfig, std::string> ProducerConfig::from(const Properties& properties) {
    ProducerConfig config;
    TRY(read_all(config, properties));
    const std::string_view conflict = conflict_with_idempotence(config);
    if (config.enable_idempotence && !conflict.empty()) {
        if (properties.contains("enable.idempotence")) return fail(std::string(conflict));
        config.enable_idempotence = false;
    }
    if (config.transactional_id && !config.enable_idempotence) {
        return fail(
            std::string("Cannot set a transactional.id without also enabling idempotence."));
    }
    const Duration least = config.linger > Duration::max() - config.request_timeout
                               ? Duration::max()
                               : config.linger + config.request_timeout;
    if (config.delivery_timeout < least) {
        if (properties.contains("delivery.timeout.ms")) {
            return fail(
                std::string("delivery.timeout.ms should be equal to or larger than "
                            "linger.ms + request.timeout.ms"));
        }
        config.delivery_timeout = least;
    }
    return config;
}

std::optional<records::CompressionCodec> parse_codec(std::string_view name) {
    using enum records::CompressionCodec;
    for (const auto codec : {none, gzip, snappy, lz4, zstd}) {
        if (name == records::name_of(codec)) return codec;
    }
    return std::nullopt;
}

}  // namespace gregor::producer
