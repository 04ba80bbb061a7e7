// Topic-level settings as the controller sees them: whether they are legal, and what a topic's
// effective values are and where each comes from. The table of keys is the log's
// (broker/log/log_config.h).
//
//     topic's own  >  this broker's dynamic  >  cluster-wide dynamic  >  server.properties  >
//     default
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "broker/controller/controller_config.h"
#include "broker/metadata/image.h"
#include "sim/base/result.h"

namespace gregor::controller {

/// DescribeConfigs' numbers.
enum class ConfigSource : std::int8_t {
    unknown = 0,
    dynamic_topic = 1,
    dynamic_broker = 2,
    dynamic_default_broker = 3,
    static_broker = 4,
    default_value = 5,
    dynamic_broker_logger = 6,
    client_metrics = 7,
    group = 8,
};

enum class ConfigType : std::int8_t {
    unknown = 0,
    boolean = 1,
    string = 2,
    int32 = 3,
    int16 = 4,
    int64 = 5,
    double_number = 6,
    list = 7,
    class_name = 8,
    password = 9,
};

struct ConfigSynonym {
    std::string name;
    std::string value;
    ConfigSource source = ConfigSource::default_value;
};

struct EffectiveConfig {
    std::string name;
    std::string value;
    ConfigSource source = ConfigSource::default_value;
    ConfigType type = ConfigType::unknown;
    std::string_view documentation;
    std::vector<ConfigSynonym> synonyms;  // highest precedence first, the value's own among them
};

/// The text for INVALID_CONFIG: an unknown key, a value that does not parse or out of its bounds.
[[nodiscard]] Result<void, std::string> validate_topic_configs(const metadata::ConfigMap& configs);

[[nodiscard]] bool is_topic_config(std::string_view key);
/// The topic-level key of which the broker's key is the default: "log.retention.ms" →
/// "retention.ms".
[[nodiscard]] std::optional<std::string_view> topic_config_of(std::string_view broker_key);
/// Whether its values may be appended to and subtracted from (KIP-339).
[[nodiscard]] bool is_list_config(std::string_view key);

/// Where the values of a topic come from.
struct ConfigLayers {
    const metadata::ConfigMap& topic;
    const metadata::ConfigMap& broker;
    const metadata::ConfigMap& default_broker;
    const std::map<std::string, std::string>& static_broker;
};

[[nodiscard]] ConfigLayers layers_of(const metadata::MetadataImage& image,
                                     const ControllerConfig& config, std::string_view topic);

/// Every topic-level key, by name.
[[nodiscard]] std::vector<EffectiveConfig> effective_topic_configs(const ConfigLayers& layers);

/// The value in effect of one topic-level key.
[[nodiscard]] std::string effective_topic_value(const ConfigLayers& layers, std::string_view key);

/// The values that the log of a topic goes by: those of server.properties and the brokers, under
/// the topic's own.
[[nodiscard]] metadata::ConfigMap effective_topic_values(const ConfigLayers& layers);

}  // namespace gregor::controller
