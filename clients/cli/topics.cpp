// kafka-topics.sh
#include <algorithm>
#include <charconv>
#include <memory>
#include <regex>

#include "clients/admin/reassigner.h"
#include "clients/cli/command.h"

namespace gregor::cli {
namespace {

using client::Error;
using protocol::ErrorCode;
using Topic = protocol::MetadataResponse::Topic;
using Partition = protocol::MetadataResponse::Partition;
using Configs = std::vector<protocol::DescribeConfigsResponse::Config>;

constexpr std::int8_t kDefaultConfig = 5;

struct Options {
    bool create = false;
    bool list = false;
    bool describe = false;
    bool alter = false;
    bool remove = false;
    std::vector<std::string> topics;
    std::string topic_id;
    std::int32_t partitions = -1;
    std::int16_t replication_factor = -1;
    std::string assignment;
    std::vector<std::string> configs;
    bool if_exists = false;
    bool if_not_exists = false;
    bool under_replicated = false;
    bool unavailable = false;
    bool under_min_isr = false;
    bool at_min_isr = false;
    bool with_overrides = false;
    bool exclude_internal = false;

    [[nodiscard]] int actions() const { return create + list + describe + alter + remove; }
    [[nodiscard]] int partition_filters() const {
        return under_replicated + unavailable + under_min_isr + at_min_isr;
    }
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

/// Whether a pattern of --topic, a regular expression as in Kafka's tool, names the topic.
Result<bool, Error> matches(const std::string& pattern, const std::string& topic) {
    try {
        return std::regex_match(topic, std::regex(pattern));
    } catch (const std::regex_error&) {
        return fail(Error{ErrorCode::invalid_request,
                          fmt::format("'{}' is not a regular expression", pattern)});
    }
}

/// The topics that a pattern names. An error if there is none, unless --if-exists.
Result<std::vector<Topic>, Error> filter(const std::vector<Topic>& topics,
                                         const std::string& pattern, bool may_be_missing) {
    std::vector<Topic> found;
    for (const Topic& topic : topics) {
        if (TRY(matches(pattern, *topic.name))) found.push_back(topic);
    }
    if (found.empty() && !may_be_missing) return fail(no_such_topic(pattern));
    return found;
}

/// What --topic or --topic-id names, or all.
Result<std::vector<Topic>, Error> find_topics(Context& context, const Options& options) {
    auto topics = TRY(context.admin.describe_topics({}));
    std::erase_if(topics, [&options](const Topic& topic) {
        return topic.error_code != ErrorCode::none ||
               (options.exclude_internal && topic.is_internal);
    });
    if (!options.topic_id.empty()) {
        std::erase_if(topics, [&options](const Topic& topic) {
            return fmt::format("{}", topic.topic_id) != options.topic_id;
        });
        if (!topics.empty() || options.if_exists) return topics;
        return fail(
            Error{ErrorCode::unknown_topic_id,
                  fmt::format("TopicId '{}' does not exist as expected", options.topic_id)});
    }
    if (options.topics.empty()) return topics;
    std::vector<Topic> found;
    for (const std::string& pattern : options.topics) {
        for (Topic& topic : TRY(filter(topics, pattern, options.if_exists))) {
            found.push_back(std::move(topic));
        }
    }
    return found;
}

int list(Context& context, const Options& options) {
    const auto topics = find_topics(context, options);
    if (!topics) return failed("topic", topics.error());
    for (const Topic& topic : *topics) fmt::print("{}\n", *topic.name);
    return kDone;
}

/// What is not as it is by default: "key=value".
std::vector<std::string> overrides_in(const Configs& configs) {
    std::vector<std::string> overrides;
    for (const auto& config : configs) {
        if (config.config_source == kDefaultConfig) continue;
        overrides.push_back(fmt::format("{}={}", config.name, config.value.value_or("")));
    }
    return overrides;
}

std::size_t min_isr_in(const Configs& configs) {
    const auto it = std::ranges::find(configs, "min.insync.replicas",
                                      &protocol::DescribeConfigsResponse::Config::name);
    std::size_t min_isr = 1;
    if (it == configs.end() || !it->value) return min_isr;
    std::from_chars(it->value->data(), it->value->data() + it->value->size(), min_isr);
    return min_isr;
}

/// A topic as it is described.
struct Described {
    const Topic& topic;
    const Configs& configs;
    const admin::ActiveReassignments& active;

