#include "clients/producer/metadata.h"

#include <algorithm>

namespace gregor::producer {

using protocol::ErrorCode;
using protocol::PartitionId;

Metadata::Topic& Metadata::topic(std::string_view name) {
    const auto found = topics_.find(name);
    if (found != topics_.end()) return found->second;
    return topics_.emplace(std::string(name), Topic{.name = std::string(name)}).first->second;
}

std::vector<std::string> Metadata::topic_names() const {
    std::vector<std::string> names;
    for (const auto& [name, topic] : topics_) names.push_back(name);
    return names;
}

void Metadata::apply(const protocol::MetadataResponse& response, Accumulator& accumulator) {
    for (const auto& answer : response.topics) {
        if (!answer.name) continue;
        const auto found = topics_.find(*answer.name);
        if (found != topics_.end()) apply(answer, found->second, accumulator);
    }
}

void Metadata::apply(const protocol::MetadataResponse::Topic& answer, Topic& topic,
                     Accumulator& accumulator) {
    topic.error_code = answer.error_code;
    if (answer.error_code != ErrorCode::none) return;
    const bool is_another = topic.id != answer.topic_id;
    topic.id = answer.topic_id;
    while (topic.partitions.size() < answer.partitions.size()) {
        const PartitionId id(static_cast<std::int32_t>(topic.partitions.size()));
        topic.partitions.push_back({.slot = accumulator.add_partition(topic.name, id)});
    }
    for (const auto& partition : answer.partitions) {
        const auto index = static_cast<std::size_t>(partition.partition_index.value());
        if (index >= topic.partitions.size()) continue;  // ids without gaps are the rule
        Topic::Partition& known = topic.partitions[index];
        if (!is_another && partition.leader_epoch < known.leader_epoch) continue;
        known.leader = partition.leader_id;
        known.leader_epoch = partition.leader_epoch;
        accumulator.set_leader(known.slot, known.leader);
    }
    topic.available.clear();
    for (std::size_t i = 0; i < topic.partitions.size(); ++i) {
        if (topic.partitions[i].leader == protocol::kNoNode) continue;
        topic.available.push_back(static_cast<std::int32_t>(i));
    }
}

}  // namespace gregor::producer
