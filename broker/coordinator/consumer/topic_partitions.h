// TopicPartitions: which partitions of which topics, in order: what members of a consumer group
// own, give back and are to have. The messages and records of KIP-848 all have them as a list of
// topic ids with lists of partitions.
#pragma once

#include <algorithm>
#include <map>
#include <set>
#include <vector>

#include "broker/protocol/ids.h"

namespace gregor::coordinator {

/// No topic without a partition.
using TopicPartitions = std::map<protocol::TopicId, std::set<protocol::PartitionId>>;

/// Of any of the messages' own types.
template <class Wire>
[[nodiscard]] TopicPartitions to_topic_partitions(const std::vector<Wire>& list) {
    TopicPartitions partitions;
    for (const Wire& each : list) {
        if (each.partitions.empty()) continue;
        partitions[each.topic_id].insert(each.partitions.begin(), each.partitions.end());
    }
    return partitions;
}

template <class Wire>
[[nodiscard]] std::vector<Wire> to_wire(const TopicPartitions& partitions) {
    std::vector<Wire> list;
    for (const auto& [topic_id, numbers] : partitions) {
        Wire& each = list.emplace_back();
        each.topic_id = topic_id;
        each.partitions.assign(numbers.begin(), numbers.end());
    }
    return list;
}

[[nodiscard]] inline bool contains(const TopicPartitions& all, const protocol::TopicId& topic_id,
                                   protocol::PartitionId partition) {
    const auto it = all.find(topic_id);
    return it != all.end() && it->second.contains(partition);
}

[[nodiscard]] inline std::size_t count(const TopicPartitions& partitions) {
    std::size_t total = 0;
    for (const auto& [topic_id, numbers] : partitions) total += numbers.size();
    return total;
}

/// The partitions of `partitions` for which `pick(topic_id, partition)` holds.
template <class Pick>
[[nodiscard]] TopicPartitions filtered(const TopicPartitions& partitions, Pick pick) {
    TopicPartitions picked;
    for (const auto& [topic_id, numbers] : partitions) {
        for (const protocol::PartitionId number : numbers) {
            if (pick(topic_id, number)) picked[topic_id].insert(number);
        }
    }
    return picked;
}

[[nodiscard]] inline TopicPartitions intersection(const TopicPartitions& a,
                                                  const TopicPartitions& b) {
    return filtered(
        a, [&](const auto& topic_id, auto number) { return contains(b, topic_id, number); });
}

[[nodiscard]] inline TopicPartitions difference(const TopicPartitions& a,
                                                const TopicPartitions& b) {
    return filtered(
        a, [&](const auto& topic_id, auto number) { return !contains(b, topic_id, number); });
}

[[nodiscard]] inline bool is_subset(const TopicPartitions& part, const TopicPartitions& whole) {
    return difference(part, whole).empty();
}

inline void add(TopicPartitions& all, const TopicPartitions& more) {
    for (const auto& [topic_id, numbers] : more) {
        all[topic_id].insert(numbers.begin(), numbers.end());
    }
}

}  // namespace gregor::coordinator
