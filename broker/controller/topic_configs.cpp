#include "broker/controller/topic_configs.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "broker/log/log_config.h"

namespace gregor::controller {
namespace {

using metadata::ConfigMap;

/// A broker's key that stands for a topic's, in another unit.
struct UnitSynonym {
    std::string_view topic_name;
    std::string_view broker_name;
    std::int64_t factor;
};

/// By precedence, below the key of the same unit.
constexpr UnitSynonym kUnitSynonyms[] = {
    {"retention.ms", "log.retention.minutes", 60'000},
    {"retention.ms", "log.retention.hours", 3'600'000},
    {"segment.ms", "log.roll.hours", 3'600'000},
    {"segment.jitter.ms", "log.roll.jitter.hours", 3'600'000},
    {"flush.ms", "log.flush.scheduler.interval.ms", 1},
};

ConfigType type_of(log::LogConfigKey::Type type) {
    using Type = log::LogConfigKey::Type;
    switch (type) {
        case Type::boolean: return ConfigType::boolean;
        case Type::string: return ConfigType::string;
        case Type::int32: return ConfigType::int32;
        case Type::int64: return ConfigType::int64;
        case Type::double_number: return ConfigType::double_number;
        case Type::list: return ConfigType::list;
    }
    UNREACHABLE();
}

const log::LogConfigKey* find_key(std::string_view name) {
    const auto keys = log::log_config_keys();
    const auto it = std::ranges::find(keys, name, &log::LogConfigKey::name);
    return it == keys.end() ? nullptr : &*it;
}

/// "168" hours as "604800000"; a negative number means no limit in every unit.
std::optional<std::string> in_topic_unit(const std::string& value, std::int64_t factor) {
    std::int64_t number = 0;
    const char* const last = value.data() + value.size();
    const auto [end, error] = std::from_chars(value.data(), last, number);
    if (error != std::errc{} || end != last) return std::nullopt;
    if (number < 0) return "-1";
    if (number > std::numeric_limits<std::int64_t>::max() / factor) return std::nullopt;
    return fmt::format("{}", number * factor);
}

struct Found {
    ConfigSynonym synonym;
    std::string topic_value;  // in the topic key's unit
};

void look_up(const ConfigMap& layer, ConfigSource source, const log::LogConfigKey& key,
             std::vector<Found>& found) {
    if (key.broker_name.empty()) return;
    if (const auto it = layer.find(std::string(key.broker_name)); it != layer.end()) {
        found.push_back({{std::string(key.broker_name), it->second, source}, it->second});
    }
    for (const UnitSynonym& synonym : kUnitSynonyms) {
        if (synonym.topic_name != key.name) continue;
        const auto it = layer.find(std::string(synonym.broker_name));
        if (it == layer.end()) continue;
        const auto value = in_topic_unit(it->second, synonym.factor);
        if (!value) continue;
        found.push_back({{std::string(synonym.broker_name), it->second, source}, *value});
    }
}

bool is_number(std::string_view text) {
    return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

/// "*", or "0:1,0:2,…": partition and broker of each replica.
bool is_throttled_replica_list(std::string_view list) {
    if (list.empty() || list == "*") return true;
    for (std::size_t from = 0; from <= list.size();) {
        const std::size_t comma = std::min(list.find(',', from), list.size());
        const std::string_view part = list.substr(from, comma - from);
        const std::size_t colon = part.find(':');
        if (colon == std::string_view::npos) return false;
        if (!is_number(part.substr(0, colon)) || !is_number(part.substr(colon + 1))) return false;
        from = comma + 1;
    }
    return true;
}

/// What the layers say about a key, highest precedence first; the built-in default last.
std::vector<Found> find_all(const ConfigLayers& layers, const log::LogConfigKey& key) {
    std::vector<Found> found;
    if (const auto it = layers.topic.find(std::string(key.name)); it != layers.topic.end()) {
        found.push_back(
            {{std::string(key.name), it->second, ConfigSource::dynamic_topic}, it->second});
    }
    look_up(layers.broker, ConfigSource::dynamic_broker, key, found);
    look_up(layers.default_broker, ConfigSource::dynamic_default_broker, key, found);
    look_up(layers.static_broker, ConfigSource::static_broker, key, found);
    const std::string value = log::LogConfig{}.value_of(key.name);
    const std::string name(key.broker_name.empty() ? key.name : key.broker_name);
    found.push_back({{name, value, ConfigSource::default_value}, value});
    return found;
}

}  // namespace

Result<void, std::string> validate_topic_configs(const ConfigMap& configs) {
    for (const auto& [name, value] : configs) {
        if (!is_topic_config(name)) return fail("Unknown topic config name: " + name);
        if (!name.ends_with(".replication.throttled.replicas")) continue;
        if (is_throttled_replica_list(value)) continue;
        return fail(fmt::format(
            "Invalid value {0} for configuration {1}: {1} must be the literal '*' or a list of "
            "replicas in the following format: "
            "[partitionId]:[brokerId],[partitionId]:[brokerId],...",
            value, name));
    }
    const auto config = log::LogConfig::with(log::LogConfig{}, configs);
    if (!config) return fail(config.error());
    return {};
}

bool is_topic_config(std::string_view key) { return find_key(key) != nullptr; }

std::optional<std::string_view> topic_config_of(std::string_view broker_key) {
    const auto keys = log::log_config_keys();
    const auto it = std::ranges::find(keys, broker_key, &log::LogConfigKey::broker_name);
    if (it == keys.end()) return std::nullopt;
    return it->name;
}

bool is_list_config(std::string_view key) {
    const log::LogConfigKey* found = find_key(key);
    return found != nullptr && found->type == log::LogConfigKey::Type::list;
}

ConfigLayers layers_of(const metadata::MetadataImage& image, const ControllerConfig& config,
                       std::string_view topic) {
    using metadata::ConfigResourceType;
    return {
        .topic = image.topic_configs(topic),
        .broker = image.configs_of({ConfigResourceType::broker, fmt::format("{}", config.node_id)}),
        .default_broker = image.configs_of({ConfigResourceType::broker, ""}),
        .static_broker = config.static_configs};
}

std::vector<EffectiveConfig> effective_topic_configs(const ConfigLayers& layers) {
    std::vector<EffectiveConfig> configs;
    for (const log::LogConfigKey& key : log::log_config_keys()) {
        std::vector<Found> found = find_all(layers, key);
        EffectiveConfig config{.name = std::string(key.name),
                               .value = found.front().topic_value,
                               .source = found.front().synonym.source,
                               .type = type_of(key.type),
                               .documentation = key.documentation,
                               .synonyms = {}};
        for (Found& each : found) config.synonyms.push_back(std::move(each.synonym));
        configs.push_back(std::move(config));
    }
    return configs;
}

std::string effective_topic_value(const ConfigLayers& layers, std::string_view key) {
    const log::LogConfigKey* found = find_key(key);
    CHECK(found != nullptr, "{} is no topic setting", key);
    return find_all(layers, *found).front().topic_value;
}

ConfigMap effective_topic_values(const ConfigLayers& layers) {
    ConfigMap values;
    for (const EffectiveConfig& config : effective_topic_configs(layers)) {
        if (config.source != ConfigSource::default_value) values[config.name] = config.value;
    }
    return values;
}

}  // namespace gregor::controller