    [[nodiscard]] const admin::ActiveReassignment* reassignment_of(
        const Partition& partition) const {
        const auto it = active.find({*topic.name, partition.partition_index});
        return it == active.end() ? nullptr : &it->second;
    }
    /// Those that are being added do not count yet.
    [[nodiscard]] std::size_t replication_factor(const Partition& partition) const {
        const admin::ActiveReassignment* reassignment = reassignment_of(partition);
        return partition.replica_nodes.size() -
               (reassignment == nullptr ? 0 : reassignment->adding.size());
    }
};

void print_topic(const Described& described) {
    const Topic& topic = described.topic;
    const std::size_t replicas =
        topic.partitions.empty() ? 0 : described.replication_factor(topic.partitions.front());
    fmt::print("Topic: {}\tTopicId: {}\tPartitionCount: {}\tReplicationFactor: {}\tConfigs: {}\n",
               *topic.name, topic.topic_id, topic.partitions.size(), replicas,
               fmt::join(overrides_in(described.configs), ","));
}

void print_partition(const Described& described, const Partition& partition) {
    const std::string leader =
        partition.leader_id == protocol::kNoNode ? "none" : fmt::format("{}", partition.leader_id);
    fmt::print("\tTopic: {}\tPartition: {}\tLeader: {}\tReplicas: {}\tIsr: {}",
               *described.topic.name, partition.partition_index, leader,
               joined(partition.replica_nodes), joined(partition.isr_nodes));
    if (const auto* reassignment = described.reassignment_of(partition)) {
        fmt::print("\tAdding Replicas: {}\tRemoving Replicas: {}", joined(reassignment->adding),
                   joined(reassignment->removing));
    }
    fmt::print("\tElr: N/A\tLastKnownElr: N/A\n");  // Metadata does not say
}

bool is_wanted(const Described& described, const Partition& partition, const Options& options) {
    if (options.partition_filters() == 0) return true;
    const std::size_t in_sync = partition.isr_nodes.size();
    const std::size_t min_isr = min_isr_in(described.configs);
    const bool has_leader = partition.leader_id != protocol::kNoNode;
    return (options.under_replicated && in_sync < described.replication_factor(partition)) ||
           (options.unavailable && !has_leader) ||
           (options.under_min_isr && (!has_leader || in_sync < min_isr)) ||
           (options.at_min_isr && in_sync == min_isr);
}

Result<void, Error> describe_found(Context& context, const Options& options) {
    const auto topics = TRY(find_topics(context, options));
    const auto active = TRY(admin::Reassigner(context.admin).active());
    for (const Topic& topic : topics) {
        const Configs configs =
            TRY(context.admin.describe_configs(admin::ResourceType::topic, *topic.name));
        const Described described{.topic = topic, .configs = configs, .active = active};
        const bool is_shown = !options.with_overrides || !overrides_in(configs).empty();
        if (options.partition_filters() == 0 && is_shown) print_topic(described);
        if (options.with_overrides) continue;
        for (const Partition& partition : topic.partitions) {
            if (is_wanted(described, partition, options)) print_partition(described, partition);
        }
    }
    return {};
}

int describe(Context& context, const Options& options) {
    const auto described = describe_found(context, options);
    return described ? kDone : failed("topic", described.error());
}

int alter(Context& context, const Options& options) {
    const auto topics = find_topics(context, options);
    if (!topics) return failed("topic", topics.error());
    for (const Topic& found : *topics) {
        const std::string& name = *found.name;
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
    const auto topics = find_topics(context, options);
    if (!topics) return failed("topic", topics.error());
    for (const Topic& found : *topics) {
        const std::string& name = *found.name;
        const auto removed = context.admin.delete_topic(name);
        if (removed) continue;
        const bool is_missing = removed.error().code == ErrorCode::unknown_topic_or_partition;
        if (is_missing && options.if_exists) continue;
        return failed("topic", is_missing ? no_such_topic(name) : removed.error());
    }
    return kDone;
}

/// What is wrong with the flags of --describe; empty: nothing.
std::string find_describe_fault(const Options& options) {
    const int filters = options.partition_filters() + options.with_overrides;
    if (!options.describe && (filters > 0 || !options.topic_id.empty())) {
        return "--topic-id, --topics-with-overrides and the filters of partitions go with "
               "--describe";
    }
    if (filters > 1) {
        return "Only one of --under-replicated-partitions, --unavailable-partitions, "
               "--under-min-isr-partitions, --at-min-isr-partitions and --topics-with-overrides "
               "can be used";
    }
    if (!options.topic_id.empty() && !options.topics.empty()) {
        return "Only one of --topic and --topic-id can be used";
    }
    return "";
}

int run(Context& context, const Options& options) {
    if (options.actions() != 1) {
        complain(
            "Command must include exactly one action: --list, --describe, --create, --alter or "
            "--delete");
        return kUsage;
    }
    if (const std::string fault = find_describe_fault(options); !fault.empty()) {
        complain("{}", fault);
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
    command
        .add_option("--topic", options->topics,
                    "the topic, or but for --create a regular expression; may be given again")
        ->allow_extra_args(false);
    command.add_option("--topic-id", options->topic_id, "the topic with this id; to describe it");
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
    command.add_flag("--under-min-isr-partitions", options->under_min_isr,
                     "only partitions with fewer replicas in sync than min.insync.replicas");
    command.add_flag("--at-min-isr-partitions", options->at_min_isr,
                     "only partitions with just min.insync.replicas replicas in sync");
    command.add_flag("--topics-with-overrides", options->with_overrides,
                     "only topics with settings of their own, without partitions");
    command.add_flag("--exclude-internal", options->exclude_internal, "no internal topics");
    return [options](Context& context) { return run(context, *options); };
}

}  // namespace gregor::cli
