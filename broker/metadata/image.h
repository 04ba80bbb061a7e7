// MetadataImage: what the records of __cluster_metadata say about the cluster, up to some offset.
// It is the same on every node that has read the same records (invariant M2), and apply() is the
// only way to change it: the controller's own state, a broker's view and a replayed log are one
// code path.
//
//     records ──apply──> MetadataImage ──copy──> shared_ptr<const MetadataImage>   (published, in
//     order)
//
// A copy shares everything until one side changes it (copy_on_write.h), topic by topic. Maps are
// ordered, so that walking an image is the same on every node.
//
// Damage: records come from disk or from a leader, so a record that does not fit (a partition of a
// topic that is not there) is an error of apply(), never a CHECK; the image is then of no more use.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "broker/metadata/copy_on_write.h"
#include "broker/metadata/metadata_record.h"
#include "broker/protocol/ids.h"

namespace gregor::metadata {

using protocol::LeaderEpoch;
using protocol::NodeId;
using protocol::PartitionId;
using protocol::ProducerId;
using protocol::TopicId;
using protocol::Uuid;

/// Kafka's numbers of resource types, as in DescribeConfigs and ConfigRecord.
enum class ConfigResourceType : std::int8_t {
    unknown = 0,
    topic = 2,
    broker = 4,
    broker_logger = 8,
    client_metrics = 16,
    group = 32,
};

struct ConfigResource {
    ConfigResourceType type = ConfigResourceType::unknown;
    std::string name;  // of a broker: its id, or empty for the cluster-wide default

    friend auto operator<=>(const ConfigResource&, const ConfigResource&) = default;
};

using ConfigMap = std::map<std::string, std::string>;

/// Log directory ids with a meaning of their own (KIP-858).
inline constexpr Uuid kUnassignedDirectory{};
inline constexpr Uuid kLostDirectory{{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}};
inline constexpr Uuid kMigratingDirectory{{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2}};

/// A directory that a broker with these online ones can serve; it need not be known yet.
[[nodiscard]] bool is_online_directory(const Uuid& directory, const std::vector<Uuid>& online);

/// How far a leader got that was elected from outside the ISR.
enum class LeaderRecoveryState : std::int8_t { recovered = 0, recovering = 1 };

struct PartitionState {
    std::vector<NodeId> replicas;
    std::vector<Uuid> directories;  // of each replica, in their order
    std::vector<NodeId> isr;
    std::vector<NodeId> removing_replicas;
    std::vector<NodeId> adding_replicas;
    std::vector<NodeId> elr;
    std::vector<NodeId> last_known_elr;
    NodeId leader = protocol::kNoNode;
    LeaderRecoveryState leader_recovery_state = LeaderRecoveryState::recovered;
    LeaderEpoch leader_epoch{0};
    std::int32_t partition_epoch = 0;

    [[nodiscard]] bool has_leader() const { return leader != protocol::kNoNode; }
    [[nodiscard]] bool is_replica(NodeId node) const;
    [[nodiscard]] bool is_in_isr(NodeId node) const;
    [[nodiscard]] bool is_in_elr(NodeId node) const;
    /// Where the replica of `node` lies; LOST if it has none.
    [[nodiscard]] Uuid directory_of(NodeId node) const;
    [[nodiscard]] bool is_reassigning() const {
        return !adding_replicas.empty() || !removing_replicas.empty();
    }

    friend bool operator==(const PartitionState&, const PartitionState&) = default;
};

struct TopicImage {
    std::string name;
    TopicId id;
    std::map<PartitionId, PartitionState> partitions;

    [[nodiscard]] const PartitionState* find(PartitionId partition) const;

    friend bool operator==(const TopicImage&, const TopicImage&) = default;
};

using TopicRef = CopyOnWrite<TopicImage>;

/// As the last registration says, with what has changed since.
using BrokerImage = protocol::RegisterBrokerRecord;
using ControllerImage = protocol::RegisterControllerRecord;

/// The names of one quota's entity: type and name, no name for the default one.
using QuotaEntity = std::vector<std::pair<std::string, std::optional<std::string>>>;
using ScramKey = std::pair<std::string, std::int8_t>;  // user, mechanism

class MetadataImage {
public:
    /// Changes the image as the record says. Markers of metadata transactions are the loader's
    /// business (metadata_loader.h) and change nothing here.
    [[nodiscard]] Result<void, std::string> apply(const MetadataRecord& record);

