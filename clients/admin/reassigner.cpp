#include "clients/admin/reassigner.h"

#include <optional>

namespace gregor::admin {
namespace {

using protocol::AlterPartitionReassignmentsRequest;
using protocol::ErrorCode;
using Change = protocol::IncrementalAlterConfigsRequest::Config;
using Targets = std::map<TopicPartition, std::optional<Replicas>>;

constexpr std::string_view kLeaderRate = "leader.replication.throttled.rate";
constexpr std::string_view kFollowerRate = "follower.replication.throttled.rate";
constexpr std::string_view kLogDirsRate = "replica.alter.log.dirs.io.max.bytes.per.second";
constexpr std::string_view kLeaderReplicas = "leader.replication.throttled.replicas";
constexpr std::string_view kFollowerReplicas = "follower.replication.throttled.replicas";

Change set(std::string_view key, std::string value) {
    return {.name = std::string(key),
            .config_operation = static_cast<std::int8_t>(ConfigOperation::set),
            .value = std::move(value)};
}

Change removal_of(std::string_view key) {
    return {.name = std::string(key),
            .config_operation = static_cast<std::int8_t>(ConfigOperation::remove),
            .value = std::nullopt};
}

Result<Refusals, Error> alter(Admin& admin, const Targets& targets) {
    AlterPartitionReassignmentsRequest request;
    for (const auto& [partition, replicas] : targets) {
        if (request.topics.empty() || request.topics.back().name != partition.topic) {
            request.topics.push_back({.name = partition.topic});
        }
        request.topics.back().partitions.push_back(
            {.partition_index = partition.partition, .replicas = replicas});
    }
    const auto answer = TRY(admin.alter_partition_reassignments(std::move(request)));
    Refusals refusals;
    for (const auto& topic : answer.responses) {
        for (const auto& partition : topic.partitions) {
            if (partition.error_code == ErrorCode::none) continue;
            refusals.emplace(TopicPartition{topic.name, partition.partition_index},
                             client::error_of(partition.error_code, partition.error_message));
        }
    }
    return refusals;
}

}  // namespace

Result<Assignment, Error> Reassigner::current(const std::set<std::string>& topics) {
    Assignment current;
    if (topics.empty()) return current;
    const auto found = TRY(admin_.describe_topics({topics.begin(), topics.end()}));
    for (const auto& topic : found) {
        const std::string name = topic.name.value_or("");
        if (topic.error_code != ErrorCode::none) {
            return fail(client::error_of(
                topic.error_code,
                fmt::format("topic {}: {}", name, protocol::name(topic.error_code))));
        }
        for (const auto& partition : topic.partitions) {
            current[{name, partition.partition_index}] = partition.replica_nodes;
        }
    }
    return current;
}

Result<ActiveReassignments, Error> Reassigner::active() {
    ActiveReassignments active;
    const auto listed = TRY(admin_.list_partition_reassignments());
    for (const auto& topic : listed.topics) {
        for (const auto& partition : topic.partitions) {
            active[{topic.name, partition.partition_index}] = {
                .replicas = partition.replicas,
                .adding = partition.adding_replicas,
                .removing = partition.removing_replicas};
        }
    }
    return active;
}

Result<Refusals, Error> Reassigner::start(const Assignment& proposed) {
    return alter(admin_, Targets(proposed.begin(), proposed.end()));
}

Result<Refusals, Error> Reassigner::cancel(const std::set<TopicPartition>& partitions) {
    Targets targets;
    for (const TopicPartition& partition : partitions) targets.emplace(partition, std::nullopt);
    return alter(admin_, targets);
}

Result<void, Error> Reassigner::throttle(const Moves& moves, std::int64_t rate) {
    for (const auto& [topic, replicas] : throttled_replicas(moves)) {
        std::vector<Change> changes;
        if (!replicas.leader.empty()) changes.push_back(set(kLeaderReplicas, replicas.leader));
        if (!replicas.follower.empty()) {
            changes.push_back(set(kFollowerReplicas, replicas.follower));
        }
        if (changes.empty()) continue;
        TRY(admin_.alter_configs(ResourceType::topic, topic, std::move(changes)));
    }
    return set_rate(brokers_of(moves), rate);
}

Result<void, Error> Reassigner::set_rate(const std::set<NodeId>& brokers, std::int64_t rate) {
    const std::string value = std::to_string(rate);
    for (const NodeId broker : brokers) {
        TRY(admin_.alter_configs(ResourceType::broker, fmt::format("{}", broker),
                                 {set(kLeaderRate, value), set(kFollowerRate, value)}));
    }
    return {};
}

Result<void, Error> Reassigner::clear_rates(const std::set<NodeId>& brokers) {
    for (const NodeId broker : brokers) {
        TRY(admin_.alter_configs(
            ResourceType::broker, fmt::format("{}", broker),
            {removal_of(kLeaderRate), removal_of(kFollowerRate), removal_of(kLogDirsRate)}));
    }
    return {};
}

Result<void, Error> Reassigner::clear_throttled_replicas(const std::set<std::string>& topics) {
    for (const std::string& topic : topics) {
        TRY(admin_.alter_configs(ResourceType::topic, topic,
                                 {removal_of(kLeaderReplicas), removal_of(kFollowerReplicas)}));
    }
    return {};
}

}  // namespace gregor::admin
