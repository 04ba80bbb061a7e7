// Dynamic settings of brokers (KIP-226): which keys may be changed while a broker runs, for one
// broker or for all, and what values they take. Kafka answers a fault here with INVALID_REQUEST
// (KAFKA-13609).
//
// Keys that only some plug-in knows are taken as they come; keys of server.properties that are read
// at a broker's start are refused (ControllerConfig::known_broker_keys).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "broker/controller/controller_config.h"
#include "broker/metadata/image.h"

namespace gregor::controller {

/// `single` is for one broker; else for the whole cluster's default.
struct BrokerConfigScope {
    bool single = false;
};

/// The text of the error, if any.
[[nodiscard]] std::optional<std::string> find_broker_config_fault(const ControllerConfig& config,
                                                                  const metadata::ConfigMap& values,
                                                                  BrokerConfigScope scope);

/// Whether its values may be appended to and subtracted from.
[[nodiscard]] bool is_list_broker_config(std::string_view key);

}  // namespace gregor::controller