    [[nodiscard]] const TopicImage* find_topic(std::string_view name) const;
    [[nodiscard]] const TopicImage* find_topic(const TopicId& id) const;
    [[nodiscard]] const PartitionState* find_partition(const TopicId& id,
                                                       PartitionId partition) const;
    [[nodiscard]] const BrokerImage* find_broker(NodeId id) const;
    /// Registered, and neither fenced nor shutting down: may lead and be given replicas.
    [[nodiscard]] bool is_active(NodeId broker) const;
    /// Active, and the directory of its replica has not failed (KIP-858).
    [[nodiscard]] bool may_lead(NodeId broker, const PartitionState& partition) const;
    /// The dynamic settings of a resource, perhaps none.
    [[nodiscard]] const ConfigMap& configs_of(const ConfigResource& resource) const;
    [[nodiscard]] const ConfigMap& topic_configs(std::string_view topic) const {
        return configs_of({ConfigResourceType::topic, std::string(topic)});
    }
    /// The finalized level, 0 if the feature is not on.
    [[nodiscard]] std::int16_t feature_level(std::string_view feature) const;
    [[nodiscard]] std::int16_t metadata_version() const {
        return feature_level(kMetadataVersionFeature);
    }
    /// Whether a partition may have eligible leader replicas (KIP-966).
    [[nodiscard]] bool is_elr_enabled() const { return feature_level(kElrFeature) >= 1; }
    /// Where the next block of producer ids begins.
    [[nodiscard]] ProducerId next_producer_id() const { return next_producer_id_; }

    [[nodiscard]] const std::map<std::string, TopicId, std::less<>>& topic_ids() const {
        return *topic_ids_;
    }
    [[nodiscard]] const std::map<TopicId, TopicRef>& topics() const { return *topics_; }
    [[nodiscard]] const std::map<NodeId, BrokerImage>& brokers() const { return *brokers_; }
    [[nodiscard]] const std::map<NodeId, ControllerImage>& controllers() const {
        return *controllers_;
    }
    [[nodiscard]] const std::map<ConfigResource, ConfigMap>& configs() const { return *configs_; }
    [[nodiscard]] const std::map<std::string, std::int16_t, std::less<>>& features() const {
        return *features_;
    }
    [[nodiscard]] const std::map<ScramKey, protocol::UserScramCredentialRecord>& scram() const {
        return *scram_;
    }
    [[nodiscard]] const std::map<Uuid, protocol::AccessControlEntryRecord>& acls() const {
        return *acls_;
    }
    [[nodiscard]] const std::map<QuotaEntity, std::map<std::string, double>>& quotas() const {
        return *quotas_;
    }
    [[nodiscard]] const std::map<std::string, protocol::DelegationTokenRecord>& delegation_tokens()
        const {
        return *delegation_tokens_;
    }
    [[nodiscard]] std::optional<std::int8_t> zk_migration_state() const {
        return zk_migration_state_;
    }

    /// CHECKs what must hold of an image whose records came from our own controller, between two
    /// of its decisions (M4, M8). See image_invariants.h for what must hold of a change.
    void check_invariants() const;

    friend bool operator==(const MetadataImage&, const MetadataImage&) = default;

private:
    struct Applier;

    CopyOnWrite<std::map<std::string, TopicId, std::less<>>> topic_ids_;
    CopyOnWrite<std::map<TopicId, TopicRef>> topics_;
    CopyOnWrite<std::map<NodeId, BrokerImage>> brokers_;
    CopyOnWrite<std::map<NodeId, ControllerImage>> controllers_;
    CopyOnWrite<std::map<ConfigResource, ConfigMap>> configs_;
    CopyOnWrite<std::map<std::string, std::int16_t, std::less<>>> features_;
    CopyOnWrite<std::map<ScramKey, protocol::UserScramCredentialRecord>> scram_;
    CopyOnWrite<std::map<Uuid, protocol::AccessControlEntryRecord>> acls_;
    CopyOnWrite<std::map<QuotaEntity, std::map<std::string, double>>> quotas_;
    CopyOnWrite<std::map<std::string, protocol::DelegationTokenRecord>> delegation_tokens_;
    ProducerId next_producer_id_{0};
    std::optional<std::int8_t> zk_migration_state_;
};

/// An image as it is published: with the offset after its last record.
struct PublishedImage {
    MetadataImage image;
    protocol::Offset next_offset{0};
    LeaderEpoch controller_epoch{0};
};

using ImageRef = std::shared_ptr<const MetadataImage>;

}  // namespace gregor::metadata
