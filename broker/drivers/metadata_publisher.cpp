#include "broker/drivers/metadata_publisher.h"

#include <charconv>
#include <utility>

namespace gregor::drivers {

using metadata::ConfigResource;
using metadata::ConfigResourceType;
using metadata::MetadataImage;
using metadata::PartitionDelta;

namespace {

/// A dynamic setting of a broker: its own, else the default of all brokers; none if neither says.
std::optional<std::int64_t> dynamic_number(const MetadataImage& image, protocol::NodeId broker,
                                           const std::string& key) {
    for (const std::string& name : {fmt::format("{}", broker), std::string()}) {
        const auto& configs = image.configs_of({ConfigResourceType::broker, name});
        const auto it = configs.find(key);
        if (it == configs.end()) continue;
        std::int64_t number = 0;
        const char* const last = it->second.data() + it->second.size();
        if (std::from_chars(it->second.data(), last, number).ptr == last) return number;
    }
    return std::nullopt;
}

}  // namespace

void MetadataPublisher::publish(const metadata::ImageRef& image) {
    if (published_ == nullptr && !holds_registration(*image)) return;
    const metadata::ImageRef none = std::make_shared<const MetadataImage>();
    const metadata::ImageRef last = std::exchange(published_, image);
    const MetadataImage& before = last == nullptr ? *none : *last;
    const MetadataImage& after = *image;
    const metadata::ImageDelta delta = metadata::delta_between(before, after);
    if (!delta.brokers.empty()) show_brokers(after);
    for (const PartitionDelta& partition : delta.partitions) take(after, partition);
    if (last == nullptr) replicas_.set_aside_strays();
    replicas_.set_replication_rates(rates_of(after));
    for (const ConfigResource& resource : delta.configs) {
        if (resource.type != ConfigResourceType::topic) continue;
        replicas_.set_config(resource.name, config_of(after, resource.name));
    }
}

bool MetadataPublisher::holds_registration(const MetadataImage& image) const {
    const metadata::BrokerImage* broker = image.find_broker(node_id_);
    return broker != nullptr && broker->incarnation_id == incarnation_;
}

void MetadataPublisher::show_brokers(const MetadataImage& image) {
    std::map<protocol::NodeId, replication::BrokerView> views;
    for (const auto& [id, broker] : image.brokers()) {
        replication::BrokerView& view = views[id];
        view.broker_epoch = broker.broker_epoch;
        view.is_eligible = image.is_active(id);
        view.rack = broker.rack.value_or("");
        for (const auto& endpoint : broker.end_points) {
            if (endpoint.name == listener_) view.endpoint = Endpoint{endpoint.host, endpoint.port};
        }
    }
    replicas_.brokers_changed(views);
}

replication::ReplicationRates MetadataPublisher::rates_of(const MetadataImage& image) const {
    return {.leader = dynamic_number(image, node_id_, "leader.replication.throttled.rate"),
            .follower = dynamic_number(image, node_id_, "follower.replication.throttled.rate")};
}

void MetadataPublisher::take(const MetadataImage& image, const PartitionDelta& delta) {
    const log::TopicPartition partition{delta.topic, delta.partition.value()};
    const bool was_ours = delta.before != nullptr && delta.before->is_replica(node_id_);
    const bool is_ours = delta.after != nullptr && delta.after->is_replica(node_id_);
    if (!is_ours) {
        if (was_ours) replicas_.remove(partition);
        return;
    }
    const metadata::PartitionState& state = *delta.after;
    const replication::PartitionAssignment assignment{.leader = state.leader,
                                                      .leader_epoch = state.leader_epoch,
                                                      .partition_epoch = state.partition_epoch,
                                                      .replicas = state.replicas,
                                                      .isr = state.isr};
    const auto assigned =
        replicas_.assign(partition, delta.topic_id, assignment, config_of(image, delta.topic));
    if (!assigned) {
        runtime_.trace().event("assignment_failed", "partition={} error={}", partition,
                               assigned.error());
    }
}

log::LogConfigRef MetadataPublisher::config_of(const MetadataImage& image,
                                               std::string_view topic) const {
    const metadata::ConfigMap& own = image.topic_configs(topic);
    if (own.empty()) return defaults_;
    auto config = log::LogConfig::with(*defaults_, {own.begin(), own.end()});
    if (config) return std::make_shared<const log::LogConfig>(*std::move(config));
    runtime_.trace().event("topic_config_refused", "topic={} why={}", topic, config.error());
    return defaults_;
}

}  // namespace gregor::drivers
