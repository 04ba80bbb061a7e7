// apply(): one overload for each record that changes the image, and explicitly nothing for the
// others.
#include <fmt/format.h>

#include "broker/metadata/image.h"

namespace gregor::metadata {

using Applied = Result<void, std::string>;

struct MetadataImage::Applier {
    MetadataImage& image;

    // ---- Brokers and controllers ----

    Applied operator()(const protocol::RegisterBrokerRecord& record) const {
        image.brokers_.mutate().insert_or_assign(record.broker_id, record);
        return {};
    }

    Applied operator()(const protocol::UnregisterBrokerRecord& record) const {
        if (const auto found = broker(record.broker_id, record.broker_epoch); !found) {
            return fail(found.error());
        }
        image.brokers_.mutate().erase(record.broker_id);
        return {};
    }

    Applied operator()(const protocol::FenceBrokerRecord& record) const {
        TRY(broker(record.id, record.epoch))->fenced = true;
        return {};
    }

    Applied operator()(const protocol::UnfenceBrokerRecord& record) const {
        TRY(broker(record.id, record.epoch))->fenced = false;
        return {};
    }

    /// 1 turns on, -1 turns off, 0 leaves. Controlled shutdown only ever begins; a registration
    /// ends it.
    Applied operator()(const protocol::BrokerRegistrationChangeRecord& record) const {
        BrokerImage* broker_image = TRY(broker(record.broker_id, record.broker_epoch));
        if (record.fenced < -1 || record.fenced > 1 || record.in_controlled_shutdown < 0 ||
            record.in_controlled_shutdown > 1) {
            return fail(fmt::format("broker {}: a registration change of {} and {}",
                                    record.broker_id, record.fenced,
                                    record.in_controlled_shutdown));
        }
        if (record.fenced != 0) broker_image->fenced = record.fenced > 0;
        if (record.in_controlled_shutdown > 0) broker_image->in_controlled_shutdown = true;
        if (!record.log_dirs.empty()) broker_image->log_dirs = record.log_dirs;
        return {};
    }

    Applied operator()(const protocol::RegisterControllerRecord& record) const {
        image.controllers_.mutate().insert_or_assign(record.controller_id, record);
        return {};
    }

    // ---- Topics and partitions ----

    Applied operator()(const protocol::TopicRecord& record) const {
        const auto [name, is_new] =
            image.topic_ids_.mutate().try_emplace(record.name, record.topic_id);
        if (!is_new) return fail(fmt::format("topic {} is there already", record.name));
        TopicRef topic(TopicImage{.name = record.name, .id = record.topic_id, .partitions = {}});
        if (!image.topics_.mutate().try_emplace(record.topic_id, std::move(topic)).second) {
            return fail(fmt::format("topic id {} is there already", record.topic_id));
        }
        return {};
    }

    Applied operator()(const protocol::PartitionRecord& record) const {
        TopicImage* topic_image = TRY(topic(record.topic_id));
        if (!record.directories.empty() && record.directories.size() != record.replicas.size()) {
            return fail(fmt::format("{}-{}: {} directories for {} replicas", topic_image->name,
                                    record.partition_id, record.directories.size(),
                                    record.replicas.size()));
        }
        PartitionState state{
            .replicas = record.replicas,
            .directories = record.directories,
            .isr = record.isr,
            .removing_replicas = record.removing_replicas,
            .adding_replicas = record.adding_replicas,
            .elr = record.eligible_leader_replicas.value_or(std::vector<NodeId>{}),
            .last_known_elr = record.last_known_elr.value_or(std::vector<NodeId>{}),
            .leader = record.leader,
            .leader_recovery_state = static_cast<LeaderRecoveryState>(record.leader_recovery_state),
            .leader_epoch = record.leader_epoch,
            .partition_epoch = record.partition_epoch};
        state.directories.resize(state.replicas.size(), kMigratingDirectory);
        topic_image->partitions.insert_or_assign(record.partition_id, std::move(state));
        return {};
    }

    /// A leader given is a new leader epoch, even of the same leader; every change is a new
    /// partition epoch.
    Applied operator()(const protocol::PartitionChangeRecord& record) const {
        constexpr NodeId kNoLeaderChange{-2};
        constexpr std::int8_t kNoRecoveryChange = -1;
        TopicImage* topic_image = TRY(topic(record.topic_id));
        const auto it = topic_image->partitions.find(record.partition_id);
        if (it == topic_image->partitions.end()) {
            return fail(fmt::format("{}-{} changes and is not there", topic_image->name,
                                    record.partition_id));
        }
        PartitionState& state = it->second;
        if (record.replicas) change_replicas(state, *record.replicas);
        if (record.directories) {
            if (record.directories->size() != state.replicas.size()) {
                return fail(fmt::format("{}-{}: {} directories for {} replicas", topic_image->name,
                                        record.partition_id, record.directories->size(),
                                        state.replicas.size()));
            }
            state.directories = *record.directories;
        }
        if (record.isr) state.isr = *record.isr;
        if (record.removing_replicas) state.removing_replicas = *record.removing_replicas;
        if (record.adding_replicas) state.adding_replicas = *record.adding_replicas;
        if (record.eligible_leader_replicas) state.elr = *record.eligible_leader_replicas;
        if (record.last_known_elr) state.last_known_elr = *record.last_known_elr;
        if (record.leader != kNoLeaderChange) {
            state.leader = record.leader;
            ++state.leader_epoch;
        }
        if (record.leader_recovery_state != kNoRecoveryChange) {
            state.leader_recovery_state =
                static_cast<LeaderRecoveryState>(record.leader_recovery_state);
        }
        ++state.partition_epoch;
        return {};
    }

