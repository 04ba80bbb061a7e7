// Listeners as server.properties names them: "PLAINTEXT://:9092,CONTROLLER://[::1]:9093".
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "sim/base/result.h"
#include "sim/runtime/network.h"

namespace gregor::server {

struct ListenerConfig {
    std::string name;   // upper case, as Kafka makes it
    Endpoint endpoint;  // an empty host: every address of the machine; port 0: any free one

    friend bool operator==(const ListenerConfig&, const ListenerConfig&) = default;
};

/// `key` is for the message. Names and ports may not stand twice (port 0 may).
[[nodiscard]] Result<std::vector<ListenerConfig>, std::string> parse_listeners(
    std::string_view key, std::string_view text);

/// Listener name to security protocol, from listener.security.protocol.map.
[[nodiscard]] Result<std::map<std::string, std::string, std::less<>>, std::string>
parse_protocol_map(std::string_view text);

/// Listener names are compared in upper case.
[[nodiscard]] std::string upper_case(std::string_view text);

/// "host:port" or "[v6 address]:port".
[[nodiscard]] Result<Endpoint, std::string> parse_endpoint(std::string_view text);

}  // namespace gregor::server
