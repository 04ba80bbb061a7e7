#include "clients/cli/controller_properties.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>

#include "clients/cli/command.h"

namespace gregor::cli {
namespace {

using protocol::AddRaftVoterRequest;
using Listener = AddRaftVoterRequest::Listener;

constexpr std::string_view kDoubt = "Is this a valid controller configuration file?";

std::string_view trimmed(std::string_view text) {
    constexpr std::string_view kBlank = " \t\r\f";
    const std::size_t first = text.find_first_not_of(kBlank);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

std::string_view value_of(const Properties& properties, std::string_view key) {
    const auto it = properties.find(key);
    return it == properties.end() ? std::string_view() : std::string_view(it->second);
}

template <class Number>
std::optional<Number> parse_number(std::string_view text) {
    Number number{};
    const char* const last = text.data() + text.size();
    const auto [end, error] = std::from_chars(text.data(), last, number);
    if (error != std::errc() || end != last) return std::nullopt;
    return number;
}

std::string upper_case(std::string_view text) {
    std::string upper(trimmed(text));
    for (char& c : upper) {
        if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    }
    return upper;
}

/// "NAME://host:port", "NAME://[::1]:port".
std::optional<Listener> parse_listener(std::string_view text) {
    const std::size_t scheme = text.find("://");
    const std::size_t colon = text.rfind(':');
    if (scheme == std::string_view::npos || colon <= scheme) return std::nullopt;
    const auto port = parse_number<std::uint16_t>(text.substr(colon + 1));
    if (!port) return std::nullopt;
    std::string_view host = text.substr(scheme + 3, colon - scheme - 3);
    if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
    return Listener{.name = upper_case(text.substr(0, scheme)),
                    .host = std::string(host.empty() ? "localhost" : host),
                    .port = *port};
}

/// By name; what is advertised comes before what is bound.
std::map<std::string, Listener> listeners_of(const Properties& server) {
    std::map<std::string, Listener> listeners;
    for (const std::string_view key : {"listeners", "advertised.listeners"}) {
        for (const std::string& text : split_list(value_of(server, key))) {
            auto listener = parse_listener(trimmed(text));
            if (!listener) continue;
            const std::string name = listener->name;
            listeners.insert_or_assign(name, *std::move(listener));
        }
    }
    return listeners;
}

}  // namespace

Properties parse_property_lines(std::string_view text) {
    Properties properties;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        const std::string_view line = trimmed(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
        const std::size_t equals = line.find('=');
        if (line.starts_with('#') || line.starts_with('!') || equals == std::string_view::npos) {
            continue;
        }
        properties.insert_or_assign(std::string(trimmed(line.substr(0, equals))),
                                    std::string(trimmed(line.substr(equals + 1))));
    }
    return properties;
}

Result<std::string, std::string> metadata_directory(const Properties& server) {
    const std::string_view own = value_of(server, "metadata.log.dir");
    if (!own.empty()) return std::string(own);
    const auto all = split_list(value_of(server, "log.dirs"));
    if (!all.empty()) return std::string(trimmed(all.front()));
    return fail(fmt::format("Neither metadata.log.dir nor log.dirs were found. {}", kDoubt));
}

Result<AddRaftVoterRequest, std::string> described_controller(const Properties& server,
                                                              const Properties& meta,
                                                              std::string_view directory) {
    const auto id = parse_number<std::int32_t>(value_of(server, "node.id"));
    if (!id) return fail(fmt::format("node.id not found in configuration file. {}", kDoubt));
    if (*id < 0) {
        return fail(fmt::format("node.id was negative in configuration file. {}", kDoubt));
    }
    if (value_of(server, "process.roles").find("controller") == std::string_view::npos) {
        return fail(fmt::format(
            "process.roles did not contain 'controller' in configuration file. {}", kDoubt));
    }
    const auto directory_id = protocol::parse_uuid(value_of(meta, "directory.id"));
    if (!directory_id) return fail(fmt::format("No directory id found in {}", directory));
    AddRaftVoterRequest request{.cluster_id = std::nullopt,
                                .voter_id = protocol::NodeId(*id),
                                .voter_directory_id = *directory_id};
    const auto listeners = listeners_of(server);
    for (const std::string& text : split_list(value_of(server, "controller.listener.names"))) {
        const auto found = listeners.find(upper_case(text));
        if (found == listeners.end()) {
            return fail(fmt::format("Cannot find information about controller listener name: {}",
                                    upper_case(text)));
        }
        request.listeners.push_back(found->second);
    }
    if (request.listeners.empty()) {
        return fail(fmt::format("controller.listener.names was not found. {}", kDoubt));
    }
    return request;
}

}  // namespace gregor::cli
