// kafka-log-dirs.sh.
#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>

#include "clients/admin/log_directories.h"
#include "clients/cli/command.h"

namespace gregor::cli {
namespace {

using Json = nlohmann::ordered_json;
using protocol::ErrorCode;
using protocol::NodeId;

struct LogDirsOptions {
    bool describe = false;
    std::vector<std::int32_t> brokers;
    std::vector<std::string> topics;
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

Json describe(const admin::LogDirectories::Directory& directory,
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
        const auto found = admin::LogDirectories(context.cluster).describe(broker);
        if (!found) return failed("log-dirs", found.error());
        Json directories = Json::array();
        for (const auto& directory : *found) {
            directories.push_back(describe(directory, options.topics));
        }
        described.push_back({{"broker", broker.value()}, {"logDirs", directories}});
    }
    fmt::print("Received log directory information from brokers {}\n{}\n", joined(*brokers),
               Json{{"brokers", described}, {"version", 1}}.dump());
    return kDone;
}

}  // namespace

Action add_log_dirs(CLI::App& command) {
    const auto options = std::make_shared<LogDirsOptions>();
    command.add_flag("--describe", options->describe, "what lies in the log directories, as JSON");
    command.add_option("--broker-list", options->brokers, "default: all")->delimiter(',');
    command.add_option("--topic-list", options->topics, "default: all")->delimiter(',');
    return [options](Context& context) {
        if (options->describe) return describe(context, *options);
        complain("Command must include exactly one action: --describe");
        return kUsage;
    };
}

}  // namespace gregor::cli
