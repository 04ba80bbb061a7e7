#include "broker/controller/resource_configs.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

namespace gregor::controller {
namespace {

using metadata::ConfigMap;

std::optional<std::int32_t> parse_int(const std::string& text) {
    std::int32_t number = 0;
    const char* const last = text.data() + text.size();
    const auto [end, error] = std::from_chars(text.data(), last, number);
    if (error != std::errc{} || end != last) return std::nullopt;
    return number;
}

ApiError invalid_config(std::string message) {
    return {ErrorCode::invalid_config, std::move(message)};
}
ApiError invalid_request(std::string message) {
    return {ErrorCode::invalid_request, std::move(message)};
}

std::optional<ApiError> find_interval_fault(const std::string& value) {
    constexpr std::int32_t kLow = 100;
    constexpr std::int32_t kHigh = 3'600'000;
    const auto interval = parse_int(value);
    if (interval && *interval >= kLow && *interval <= kHigh) return std::nullopt;
    return invalid_request(
        fmt::format("Invalid value {} for interval.ms, interval must be between {} and {} (1 hour)",
                    value, kLow, kHigh));
}

/// "client_id=a.*,client_software_name=b": each part names what it matches.
std::optional<ApiError> find_match_fault(std::string_view patterns) {
    constexpr auto kMatchable = std::to_array<std::string_view>(
        {"client_id", "client_instance_id", "client_software_name", "client_software_version",
         "client_source_address", "client_source_port"});
    while (!patterns.empty()) {
        const std::size_t comma = std::min(patterns.find(','), patterns.size());
        std::string_view part = patterns.substr(0, comma);
        patterns.remove_prefix(std::min(comma + 1, patterns.size()));
        while (part.starts_with(' ')) part.remove_prefix(1);
        const std::size_t equals = part.find('=');
        if (equals == std::string_view::npos ||
            std::ranges::find(kMatchable, part.substr(0, equals)) == kMatchable.end()) {
            return invalid_config(fmt::format("Illegal client matching pattern: {}", part));
        }
    }
    return std::nullopt;
}

}  // namespace

std::optional<ApiError> find_group_config_fault(const ConfigMap& values) {
    constexpr auto kNumbers = std::to_array<std::string_view>(
        {"consumer.heartbeat.interval.ms", "consumer.session.timeout.ms",
         "share.heartbeat.interval.ms", "share.record.lock.duration.ms",
         "share.session.timeout.ms"});
    for (const auto& [name, value] : values) {
        if (name == "share.auto.offset.reset") continue;
        if (std::ranges::find(kNumbers, name) == kNumbers.end()) {
            return invalid_config("Unknown group config name: " + name);
        }
        const auto number = parse_int(value);
        if (number && *number >= 1) continue;
        return invalid_config(
            fmt::format("Invalid value {} for configuration {}: {}", value, name,
                        number ? "Value must be at least 1" : "Not a number of type INT"));
    }
    return std::nullopt;
}

std::optional<ApiError> find_client_metrics_fault(const ConfigMap& values) {
    for (const auto& [name, value] : values) {
        std::optional<ApiError> fault;
        if (name == "interval.ms") {
            fault = find_interval_fault(value);
        } else if (name == "match") {
            fault = find_match_fault(value);
        } else if (name != "metrics") {
            fault = invalid_request("Unknown client metrics configuration: " + name);
        }
        if (fault) return fault;
    }
    return std::nullopt;
}

bool is_list_client_metrics_config(std::string_view key) {
    return key == "metrics" || key == "match";
}

}  // namespace gregor::controller
