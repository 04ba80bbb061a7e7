#include "clients/consumer/config.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <limits>
#include <variant>

#include "clients/consumer/assignor.h"

namespace gregor::consumer {
namespace {

using Config = ConsumerConfig;
using Field = std::variant<std::string Config::*, std::optional<std::string> Config::*,
                           std::vector<std::string> Config::*, Duration Config::*,
                           std::int32_t Config::*, bool Config::*, OffsetReset Config::*,
                           IsolationLevel Config::*, GroupProtocol Config::*>;

struct Key {
    std::string_view name;
    Field field;
};

const Key kKeys[] = {
    {"bootstrap.servers", &Config::bootstrap_servers},
    {"client.id", &Config::client_id},
    {"group.id", &Config::group_id},
    {"group.instance.id", &Config::group_instance_id},
    {"group.protocol", &Config::group_protocol},
    {"group.remote.assignor", &Config::group_remote_assignor},
    {"partition.assignment.strategy", &Config::partition_assignment_strategy},
    {"session.timeout.ms", &Config::session_timeout},
    {"heartbeat.interval.ms", &Config::heartbeat_interval},
    {"max.poll.interval.ms", &Config::max_poll_interval},
    {"max.poll.records", &Config::max_poll_records},
    {"auto.offset.reset", &Config::auto_offset_reset},
    {"enable.auto.commit", &Config::enable_auto_commit},
    {"auto.commit.interval.ms", &Config::auto_commit_interval},
    {"isolation.level", &Config::isolation_level},
    {"fetch.min.bytes", &Config::fetch_min_bytes},
    {"fetch.max.bytes", &Config::fetch_max_bytes},
    {"max.partition.fetch.bytes", &Config::max_partition_fetch_bytes},
    {"fetch.max.wait.ms", &Config::fetch_max_wait},
    {"check.crcs", &Config::check_crcs},
    {"exclude.internal.topics", &Config::exclude_internal_topics},
    {"client.rack", &Config::client_rack},
    {"metadata.max.age.ms", &Config::metadata_max_age},
    {"request.timeout.ms", &Config::request_timeout},
    {"default.api.timeout.ms", &Config::default_api_timeout},
    {"retry.backoff.ms", &Config::retry_backoff},
};

std::optional<std::int32_t> parse_number(std::string_view text) {
    std::int32_t number = 0;
    const char* const end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, number);
    if (error != std::errc() || stop != end || number < 0) return std::nullopt;
    return number;
}

std::vector<std::string> split(std::string_view text) {
    std::vector<std::string> parts;
    while (!text.empty()) {
        const std::size_t comma = std::min(text.find(','), text.size());
        if (comma > 0) parts.emplace_back(text.substr(0, comma));
        text.remove_prefix(std::min(comma + 1, text.size()));
    }
    return parts;
}

/// False: the value means nothing to a field of this type.
struct Setter {
    Config& config;
    const std::string& value;

    bool operator()(std::string Config::* field) const {
        config.*field = value;
        return true;
    }
    bool operator()(std::optional<std::string> Config::* field) const {
        config.*field = value;
        return !value.empty();
    }
    bool operator()(std::vector<std::string> Config::* field) const {
        config.*field = split(value);
        return true;
    }
    bool operator()(Duration Config::* field) const {
        const auto number = parse_number(value);
        if (number) config.*field = *number * 1ms;
        return number.has_value();
    }
    bool operator()(std::int32_t Config::* field) const {
        const auto number = parse_number(value);
        if (number) config.*field = *number;
        return number.has_value();
    }
    bool operator()(bool Config::* field) const {
        config.*field = value == "true";
        return value == "true" || value == "false";
    }
    bool operator()(OffsetReset Config::* field) const {
        const std::map<std::string_view, OffsetReset> names{{"none", OffsetReset::none},
                                                            {"earliest", OffsetReset::earliest},
                                                            {"latest", OffsetReset::latest}};
        const auto found = names.find(value);
        if (found != names.end()) config.*field = found->second;
        return found != names.end();
    }
    bool operator()(GroupProtocol Config::* field) const {
        config.*field = value == "consumer" ? GroupProtocol::consumer : GroupProtocol::classic;
        return value == "consumer" || value == "classic";
    }
    bool operator()(IsolationLevel Config::* field) const {
        config.*field = value == "read_committed" ? IsolationLevel::read_committed
                                                  : IsolationLevel::read_uncommitted;
        return value == "read_committed" || value == "read_uncommitted";
    }
};

}  // namespace

Result<ConsumerConfig, std::string> ConsumerConfig::from(
    const std::map<std::string, std::string>& properties) {
    ConsumerConfig config;
    for (const auto& [name, value] : properties) {
        const auto* const key =
            std::ranges::find_if(kKeys, [&](const Key& each) { return each.name == name; });
        if (key == std::end(kKeys)) return fail(fmt::format("Unknown configuration '{}'", name));
        if (!std::visit(Setter{config, value}, key->field)) {
            return fail(fmt::format("Invalid value {} for configuration {}", value, name));
        }
    }
    if (auto problem = config.problem()) return fail(*std::move(problem));
    return config;
}

std::optional<std::string> ConsumerConfig::problem() const {
    if (heartbeat_interval >= session_timeout) {
        return "heartbeat.interval.ms must be lower than session.timeout.ms";
    }
    if (group_remote_assignor && group_protocol == GroupProtocol::classic) {
        return "group.remote.assignor cannot be set when group.protocol=CLASSIC";
    }
    if (max_poll_records < 1) return "max.poll.records must be at least 1";
    if (partition_assignment_strategy.empty()) {
        return "partition.assignment.strategy must name an assignor";
    }
    for (const std::string& name : partition_assignment_strategy) {
        if (find_assignor(name) == nullptr) return fmt::format("There is no assignor {}", name);
    }
    if (!supported_protocol(partition_assignment_strategy)) {
        return "The assignors of partition.assignment.strategy have no rebalance protocol in "
               "common";
    }
    return std::nullopt;
}

}  // namespace gregor::consumer
