#include "broker/metadata/image.h"

#include <algorithm>

namespace gregor::metadata {
namespace {

bool contains(const std::vector<NodeId>& nodes, NodeId node) {
    return std::ranges::find(nodes, node) != nodes.end();
}

}  // namespace

bool PartitionState::is_replica(NodeId node) const { return contains(replicas, node); }
bool PartitionState::is_in_isr(NodeId node) const { return contains(isr, node); }
bool PartitionState::is_in_elr(NodeId node) const { return contains(elr, node); }

Uuid PartitionState::directory_of(NodeId node) const {
    const auto it = std::ranges::find(replicas, node);
    if (it == replicas.end()) return kLostDirectory;
    return directories[static_cast<std::size_t>(it - replicas.begin())];
}

bool is_online_directory(const Uuid& directory, const std::vector<Uuid>& online) {
    if (directory == kUnassignedDirectory || directory == kMigratingDirectory) return true;
    if (directory == kLostDirectory) return false;
    return online.empty() || std::ranges::find(online, directory) != online.end();
}

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

bool MetadataImage::may_lead(NodeId broker, const PartitionState& partition) const {
    return is_active(broker) &&
           is_online_directory(partition.directory_of(broker), find_broker(broker)->log_dirs);
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

}  // namespace gregor::metadata
