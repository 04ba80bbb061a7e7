#include "broker/server/listener_config.h"

#include <fmt/format.h>

#include <algorithm>

#include "broker/server/config_keys.h"

namespace gregor::server {
namespace {

constexpr std::int64_t kMaxPort = 65535;

std::vector<std::string_view> split_list(std::string_view text) {
    std::vector<std::string_view> parts;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find(','), text.size());
        if (const auto part = trimmed(text.substr(0, end)); !part.empty()) parts.push_back(part);
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return parts;
}

}  // namespace

std::string upper_case(std::string_view text) {
    std::string upper(text);
    for (char& c : upper) {
        if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    }
    return upper;
}

Result<Endpoint, std::string> parse_endpoint(std::string_view text) {
    const std::size_t colon = text.rfind(':');
    const auto refuse = [&] { return fail(fmt::format("'{}' is not host:port", text)); };
    if (colon == std::string_view::npos) return refuse();
    std::string_view host = text.substr(0, colon);
    const std::optional<std::int64_t> port = parse_integer(text.substr(colon + 1));
    if (!port || *port < 0 || *port > kMaxPort) return refuse();
    if (host.starts_with('[')) {
        if (!host.ends_with(']')) return refuse();
        host = host.substr(1, host.size() - 2);
    } else if (host.find(':') != std::string_view::npos) {
        return refuse();
    }
    return Endpoint{std::string(host), static_cast<std::uint16_t>(*port)};
}

Result<std::vector<ListenerConfig>, std::string> parse_listeners(std::string_view key,
                                                                 std::string_view text) {
    std::vector<ListenerConfig> listeners;
    for (const std::string_view part : split_list(text)) {
        const std::size_t separator = part.find("://");
        if (separator == std::string_view::npos || separator == 0) {
            return fail(fmt::format("{}: '{}' is not NAME://host:port", key, part));
        }
        Result<Endpoint, std::string> endpoint = parse_endpoint(part.substr(separator + 3));
        if (!endpoint) return fail(fmt::format("{}: {}", key, endpoint.error()));
        ListenerConfig listener{upper_case(part.substr(0, separator)), *std::move(endpoint)};
        for (const ListenerConfig& other : listeners) {
            if (other.name == listener.name) {
                return fail(fmt::format("{}: {} stands twice", key, listener.name));
            }
            const bool is_free = listener.endpoint.port == 0;
            if (!is_free && other.endpoint == listener.endpoint) {
                return fail(
                    fmt::format("{}: {} and {} share a port", key, other.name, listener.name));
            }
        }
        listeners.push_back(std::move(listener));
    }
    return listeners;
}

Result<std::map<std::string, std::string, std::less<>>, std::string> parse_protocol_map(
    std::string_view text) {
    std::map<std::string, std::string, std::less<>> protocols;
    for (const std::string_view part : split_list(text)) {
        const std::size_t colon = part.find(':');
        if (colon == std::string_view::npos) {
            return fail(
                fmt::format("listener.security.protocol.map: '{}' is not NAME:PROTOCOL", part));
        }
        const std::string name = upper_case(trimmed(part.substr(0, colon)));
        const std::string protocol = upper_case(trimmed(part.substr(colon + 1)));
        constexpr std::string_view kProtocols[] = {"PLAINTEXT", "SSL", "SASL_PLAINTEXT",
                                                   "SASL_SSL"};
        if (std::ranges::find(kProtocols, protocol) == std::end(kProtocols)) {
            return fail(fmt::format("listener.security.protocol.map: no protocol '{}'", protocol));
        }
        protocols[name] = protocol;
    }
    return protocols;
}

}  // namespace gregor::server
