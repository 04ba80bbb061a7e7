#include "broker/metadata/image.h"

#include <algorithm>

#include "sim/base/check.h"

namespace gregor::metadata {
namespace {

bool contains(const std::vector<NodeId>& nodes, NodeId node) {
    return std::ranges::find(nodes, node) != nodes.end();
}

void check_partition(const TopicImage& topic, PartitionId id, const PartitionState& partition) {
    CHECK(partition.directories.size() == partition.replicas.size(), "{}-{}", topic.name, id);
    for (const NodeId node : partition.isr) {
        CHECK(partition.is_replica(node), "{}-{}: {} is in the isr only", topic.name, id, node);
    }
    for (const NodeId node : partition.elr) {
        CHECK(partition.is_replica(node), "{}-{}: {} is in the elr only", topic.name, id, node);
        CHECK(!partition.is_in_isr(node), "{}-{}: {} is in isr and elr", topic.name, id, node);
    }
    const bool recovering = partition.leader_recovery_state == LeaderRecoveryState::recovering;
    const bool may_lead = partition.is_in_isr(partition.leader) || recovering;
    CHECK(!partition.has_leader() || may_lead, "{}-{}: {} leads from outside the isr", topic.name,
          id, partition.leader);
}

}  // namespace

bool PartitionState::is_replica(NodeId node) const { return contains(replicas, node); }
bool PartitionState::is_in_isr(NodeId node) const { return contains(isr, node); }

const PartitionState* TopicImage::find(PartitionId partition) const {
    const auto it = partitions.find(partition);
    return it == partitions.end() ? nullptr : &it->second;
}

const TopicImage* MetadataImage::find_topic(std::string_view name) const {
    const auto it = topic_ids_->find(name);
    return it == topic_ids_->end() ? nullptr : find_topic(it->second);
}

const TopicImage* MetadataImage::find_topic(const TopicId& id) const {
    const auto it = topics_->find(id);
    return it == topics_->end() ? nullptr : &*it->second;
}

const PartitionState* MetadataImage::find_partition(const TopicId& id,
                                                    PartitionId partition) const {
    const TopicImage* topic = find_topic(id);
    return topic == nullptr ? nullptr : topic->find(partition);
}

const BrokerImage* MetadataImage::find_broker(NodeId id) const {
    const auto it = brokers_->find(id);
    return it == brokers_->end() ? nullptr : &it->second;
}

bool MetadataImage::is_active(NodeId broker) const {
    const BrokerImage* image = find_broker(broker);
    return image != nullptr && !image->fenced && !image->in_controlled_shutdown;
}

const ConfigMap& MetadataImage::configs_of(const ConfigResource& resource) const {
    static const ConfigMap none;
    const auto it = configs_->find(resource);
    return it == configs_->end() ? none : it->second;
}

std::int16_t MetadataImage::feature_level(std::string_view feature) const {
    const auto it = features_->find(feature);
    return it == features_->end() ? std::int16_t{0} : it->second;
}

void MetadataImage::check_invariants() const {
    CHECK(topic_ids_->size() == topics_->size());
    for (const auto& [name, id] : *topic_ids_) {
        const TopicImage* topic = find_topic(id);
        CHECK(topic != nullptr, "{} has no image", name);
        CHECK(topic->name == name);
        for (const auto& [partition_id, partition] : topic->partitions) {
            check_partition(*topic, partition_id, partition);
            CHECK(!partition.has_leader() || is_active(partition.leader),
                  "{}-{}: the leader {} is not active", name, partition_id, partition.leader);
        }
    }
}

}  // namespace gregor::metadata
