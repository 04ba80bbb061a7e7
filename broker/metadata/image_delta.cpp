#include "broker/metadata/image_delta.h"

#include <algorithm>

namespace gregor::metadata {
namespace {

const PartitionState* find(const TopicImage* topic, PartitionId partition) {
    return topic == nullptr ? nullptr : topic->find(partition);
}

/// Partitions of one topic id: either side may be null, not both.
void compare_topics(const TopicImage* before, const TopicImage* after,
                    std::vector<PartitionDelta>& changes) {
    const TopicImage& named = after != nullptr ? *after : *before;
    const auto note = [&](PartitionId partition) {
        const PartitionState* old_state = find(before, partition);
        const PartitionState* new_state = find(after, partition);
        if (old_state != nullptr && new_state != nullptr && *old_state == *new_state) return;
        changes.push_back({.topic = named.name,
                           .topic_id = named.id,
                           .partition = partition,
                           .before = old_state,
                           .after = new_state});
    };
    if (before != nullptr) {
        for (const auto& [partition, state] : before->partitions) {
            if (find(after, partition) == nullptr) note(partition);
        }
    }
    if (after != nullptr) {
        for (const auto& [partition, state] : after->partitions) note(partition);
    }
}

/// Keys whose values differ, or that only one of two ordered maps has.
template <class Key, class Value>
std::vector<Key> changed_keys(const std::map<Key, Value>& before,
                              const std::map<Key, Value>& after) {
    std::vector<Key> keys;
    for (const auto& [key, value] : before) {
        const auto it = after.find(key);
        if (it == after.end() || !(it->second == value)) keys.push_back(key);
    }
    for (const auto& [key, value] : after) {
        if (!before.contains(key)) keys.push_back(key);
    }
    std::ranges::sort(keys);
    return keys;
}

}  // namespace

ImageDelta delta_between(const MetadataImage& before, const MetadataImage& after) {
    ImageDelta delta;
    if (&before.topics() != &after.topics()) {
        for (const auto& [id, topic] : before.topics()) {
            if (after.find_topic(id) == nullptr) compare_topics(&*topic, nullptr, delta.partitions);
        }
        for (const auto& [id, topic] : after.topics()) {
            const auto it = before.topics().find(id);
            const bool is_new = it == before.topics().end();
            if (!is_new && it->second.shares(topic)) continue;
            compare_topics(is_new ? nullptr : &*it->second, &*topic, delta.partitions);
        }
    }
    if (&before.configs() != &after.configs()) {
        delta.configs = changed_keys(before.configs(), after.configs());
        std::erase_if(delta.configs, [&](const ConfigResource& resource) {
            return resource.type == ConfigResourceType::topic &&
                   after.find_topic(resource.name) == nullptr;
        });
    }
    if (&before.brokers() != &after.brokers()) {
        delta.brokers = changed_keys(before.brokers(), after.brokers());
    }
    delta.features_changed = !(before.features() == after.features());
    return delta;
}

}  // namespace gregor::metadata
