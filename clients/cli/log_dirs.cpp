// kafka-log-dirs.sh; and --alter, what kafka-reassign-partitions.sh does with log_dirs.
#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>

#include "broker/protocol/messages/log_dirs.h"
#include "clients/cli/command.h"

namespace gregor::cli {
namespace {

using Json = nlohmann::ordered_json;
using protocol::ErrorCode;
using protocol::NodeId;

struct LogDirsOptions {
    bool describe = false;
    bool alter = false;
    std::vector<std::int32_t> brokers;
    std::vector<std::string> topics;
    std::vector<std::string> partitions;
    std::string log_dir;
};

/// Those that were asked for, or all; complains if one is not there.
std::optional<std::vector<NodeId>> wanted_brokers(Context& context, const LogDirsOptions& options) {
    const auto cluster = context.admin.describe_cluster();
    if (!cluster) {
        static_cast<void>(failed("log-dirs", cluster.error()));
        return std::nullopt;
    }
    std::set<NodeId> there;
    for (const auto& broker : cluster->brokers) there.insert(broker.broker_id);
    if (options.brokers.empty()) return std::vector<NodeId>(there.begin(), there.end());
    std::set<NodeId> wanted;
    std::vector<NodeId> missing;
    for (const std::int32_t id : options.brokers) wanted.insert(NodeId(id));
    std::ranges::set_difference(wanted, there, std::back_inserter(missing));
    if (missing.empty()) return std::vector<NodeId>(wanted.begin(), wanted.end());
    complain(
        "ERROR: The given brokers do not exist from --broker-list: {}. Current existent brokers: "
        "{}",
        joined(missing), joined({there.begin(), there.end()}));
    return std::nullopt;
}

Json describe(const protocol::DescribeLogDirsResponse::LogDir& directory,
              const std::vector<std::string>& topics) {
    Json partitions = Json::array();
    for (const auto& topic : directory.topics) {
        if (!topics.empty() && std::ranges::find(topics, topic.name) == topics.end()) continue;
        for (const auto& partition : topic.partitions) {
            partitions.push_back(
                {{"partition", fmt::format("{}-{}", topic.name, partition.partition_index)},
                 {"size", partition.partition_size},
                 {"offsetLag", partition.offset_lag},
                 {"isFuture", partition.is_future_key}});
        }
    }
    const bool is_well = directory.error_code == ErrorCode::none;
    return {{"partitions", partitions},
            {"error", is_well ? Json() : Json(protocol::name(directory.error_code))},
            {"logDir", directory.log_dir}};
}

int describe(Context& context, const LogDirsOptions& options) {
    const auto brokers = wanted_brokers(context, options);
    if (!brokers) return kFailed;
    fmt::print("Querying brokers for log directories information\n");
    Json described = Json::array();
    for (const NodeId broker : *brokers) {
        const protocol::DescribeLogDirsRequest request{.topics = std::nullopt};
        const auto answer = context.cluster.call_node<protocol::DescribeLogDirsResponse>(
            broker, request, context.runtime.clock().now() + 60s);
        if (!answer) return failed("log-dirs", answer.error());
        Json directories = Json::array();
        for (const auto& directory : answer->results) {
            directories.push_back(describe(directory, options.topics));
        }
        described.push_back({{"broker", broker.value()}, {"logDirs", directories}});
    }
    fmt::print("Received log directory information from brokers {}\n{}\n", joined(*brokers),
               Json{{"brokers", described}, {"version", 1}}.dump());
    return kDone;
}

/// "orders-3"; the topic's name may have dashes, too.
std::optional<std::pair<std::string, protocol::PartitionId>> parse_partition(
    const std::string& text) {
    const std::size_t dash = text.rfind('-');
    if (dash == std::string::npos || dash == 0 || dash + 1 == text.size()) return std::nullopt;
    std::int32_t number = 0;
    for (const char digit : text.substr(dash + 1)) {
        if (digit < '0' || digit > '9' || number > 10'000'000) return std::nullopt;
        number = number * 10 + (digit - '0');
    }
    return std::pair(text.substr(0, dash), protocol::PartitionId(number));
}

int alter(Context& context, const LogDirsOptions& options) {
    if (options.log_dir.empty() || options.partitions.empty() || options.brokers.size() != 1) {
        complain("--alter needs --log-dir, --partitions and one broker in --broker-list");
        return kUsage;
    }
    protocol::AlterReplicaLogDirsRequest request;
    auto& directory = request.dirs.emplace_back();
    directory.path = options.log_dir;
    for (const std::string& text : options.partitions) {
        const auto partition = parse_partition(text);
        if (!partition) {
            complain("{} is no partition: topic-number", text);
            return kUsage;
        }
        directory.topics.push_back({.name = partition->first, .partitions = {partition->second}});
    }
    const auto answer = context.cluster.call_node<protocol::AlterReplicaLogDirsResponse>(
        NodeId(options.brokers.front()), request, context.runtime.clock().now() + 60s);
    if (!answer) return failed("log-dirs", answer.error());
    int code = kDone;
    for (const auto& topic : answer->results) {
        for (const auto& partition : topic.partitions) {
            const std::string name =
                fmt::format("{}-{}", topic.topic_name, partition.partition_index);
            if (partition.error_code == ErrorCode::none) {
                fmt::print("Successfully started moving replica {} on broker {} to {}\n", name,
                           options.brokers.front(), options.log_dir);
                continue;
            }
            complain("Error moving replica {} on broker {}: {}", name, options.brokers.front(),
                     partition.error_code);
            code = kFailed;
        }
    }
    return code;
}

}  // namespace

Action add_log_dirs(CLI::App& command) {
    const auto options = std::make_shared<LogDirsOptions>();
    auto* const describing = command.add_flag("--describe", options->describe,
                                              "what lies in the log directories, as JSON");
    auto* const altering =
        command.add_flag("--alter", options->alter, "move replicas to another log directory");
    describing->excludes(altering);
    command.add_option("--broker-list", options->brokers, "default: all")->delimiter(',');
    command.add_option("--topic-list", options->topics, "default: all")->delimiter(',');
    command.add_option("--partitions", options->partitions, "what is moved: topic-number,…")
        ->delimiter(',');
    command.add_option("--log-dir", options->log_dir, "where it is moved to");
    return [options](Context& context) {
        if (options->describe) return describe(context, *options);
        if (options->alter) return alter(context, *options);
        complain("Command must include exactly one action: --describe, --alter");
        return kUsage;
    };
}

}  // namespace gregor::cli
