#include "scenarios/checkers/image_answers.h"

#include <algorithm>
#include <set>
#include <vector>

namespace gregor::scenarios {

using metadata::ConfigMap;
using metadata::ConfigResourceType;
using metadata::MetadataImage;
using metadata::PartitionState;
using metadata::TopicImage;
using protocol::ErrorCode;
using protocol::NodeId;
using protocol::PartitionId;

namespace {

// DescribeConfigs' numbers of where a value comes from.
constexpr std::int8_t kOfTopic = 1;
constexpr std::int8_t kOfBroker = 2;
constexpr std::int8_t kOfFile = 4;

bool is_alive(const MetadataImage& image, NodeId node) {
    const metadata::BrokerImage* broker = image.find_broker(node);
    return broker != nullptr && !broker->fenced;
}

std::vector<NodeId> not_alive(const MetadataImage& image, const std::vector<NodeId>& nodes) {
    std::vector<NodeId> gone;
    for (const NodeId node : nodes) {
        if (!is_alive(image, node)) gone.push_back(node);
    }
    return gone;
}

}  // namespace

// DescribeTopicPartitions. ------------------------------------------------------------------------

const TopicImage* ImageAnswers::steady_topic(const std::string& name) const {
    const TopicImage* before = before_.find_topic(name);
    const TopicImage* after = after_.find_topic(name);
    if (before == nullptr || after == nullptr || before->id != after->id) return nullptr;
    return after;
}

bool ImageAnswers::is_steady(const TopicImage& topic, PartitionId partition) const {
    const PartitionState* before = before_.find_partition(topic.id, partition);
    const PartitionState* after = topic.find(partition);
    if (before == nullptr || after == nullptr || *before != *after) return false;
    return std::ranges::all_of(after->replicas, [this](NodeId node) {
        return is_alive(before_, node) == is_alive(after_, node);
    });
}

AnswerVerdict ImageAnswers::check_topics(std::span<const Topic> told) const {
    std::set<std::pair<std::string, PartitionId>> seen;
    for (const Topic& topic : told) {
        const std::string name = topic.name.value_or("");
        const TopicImage* const known = steady_topic(name);
        if (known == nullptr) continue;
        if (topic.error_code != ErrorCode::none || topic.topic_id != known->id) {
            return wrong_answer("M2", "{} is told of with {} and as another topic", name,
                                protocol::name(topic.error_code));
        }
        for (const Partition& partition : topic.partitions) {
            if (!seen.emplace(name, partition.partition_index).second) {
                return wrong_answer("M2", "{}-{} is told of twice", name,
                                    partition.partition_index);
            }
            if (auto wrong = check_partition(*known, partition)) return wrong;
        }
    }
    for (const auto& [name, id] : after_.topic_ids()) {
        const TopicImage* const known = steady_topic(name);
        if (known == nullptr) continue;
        for (const auto& [index, state] : known->partitions) {
            if (seen.contains({name, index}) || before_.find_partition(id, index) == nullptr) {
                continue;
            }
            return wrong_answer("M2", "{}-{} is not told of", name, index);
        }
    }
    return std::nullopt;
}

AnswerVerdict ImageAnswers::check_partition(const TopicImage& topic, const Partition& told) const {
    if (!is_steady(topic, told.partition_index)) return std::nullopt;
    const PartitionState& state = topic.partitions.at(told.partition_index);
    const bool is_led = is_alive(after_, state.leader);
    const ErrorCode error = is_led ? ErrorCode::none : ErrorCode::leader_not_available;
    if (told.error_code == error && told.leader_id == (is_led ? state.leader : protocol::kNoNode) &&
        told.leader_epoch == state.leader_epoch && told.replica_nodes == state.replicas &&
        told.isr_nodes == state.isr && told.eligible_leader_replicas == state.elr &&
        told.last_known_elr == state.last_known_elr &&
        told.offline_replicas == not_alive(after_, state.replicas)) {
        return std::nullopt;
    }
    return wrong_answer("M2", "{}-{} is said to be led by n{} in epoch {}, it is led by n{} in {}",
                        topic.name, told.partition_index, told.leader_id, told.leader_epoch,
                        state.leader, state.leader_epoch);
}

// DescribeConfigs. --------------------------------------------------------------------------------

AnswerVerdict ImageAnswers::check_topic_configs(const Described& told,
                                                const log::LogConfig& defaults) const {
    const std::string& topic = told.resource_name;
    const ConfigMap& own = after_.topic_configs(topic);
    if (steady_topic(topic) == nullptr || before_.topic_configs(topic) != own) return std::nullopt;
    if (told.error_code != ErrorCode::none) {
        return wrong_answer("M2", "the settings of {} are not told: {}", topic,
                            protocol::name(told.error_code));
    }
    std::map<std::string, std::string> values;
    for (const auto& config : told.configs) {
        values[config.name] = config.value.value_or("");
        const bool is_own = own.contains(config.name);
        if ((config.config_source == kOfTopic) == is_own) continue;
        return wrong_answer("M2", "{} of {} is said to come from {}", config.name, topic,
                            config.config_source);
    }
    if (values.size() != log::log_config_keys().size()) {
        return wrong_answer("M2", "{} settings of {} are told, there are {}", values.size(), topic,
                            log::log_config_keys().size());
    }
    const auto expected = log::LogConfig::with(defaults, {own.begin(), own.end()});
    const auto described = log::LogConfig::with({}, values);
    if (!described) return wrong_answer("M2", "{}: {}", topic, described.error());
    if (!expected || *expected == *described) return std::nullopt;
    for (const log::LogConfigKey& key : log::log_config_keys()) {
        if (expected->value_of(key.name) == described->value_of(key.name)) continue;
        return wrong_answer("M2", "{} of {} is said to be {}, it is {}", key.name, topic,
                            described->value_of(key.name), expected->value_of(key.name));
    }
    return std::nullopt;
}

AnswerVerdict ImageAnswers::check_broker_configs(
    const Described& told, const std::map<std::string, std::string>& properties) const {
    const metadata::ConfigResource broker{ConfigResourceType::broker, told.resource_name};
    const ConfigMap& dynamic = after_.configs_of(broker);
    if (before_.configs_of(broker) != dynamic) return std::nullopt;
    if (told.error_code != ErrorCode::none) {
        return wrong_answer("M2", "the broker's settings are not told: {}",
                            protocol::name(told.error_code));
    }
    std::map<std::string, std::pair<std::string, std::int8_t>> expected;
    for (const auto& [key, value] : properties) expected[key] = {value, kOfFile};
    for (const auto& [key, value] : dynamic) expected[key] = {value, kOfBroker};
    for (const auto& config : told.configs) {
        const auto known = expected.find(config.name);
        if (known == expected.end()) continue;
        const auto& [value, source] = known->second;
        if (config.value != value || config.config_source != source) {
            return wrong_answer("M2", "{} is said to be {} of {}, it is {} of {}", config.name,
                                config.value.value_or("nothing"), config.config_source, value,
                                source);
        }
        expected.erase(known);
    }
    if (expected.empty()) return std::nullopt;
    return wrong_answer("M2", "{} is not told", expected.begin()->first);
}

}  // namespace gregor::scenarios
