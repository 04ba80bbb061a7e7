// The keys of server.properties: Kafka's names, types, defaults and limits, and whether this node
// acts on them. Keys of topic defaults (log.segment.bytes …) are in log::log_config_keys(), once.
//
// A key that Kafka does not know is refused with the nearest one that it does; one is ours,
// metrics.listener. A key that Kafka
// knows and we do not act on yet is accepted when its value is sound, and said so in the log.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace gregor::server {

enum class ConfigType : std::uint8_t {
    boolean,
    string,
    int32,
    int16,
    int64,
    decimal,  // Kafka's double: kept as its text
    list,
    class_name,
    password,
};

struct ConfigKey {
    std::string_view name;
    ConfigType type = ConfigType::string;
    /// As it would stand in the file; none: the key has no value unless it is given.
    std::optional<std::string_view> default_value;
    /// Of the integer types, both ends inclusive.
    std::int64_t min = std::numeric_limits<std::int64_t>::min();
    std::int64_t max = std::numeric_limits<std::int64_t>::max();
    /// "a|b|c": the only values (of a list: elements); empty: any.
    std::string_view allowed;
    /// Whether this node does what the key says.
    bool acted_on = false;
};

/// Sorted by name.
[[nodiscard]] std::span<const ConfigKey> config_keys();
/// nullptr: Kafka has no such key, or it is a topic default.
[[nodiscard]] const ConfigKey* find_config_key(std::string_view name);
/// The same for the broker-wide names of topic defaults; empty: none. Gives the topic's name of it.
[[nodiscard]] std::string_view topic_key_of(std::string_view broker_name);
/// listener.name.<name>.<key> and such, which belong to security settings of one listener.
[[nodiscard]] bool is_prefixed_key(std::string_view name);

/// The known key that takes the fewest edits to reach from `name`; empty if none is near.
[[nodiscard]] std::string_view nearest_config_key(std::string_view name);

/// What is wrong with `value` for this key; nothing if it is sound.
[[nodiscard]] std::optional<std::string> refuse_value(const ConfigKey& key, std::string_view value);

/// A whole decimal number, with a sign if need be and blanks around it.
[[nodiscard]] std::optional<std::int64_t> parse_integer(std::string_view text);
[[nodiscard]] std::string_view trimmed(std::string_view text);

}  // namespace gregor::server
