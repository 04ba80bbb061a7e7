#include "broker/metadata/image_invariants.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <set>

#include "sim/base/check.h"

namespace gregor::metadata {
namespace {

bool has_repeats(std::vector<NodeId> nodes) {
    std::ranges::sort(nodes);
    return std::ranges::adjacent_find(nodes) != nodes.end();
}

/// One partition of an image, with what its messages say of it.
class PartitionCheck {
public:
    PartitionCheck(const MetadataImage& image, const TopicImage& topic, PartitionId id,
                   const PartitionState& state)
        : image_(image), topic_(topic), id_(id), state_(state) {}

    void run() const {
        CHECK(state_.directories.size() == state_.replicas.size(), "{}", name());
        CHECK(!has_repeats(state_.replicas), "{}: replicas {}", name(), state_.replicas);
        CHECK(!has_repeats(state_.isr), "{}: isr {}", name(), state_.isr);
        check_members();
        check_leader();
        check_reassignment();
    }

private:
    [[nodiscard]] std::string name() const { return fmt::format("{}-{}", topic_.name, id_); }

    void check_members() const {
        for (const NodeId node : state_.isr) {
            CHECK(state_.is_replica(node), "{}: {} is in the isr only", name(), node);
        }
        for (const NodeId node : state_.elr) {
            CHECK(state_.is_replica(node), "{}: {} is in the elr only", name(), node);
            CHECK(!state_.is_in_isr(node), "{}: {} is in isr and elr", name(), node);
        }
        CHECK(state_.elr.empty() || image_.is_elr_enabled(), "{} has an elr", name());
        CHECK(state_.elr.empty() || state_.isr.size() < state_.replicas.size(),
              "{}: elr {} beside a full isr", name(), state_.elr);
    }

    /// Whoever is in the ISR counts as a copy: a dead one may stay only as the last that has the
    /// data, and then nobody leads.
    void check_leader() const {
        if (!state_.has_leader()) {
            for (const NodeId node : state_.isr) {
                CHECK(!image_.may_lead(node, state_), "{}: {} could lead", name(), node);
            }
            for (const NodeId node : state_.elr) {
                CHECK(!image_.may_lead(node, state_), "{}: {} of the elr could lead", name(), node);
            }
            return;
        }
        CHECK(state_.is_in_isr(state_.leader), "{}: {} leads from outside the isr {}", name(),
              state_.leader, state_.isr);
        for (const NodeId node : state_.isr) {
            CHECK(image_.is_active(node), "{}: {} is in the isr and not active", name(), node);
        }
        CHECK(state_.last_known_elr.empty(), "{} has a leader and a last known one", name());
        CHECK(image_.may_lead(state_.leader, state_), "{}: the leader {} has lost its directory",
              name(), state_.leader);
    }

    void check_reassignment() const {
        for (const NodeId node : state_.adding_replicas) {
            CHECK(state_.is_replica(node), "{}: {} is added and no replica", name(), node);
        }
        for (const NodeId node : state_.removing_replicas) {
            CHECK(state_.is_replica(node), "{}: {} is removed and no replica", name(), node);
            CHECK(std::ranges::find(state_.adding_replicas, node) == state_.adding_replicas.end(),
                  "{}: {} is added and removed", name(), node);
        }
    }

    const MetadataImage& image_;
    const TopicImage& topic_;
    PartitionId id_;
    const PartitionState& state_;
};

void check_partition_transition(const TopicImage& topic, PartitionId id,
                                const PartitionState& before, const PartitionState& after) {
    const std::int32_t changes = after.partition_epoch - before.partition_epoch;
    const std::int32_t elections = after.leader_epoch.value() - before.leader_epoch.value();
    CHECK(changes >= 0, "{}-{}: the partition epoch falls", topic.name, id);
    CHECK(changes > 0 || before == after, "{}-{} changes in its partition epoch", topic.name, id);
    CHECK(elections >= 0, "{}-{}: the leader epoch falls", topic.name, id);
    CHECK(elections <= changes, "{}-{}: leader epochs without partition epochs", topic.name, id);
    CHECK(elections > 0 || before.leader == after.leader, "{}-{}: two leaders in epoch {}",
          topic.name, id, after.leader_epoch);
}

void check_broker_transition(const BrokerImage& before, const BrokerImage& after) {
    CHECK(after.broker_epoch >= before.broker_epoch, "broker {}", after.broker_id);
    const bool same_incarnation = before.incarnation_id == after.incarnation_id;
    CHECK(same_incarnation == (before.broker_epoch == after.broker_epoch),
          "broker {}: epochs {} and {}", after.broker_id, before.broker_epoch, after.broker_epoch);
}

}  // namespace

void MetadataImage::check_invariants() const {
    CHECK(topic_ids_->size() == topics_->size());
    for (const auto& [name, id] : *topic_ids_) {
        const TopicImage* topic = find_topic(id);
        CHECK(topic != nullptr, "{} has no image", name);
        CHECK(topic->name == name);
        for (const auto& [partition, state] : topic->partitions) {
            PartitionCheck(*this, *topic, partition, state).run();
        }
    }
    std::set<Uuid> directories;
    for (const auto& [id, broker] : *brokers_) {
        for (const Uuid& directory : broker.log_dirs) {
            CHECK(directories.insert(directory).second, "broker {}: {} is another's", id,
                  directory);
        }
    }
}

void check_transition(const MetadataImage& before, const MetadataImage& after) {
    for (const auto& [id, topic] : after.topics()) {
        const TopicImage* old_topic = before.find_topic(id);
        if (old_topic == nullptr) continue;
        CHECK(old_topic->name == topic->name, "{} became {}", old_topic->name, topic->name);
        for (const auto& [partition, state] : topic->partitions) {
            const PartitionState* old_state = old_topic->find(partition);
            if (old_state == nullptr) continue;
            check_partition_transition(*topic, partition, *old_state, state);
        }
    }
    for (const auto& [id, broker] : after.brokers()) {
        const BrokerImage* old_broker = before.find_broker(id);
        if (old_broker != nullptr) check_broker_transition(*old_broker, broker);
    }
    CHECK(after.next_producer_id() >= before.next_producer_id());
}

}  // namespace gregor::metadata