    Applied operator()(const protocol::RemoveTopicRecord& record) const {
        const std::string name = TRY(topic(record.topic_id))->name;
        image.topic_ids_.mutate().erase(name);
        image.topics_.mutate().erase(record.topic_id);
        const ConfigResource resource{ConfigResourceType::topic, name};
        if (image.configs_->contains(resource)) image.configs_.mutate().erase(resource);
        return {};
    }

    // ---- Settings ----

    Applied operator()(const protocol::ConfigRecord& record) const {
        const ConfigResource resource{static_cast<ConfigResourceType>(record.resource_type),
                                      record.resource_name};
        auto& configs = image.configs_.mutate();
        if (record.value) {
            configs[resource].insert_or_assign(record.name, *record.value);
            return {};
        }
        const auto it = configs.find(resource);
        if (it == configs.end()) return {};
        if (const auto config = it->second.find(record.name); config != it->second.end()) {
            it->second.erase(config);
        }
        if (it->second.empty()) configs.erase(it);
        return {};
    }

    Applied operator()(const protocol::FeatureLevelRecord& record) const {
        if (record.feature_level == 0) {
            image.features_.mutate().erase(record.name);
        } else {
            image.features_.mutate().insert_or_assign(record.name, record.feature_level);
        }
        return {};
    }

    Applied operator()(const protocol::ProducerIdsRecord& record) const {
        if (record.next_producer_id < image.next_producer_id_) {
            return fail(fmt::format("the next producer id falls from {} to {}",
                                    image.next_producer_id_, record.next_producer_id));
        }
        image.next_producer_id_ = record.next_producer_id;
        return {};
    }

    Applied operator()(const protocol::ClientQuotaRecord& record) const {
        QuotaEntity entity;
        for (const auto& part : record.entity)
            entity.emplace_back(part.entity_type, part.entity_name);
        auto& quotas = image.quotas_.mutate();
        if (!record.remove) {
            quotas[entity].insert_or_assign(record.key, record.value);
            return {};
        }
        const auto it = quotas.find(entity);
        if (it == quotas.end()) return {};
        it->second.erase(record.key);
        if (it->second.empty()) quotas.erase(it);
        return {};
    }

    // ---- Security ----

    Applied operator()(const protocol::UserScramCredentialRecord& record) const {
        image.scram_.mutate().insert_or_assign({record.name, record.mechanism}, record);
        return {};
    }
    Applied operator()(const protocol::RemoveUserScramCredentialRecord& record) const {
        if (image.scram_.mutate().erase({record.name, record.mechanism}) > 0) return {};
        return fail(fmt::format("no credential of user {} to remove", record.name));
    }
    Applied operator()(const protocol::AccessControlEntryRecord& record) const {
        image.acls_.mutate().insert_or_assign(record.id, record);
        return {};
    }
    Applied operator()(const protocol::RemoveAccessControlEntryRecord& record) const {
        if (image.acls_.mutate().erase(record.id) > 0) return {};
        return fail(fmt::format("no access control entry {} to remove", record.id));
    }
    Applied operator()(const protocol::DelegationTokenRecord& record) const {
        image.delegation_tokens_.mutate().insert_or_assign(record.token_id, record);
        return {};
    }
    Applied operator()(const protocol::RemoveDelegationTokenRecord& record) const {
        image.delegation_tokens_.mutate().erase(record.token_id);
        return {};
    }
    Applied operator()(const protocol::ZkMigrationStateRecord& record) const {
        image.zk_migration_state_ = record.zk_migration_state;
        return {};
    }

    // ---- What leaves the image as it is ----

    Applied operator()(const protocol::NoOpRecord&) const { return {}; }
    Applied operator()(const protocol::BeginTransactionRecord&) const { return {}; }
    Applied operator()(const protocol::EndTransactionRecord&) const { return {}; }
    Applied operator()(const protocol::AbortTransactionRecord&) const { return {}; }

private:
    /// The broker of this epoch: a change of an earlier registration does not fit.
    [[nodiscard]] Result<BrokerImage*, std::string> broker(NodeId id, std::int64_t epoch) const {
        const BrokerImage* found = image.find_broker(id);
        if (found == nullptr) return fail(fmt::format("broker {} is not registered", id));
        if (found->broker_epoch != epoch) {
            return fail(
                fmt::format("broker {} has epoch {}, not {}", id, found->broker_epoch, epoch));
        }
        return &image.brokers_.mutate().find(id)->second;
    }

    [[nodiscard]] Result<TopicImage*, std::string> topic(const TopicId& id) const {
        if (image.find_topic(id) == nullptr) return fail(fmt::format("no topic with id {}", id));
        return &image.topics_.mutate().find(id)->second.mutate();
    }

    /// Replicas that stay keep their directory; new ones have none yet.
    static void change_replicas(PartitionState& state, const std::vector<NodeId>& replicas) {
        std::vector<Uuid> directories;
        for (const NodeId node : replicas) {
            Uuid directory = kUnassignedDirectory;
            for (std::size_t i = 0; i < state.replicas.size(); ++i) {
                if (state.replicas[i] == node) directory = state.directories[i];
            }
            directories.push_back(directory);
        }
        state.replicas = replicas;
        state.directories = std::move(directories);
    }
};

Result<void, std::string> MetadataImage::apply(const MetadataRecord& record) {
    return std::visit(Applier{*this}, record);
}

}  // namespace gregor::metadata
