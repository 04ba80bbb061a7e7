// kafka-topics.sh
#include <algorithm>
#include <memory>

#include "clients/cli/command.h"

namespace gregor::cli {
namespace {

using client::Error;
using protocol::ErrorCode;
using Topic = protocol::MetadataResponse::Topic;
using Partition = protocol::MetadataResponse::Partition;

constexpr std::int8_t kDefaultConfig = 5;

struct Options {
    bool create = false;
    bool list = false;
    bool describe = false;
    bool alter = false;
    bool remove = false;
    std::vector<std::string> topics;
    std::int32_t partitions = -1;
    std::int16_t replication_factor = -1;
    std::string assignment;
    std::vector<std::string> configs;
    bool if_exists = false;
    bool if_not_exists = false;
    bool under_replicated = false;
    bool unavailable = false;
    bool exclude_internal = false;

    [[nodiscard]] int actions() const { return create + list + describe + alter + remove; }
    [[nodiscard]] bool is_filtered() const { return under_replicated || unavailable; }
};

Error no_such_topic(const std::string& topic) {
    return {ErrorCode::unknown_topic_or_partition,
            fmt::format("Topic '{}' does not exist as expected", topic)};
}

/// "1:2,2:3": the replicas of each partition in turn. Empty if it is not that.
std::vector<std::vector<protocol::NodeId>> parse_assignment(const std::string& text) {
    std::vector<std::vector<protocol::NodeId>> partitions(1);
    std::int32_t number = -1;
    for (const char c : text + ",") {
        if (c >= '0' && c <= '9' && number < 100'000'000) {
            number = std::max(number, 0) * 10 + (c - '0');
            continue;
        }
        if ((c != ':' && c != ',') || number < 0) return {};
        partitions.back().emplace_back(number);
        number = -1;
        if (c == ',') partitions.emplace_back();
    }
    partitions.pop_back();
    return partitions;
}

int create(Context& context, const Options& options) {
    const std::string& name = options.topics.front();
    protocol::CreateTopicsRequest::Topic topic{.name = name,
                                               .num_partitions = options.partitions,
                                               .replication_factor = options.replication_factor};
    if (!options.assignment.empty()) {
        const auto assignment = parse_assignment(options.assignment);
        if (assignment.empty()) {
            complain("'{}' is not a replica assignment as 1:2,2:3", options.assignment);
            return kUsage;
        }
        for (std::size_t i = 0; i < assignment.size(); ++i) {
            topic.assignments.push_back(
                {protocol::PartitionId(static_cast<std::int32_t>(i)), assignment[i]});
        }
    }
    const auto settings = parse_settings(options.configs);
    if (!settings) return kUsage;
    for (const Setting& setting : *settings) topic.configs.push_back({setting.key, setting.value});
    if (name.find_first_of("._") != std::string::npos) {
        fmt::print(
            "WARNING: Due to limitations in metric names, topics with a period ('.') or underscore "
            "('_') could collide. To avoid issues it is best to use either, but not both.\n");
    }
    const auto created = context.admin.create_topic(std::move(topic));
    const bool exists = !created && created.error().code == ErrorCode::topic_already_exists;
    if (exists && options.if_not_exists) return kDone;
    if (!created) return failed("topic", created.error());
    fmt::print("Created topic {}.\n", name);
    return kDone;
}

/// The named topics, or all. An error for a named one that is not there.
Result<std::vector<Topic>, Error> find_topics(Context& context, const Options& options) {
    auto topics = TRY(context.admin.describe_topics(options.topics));
    for (const Topic& topic : topics) {
        if (topic.error_code == ErrorCode::none || options.topics.empty()) continue;
        if (topic.error_code != ErrorCode::unknown_topic_or_partition) {
            return fail(client::error_of(topic.error_code));
        }
        if (!options.if_exists) return fail(no_such_topic(topic.name.value_or("")));
    }
    std::erase_if(topics, [&options](const Topic& topic) {
        return topic.error_code != ErrorCode::none ||
               (options.exclude_internal && topic.is_internal);
    });
    return topics;
}

int list(Context& context, const Options& options) {
    const auto topics = find_topics(context, options);
    if (!topics) return failed("topic", topics.error());
    for (const Topic& topic : *topics) fmt::print("{}\n", *topic.name);
    return kDone;
}

void print_topic(const Topic& topic,
                 const std::vector<protocol::DescribeConfigsResponse::Config>& configs) {
    std::vector<std::string> changed;
    for (const auto& config : configs) {
        if (config.config_source == kDefaultConfig) continue;
        changed.push_back(fmt::format("{}={}", config.name, config.value.value_or("")));
    }
    const std::size_t replicas =
        topic.partitions.empty() ? 0 : topic.partitions.front().replica_nodes.size();
    fmt::print("Topic: {}\tTopicId: {}\tPartitionCount: {}\tReplicationFactor: {}\tConfigs: {}\n",
               *topic.name, topic.topic_id, topic.partitions.size(), replicas,
               fmt::join(changed, ","));
}

void print_partition(const Topic& topic, const Partition& partition) {
    const std::string leader =
        partition.leader_id == protocol::kNoNode ? "none" : fmt::format("{}", partition.leader_id);
    fmt::print("\tTopic: {}\tPartition: {}\tLeader: {}\tReplicas: {}\tIsr: {}", *topic.name,
               partition.partition_index, leader, joined(partition.replica_nodes),
               joined(partition.isr_nodes));
    fmt::print("\tElr: N/A\tLastKnownElr: N/A\n");  // Metadata does not say
}

bool is_wanted(const Partition& partition, const Options& options) {
    if (options.under_replicated && partition.isr_nodes.size() < partition.replica_nodes.size()) {
        return true;
    }
    return !options.is_filtered() ||
           (options.unavailable && partition.leader_id == protocol::kNoNode);
}

int describe(Context& context, const Options& options) {
    const auto topics = find_topics(context, options);
    if (!topics) return failed("topic", topics.error());
    for (const Topic& topic : *topics) {
        if (!options.is_filtered()) {
            const auto configs =
                context.admin.describe_configs(admin::ResourceType::topic, *topic.name);
            if (!configs) return failed("topic", configs.error());
            print_topic(topic, *configs);
        }
        for (const Partition& partition : topic.partitions) {
            if (is_wanted(partition, options)) print_partition(topic, partition);
        }
    }
    return kDone;
}

int alter(Context& context, const Options& options) {
    for (const std::string& name : options.topics) {
        protocol::CreatePartitionsRequest::Topic topic{
            .name = name, .count = options.partitions, .assignments = std::nullopt};
        const auto altered = context.admin.create_partitions(std::move(topic));
        if (altered) continue;
        const bool is_missing = altered.error().code == ErrorCode::unknown_topic_or_partition;
        if (is_missing && options.if_exists) continue;
        return failed("topic", is_missing ? no_such_topic(name) : altered.error());
    }
    return kDone;
}

int remove(Context& context, const Options& options) {
    for (const std::string& name : options.topics) {
        const auto removed = context.admin.delete_topic(name);
        if (removed) continue;
        const bool is_missing = removed.error().code == ErrorCode::unknown_topic_or_partition;
        if (is_missing && options.if_exists) continue;
        return failed("topic", is_missing ? no_such_topic(name) : removed.error());
    }
    return kDone;
}

int run(Context& context, const Options& options) {
    if (options.actions() != 1) {
        complain(
            "Command must include exactly one action: --list, --describe, --create, --alter or "
            "--delete");
        return kUsage;
    }
    const bool needs_topic = options.create || options.alter || options.remove;
    if (needs_topic && options.topics.empty()) {
        complain("Missing required argument \"[topic]\"");
        return kUsage;
    }
    if (options.alter && options.partitions < 0) {
        complain("Missing required argument \"[partitions]\"");
        return kUsage;
    }
    if (options.create) return create(context, options);
    if (options.list) return list(context, options);
    if (options.describe) return describe(context, options);
    return options.alter ? alter(context, options) : remove(context, options);
}

}  // namespace

Action add_topics(CLI::App& command) {
    const auto options = std::make_shared<Options>();
    command.add_flag("--create", options->create, "create a topic");
    command.add_flag("--list", options->list, "the names of all topics");
    command.add_flag("--describe", options->describe, "topics and their partitions");
    command.add_flag("--alter", options->alter, "add partitions");
    command.add_flag("--delete", options->remove, "delete a topic");
    command.add_option("--topic", options->topics, "the topic; may be given again")
        ->allow_extra_args(false);
    command.add_option("--partitions", options->partitions, "default: the broker's")
        ->check(CLI::PositiveNumber);
    command
        .add_option("--replication-factor", options->replication_factor, "default: the broker's")
        ->check(CLI::PositiveNumber);
    command.add_option("--replica-assignment", options->assignment,
                       "replicas of each partition: 1:2,2:3");
    command.add_option("--config", options->configs, "key=value; may be given again")
        ->allow_extra_args(false);
    command.add_flag("--if-exists", options->if_exists, "a topic that is not there is fine");
    command.add_flag("--if-not-exists", options->if_not_exists, "a topic that is there is fine");
    command.add_flag("--under-replicated-partitions", options->under_replicated,
                     "only partitions with a replica out of sync");
    command.add_flag("--unavailable-partitions", options->unavailable,
                     "only partitions without a leader");
    command.add_flag("--exclude-internal", options->exclude_internal, "no internal topics");
    return [options](Context& context) { return run(context, *options); };
}

}  // namespace gregor::cli
