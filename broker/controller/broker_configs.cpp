#include "broker/controller/broker_configs.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <limits>
#include <vector>

#include "broker/controller/topic_configs.h"

namespace gregor::controller {
namespace {

using metadata::ConfigMap;

constexpr std::int64_t kMaxInt32 = std::numeric_limits<std::int32_t>::max();
constexpr std::int64_t kMaxInt64 = std::numeric_limits<std::int64_t>::max();

/// A key of the broker itself; those of its logs are topic_configs.h's.
struct DynamicKey {
    std::string_view name;
    ConfigType type;
    std::int64_t low = 0;
    std::int64_t high = kMaxInt32;
    bool single_only = false;  // makes no sense as the cluster's default
};

constexpr DynamicKey kDynamicKeys[] = {
    {.name = "advertised.listeners", .type = ConfigType::list, .single_only = true},
    {.name = "background.threads", .type = ConfigType::int32, .low = 1},
    {.name = "follower.replication.throttled.rate", .type = ConfigType::int64, .high = kMaxInt64},
    {.name = "leader.replication.throttled.rate", .type = ConfigType::int64, .high = kMaxInt64},
    {.name = "listener.security.protocol.map", .type = ConfigType::string, .single_only = true},
    {.name = "listeners", .type = ConfigType::list, .single_only = true},
    {.name = "log.cleaner.backoff.ms", .type = ConfigType::int64, .high = kMaxInt64},
    {.name = "log.cleaner.dedupe.buffer.size", .type = ConfigType::int64, .high = kMaxInt64},
    {.name = "log.cleaner.io.buffer.size", .type = ConfigType::int32},
    {.name = "log.cleaner.threads", .type = ConfigType::int32},
    {.name = "max.connection.creation.rate", .type = ConfigType::int32},
    {.name = "max.connections", .type = ConfigType::int32},
    {.name = "max.connections.per.ip", .type = ConfigType::int32},
    {.name = "metric.reporters", .type = ConfigType::list},
    {.name = "num.io.threads", .type = ConfigType::int32, .low = 1},
    {.name = "num.network.threads", .type = ConfigType::int32, .low = 1},
    {.name = "num.recovery.threads.per.data.dir", .type = ConfigType::int32, .low = 1},
    {.name = "num.replica.fetchers", .type = ConfigType::int32, .low = 1},
    {.name = "producer.id.expiration.ms", .type = ConfigType::int32, .low = 1},
    {.name = "replica.alter.log.dirs.io.max.bytes.per.second",
     .type = ConfigType::int64,
     .high = kMaxInt64},
    {.name = "transaction.partition.verification.enable", .type = ConfigType::boolean},
};

/// Beside these, whole families: keys and certificates of a listener belong to single brokers.
constexpr std::string_view kDynamicFamilies[] = {"listener.name.", "sasl.", "ssl."};
/// Dynamic, of any text that the broker takes.
constexpr std::string_view kOtherDynamicKeys[] = {
    "log.cleaner.io.buffer.load.factor", "log.cleaner.io.max.bytes.per.second",
    "max.connections.per.ip.overrides", "principal.builder.class",
    "remote.log.index.file.cache.total.size.bytes"};

const DynamicKey* find_key(std::string_view name) {
    const auto it = std::ranges::find(kDynamicKeys, name, &DynamicKey::name);
    return it == std::end(kDynamicKeys) ? nullptr : &*it;
}

bool is_dynamic(std::string_view name) {
    return find_key(name) != nullptr || topic_config_of(name).has_value() ||
           std::ranges::find(kOtherDynamicKeys, name) != std::end(kOtherDynamicKeys) ||
           std::ranges::any_of(kDynamicFamilies,
                               [&](std::string_view family) { return name.starts_with(family); });
}

std::string invalid_value(std::string_view name, const std::string& value, std::string_view why) {
    return fmt::format("Invalid value {} for configuration {}: {}", value, name, why);
}

std::optional<std::string> find_number_fault(const DynamicKey& key, const std::string& value) {
    std::int64_t number = 0;
    const char* const last = value.data() + value.size();
    const auto [end, error] = std::from_chars(value.data(), last, number);
    const bool fits =
        key.type != ConfigType::int32 || (number <= kMaxInt32 && number >= -kMaxInt32);
    if (error != std::errc{} || end != last || !fits) {
        return invalid_value(
            key.name, value,
            fmt::format("Not a number of type {}", key.type == ConfigType::int32 ? "INT" : "LONG"));
    }
    if (number < key.low) {
        return invalid_value(key.name, value, fmt::format("Value must be at least {}", key.low));
    }
    return std::nullopt;
}

std::optional<std::string> find_value_fault(const std::string& name, const std::string& value) {
    if (const DynamicKey* key = find_key(name)) {
        switch (key->type) {
            case ConfigType::int32:
            case ConfigType::int64: return find_number_fault(*key, value);
            case ConfigType::boolean:
                if (value == "true" || value == "false") return std::nullopt;
                return invalid_value(name, value, "Expected value to be either true or false");
            default: return std::nullopt;
        }
    }
    const auto topic_key = topic_config_of(name);
    if (!topic_key) return std::nullopt;
    const auto valid = validate_topic_configs({{std::string(*topic_key), value}});
    if (valid) return std::nullopt;
    std::string text = valid.error();
    const std::string wrong = fmt::format("configuration {}:", *topic_key);
    if (const std::size_t at = text.find(wrong); at != std::string::npos) {
        text.replace(at, wrong.size(), fmt::format("configuration {}:", name));
    }
    return text;
}

}  // namespace

std::optional<std::string> find_broker_config_fault(const ControllerConfig& config,
                                                    const ConfigMap& values,
                                                    BrokerConfigScope scope) {
    std::vector<std::string> fixed;
    std::vector<std::string> misplaced;
    for (const auto& [name, value] : values) {
        const DynamicKey* key = find_key(name);
        if (config.known_broker_keys.contains(name) && !is_dynamic(name)) fixed.push_back(name);
        if (key != nullptr && key->single_only && !scope.single) misplaced.push_back(name);
    }
    if (!fixed.empty()) {
        return fmt::format("Cannot update these configs dynamically: Set({})",
                           fmt::join(fixed, ", "));
    }
    if (!misplaced.empty()) {
        return fmt::format(
            "Cannot update these configs at default cluster level, broker id must "
            "be specified: Set({})",
            fmt::join(misplaced, ", "));
    }
    for (const auto& [name, value] : values) {
        if (auto fault = find_value_fault(name, value)) return fault;
    }
    return std::nullopt;
}

bool is_list_broker_config(std::string_view key) {
    if (const DynamicKey* found = find_key(key)) return found->type == ConfigType::list;
    const auto topic_key = topic_config_of(key);
    return topic_key && is_list_config(*topic_key);
}

}  // namespace gregor::controller
