// MetadataPublisher: carries each new image to the replicas that this node hosts.
//
//     image ──delta──> brokers changed                ─> ReplicaManager::brokers_changed
//                      partitions given up or deleted ─> ReplicaManager::remove
//                      … while this node was away     ─> ReplicaManager::set_aside_strays
//                      partitions new or changed      ─> ReplicaManager::assign
//                      topic settings changed         ─> ReplicaManager::set_config
//                      this broker's settings changed ─> ReplicaManager::set_replication_rates
//
// It begins with the first image that holds this incarnation's registration: by then whatever an
// earlier one led has been taken from it, and nothing is led again in an old leader epoch.
//
// It runs on the fiber that publishes, so that a topic has its logs before its creation is
// answered. A partition whose log fails stays offline; the others go on.
#pragma once

#include "broker/drivers/controller_driver.h"
#include "broker/metadata/image_delta.h"
#include "broker/replication/replica_manager.h"

namespace gregor::drivers {

class MetadataPublisher {
public:
    /// `defaults`: the broker-wide settings that a topic's own stand upon. `listener`: by which
    /// brokers reach each other.
    MetadataPublisher(Runtime& runtime, replication::ReplicaManager& replicas,
                      protocol::NodeId node_id, log::LogConfigRef defaults, std::string listener)
        : runtime_(runtime),
          replicas_(replicas),
          node_id_(node_id),
          defaults_(std::move(defaults)),
          listener_(std::move(listener)) {}

    /// Which incarnation is ours; before the first image is published.
    void set_incarnation(const protocol::Uuid& id) { incarnation_ = id; }
    /// A newer image than the last.
    void publish(const metadata::ImageRef& image);

    /// The settings of a topic, its own and the defaults. Settings that do not parse (written by a
    /// newer node, say) leave the defaults.
    [[nodiscard]] log::LogConfigRef config_of(const metadata::MetadataImage& image,
                                              std::string_view topic) const;

private:
    [[nodiscard]] bool holds_registration(const metadata::MetadataImage& image) const;
    void show_brokers(const metadata::MetadataImage& image);
    [[nodiscard]] replication::ReplicationRates rates_of(
        const metadata::MetadataImage& image) const;
    void take(const metadata::MetadataImage& image, const metadata::PartitionDelta& delta);

    Runtime& runtime_;
    replication::ReplicaManager& replicas_;
    protocol::NodeId node_id_;
    log::LogConfigRef defaults_;
    std::string listener_;
    protocol::Uuid incarnation_;
    metadata::ImageRef published_;
};

}  // namespace gregor::drivers
