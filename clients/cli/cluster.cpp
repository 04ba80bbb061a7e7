// kafka-cluster.sh, kafka-get-offsets.sh
#include <memory>

#include "clients/cli/command.h"

namespace gregor::cli {
namespace {

int print_cluster_id(Context& context) {
    const auto cluster = context.admin.describe_cluster();
    if (!cluster) return failed("cluster", cluster.error());
    fmt::print("Cluster ID: {}\n", cluster->cluster_id);
    return kDone;
}

int print_endpoints(Context& context) {
    const auto cluster = context.admin.describe_cluster();
    if (!cluster) return failed("cluster", cluster.error());
    std::vector<std::vector<std::string>> rows{
        {"ID", "HOST", "PORT", "RACK", "STATE", "ENDPOINT_TYPE"}};
    for (const auto& broker : cluster->brokers) {
        rows.push_back({fmt::format("{}", broker.broker_id), broker.host,
                        fmt::format("{}", broker.port), broker.rack.value_or("null"),
                        broker.is_fenced ? "fenced" : "unfenced",
                        cluster->endpoint_type == 1 ? "broker" : "controller"});
    }
    fmt::print("{}", to_table(rows));
    return kDone;
}

struct OffsetOptions {
    std::vector<std::string> topics;
    std::vector<std::int32_t> partitions;
    std::string time = "latest";
};

/// Kafka's names for times that are none, or milliseconds.
std::optional<std::int64_t> parse_time(const std::string& text) {
    if (text == "latest" || text == "-1") return admin::kLatest;
    if (text == "earliest" || text == "-2") return admin::kEarliest;
    if (text == "max-timestamp" || text == "-3") return admin::kMaxTimestamp;
    std::int64_t time = 0;
    for (const char c : text) {
        if (c < '0' || c > '9' || time > 100'000'000'000'000) return std::nullopt;
        time = time * 10 + (c - '0');
    }
    if (text.empty()) return std::nullopt;
    return time;
}

bool is_wanted(const OffsetOptions& options, protocol::PartitionId partition) {
    return options.partitions.empty() ||
           std::ranges::find(options.partitions, partition.value()) != options.partitions.end();
}

int get_offsets(Context& context, const OffsetOptions& options) {
    const auto time = parse_time(options.time);
    if (!time) {
        complain(
            "Malformed time argument {}. Please use -1 or latest / -2 or earliest / -3 or "
            "max-timestamp, or a specified long format timestamp",
            options.time);
        return kUsage;
    }
    const auto topics = context.admin.describe_topics(options.topics);
    if (!topics) return failed("get-offsets", topics.error());
    for (const auto& topic : *topics) {
        if (topic.error_code != protocol::ErrorCode::none || topic.partitions.empty()) {
            complain("Could not match any topic-partitions with the specified filters");
            return kFailed;
        }
        for (const auto& partition : topic.partitions) {
            if (!is_wanted(options, partition.partition_index)) continue;
            const auto offset =
                context.admin.list_offset(*topic.name, partition.partition_index, *time);
            if (!offset) return failed("get-offsets", offset.error());
            fmt::print("{}:{}:{}\n", *topic.name, partition.partition_index, *offset);
        }
    }
    return kDone;
}

}  // namespace

Action add_cluster(CLI::App& command) {
    CLI::App* id = command.add_subcommand("cluster-id", "the cluster's id");
    CLI::App* endpoints = command.add_subcommand("list-endpoints", "the cluster's brokers");
    command.require_subcommand(1);
    command.fallthrough();
    id->fallthrough();
    endpoints->fallthrough();
    return [id](Context& context) {
        return id->parsed() ? print_cluster_id(context) : print_endpoints(context);
    };
}

Action add_get_offsets(CLI::App& command) {
    const auto options = std::make_shared<OffsetOptions>();
    command.add_option("--topic", options->topics, "default: all; may be given again")
        ->allow_extra_args(false);
    command.add_option("--partitions", options->partitions, "default: all")->delimiter(',');
    command.add_option("--time", options->time,
                       "latest (the default), earliest, max-timestamp, or milliseconds since 1970");
    return [options](Context& context) { return get_offsets(context, *options); };
}

}  // namespace gregor::cli
