#include "broker/controller/partition_leadership.h"

#include <algorithm>
#include <functional>
#include <optional>

#include "broker/controller/partition_change.h"

namespace gregor::controller {
namespace {

using metadata::MetadataImage;
using metadata::PartitionState;
using protocol::NodeId;

/// Nothing: the partition is not concerned.
using Want = std::function<std::optional<PartitionChange>(const PartitionState&)>;

void change_topic(Draft& draft, const MetadataImage& base, const ControllerConfig& config,
                  const metadata::TopicImage& topic, const Want& want) {
    std::optional<ElectionRules> rules;
    for (const auto& [partition, state] : topic.partitions) {
        const std::optional<PartitionChange> wanted = want(state);
        if (!wanted) continue;
        if (!rules) rules = election_rules(base, config, topic.name);
        auto record = change_partition(base, *rules, topic, partition, *wanted);
        if (record) draft.add(*std::move(record));
    }
}

/// Partitions do not depend on each other, so each is decided on the state before the walk.
void change_partitions(Draft& draft, const ControllerConfig& config, const Want& want) {
    const MetadataImage base = draft.image();
    for (const auto& [id, topic] : base.topics()) change_topic(draft, base, config, *topic, want);
}

Replicas isr_without(const PartitionState& state, NodeId broker) {
    return without(state.isr, {broker});
}

}  // namespace

void take_from_partitions(Draft& draft, const ControllerConfig& config, NodeId broker) {
    change_partitions(
        draft, config, [&](const PartitionState& state) -> std::optional<PartitionChange> {
            if (!state.is_in_isr(broker)) return std::nullopt;
            return PartitionChange{.isr = isr_without(state, broker), .leaving = broker};
        });
}

void return_to_partitions(Draft& draft, const ControllerConfig& config, NodeId broker) {
    change_partitions(draft, config,
                      [&](const PartitionState& state) -> std::optional<PartitionChange> {
                          if (state.has_leader() || !state.is_replica(broker)) return std::nullopt;
                          return PartitionChange{};
                      });
}

void take_after_unclean_shutdown(Draft& draft, const ControllerConfig& config, NodeId broker) {
    change_partitions(
        draft, config, [&](const PartitionState& state) -> std::optional<PartitionChange> {
            if (!state.is_in_isr(broker) && !state.is_in_elr(broker)) return std::nullopt;
            return PartitionChange{.isr = isr_without(state, broker), .unclean_shutdown = broker};
        });
}

void take_from_directories(Draft& draft, const ControllerConfig& config, NodeId broker,
                           const std::vector<protocol::Uuid>& failed) {
    change_partitions(
        draft, config, [&](const PartitionState& state) -> std::optional<PartitionChange> {
            if (!state.is_in_isr(broker)) return std::nullopt;
            const auto it = std::ranges::find(failed, state.directory_of(broker));
            if (it == failed.end()) return std::nullopt;
            return PartitionChange{.isr = isr_without(state, broker), .leaving = broker};
        });
}

void review_partitions(Draft& draft, const ControllerConfig& config, std::string_view topic) {
    const MetadataImage base = draft.image();
    for (const auto& [id, present] : base.topics()) {
        if (!topic.empty() && present->name != topic) continue;
        change_topic(draft, base, config, *present,
                     [](const PartitionState&) { return PartitionChange{}; });
    }
}

bool leads_any_partition(const MetadataImage& image, NodeId broker) {
    return std::ranges::any_of(image.topics(), [&](const auto& topic) {
        return std::ranges::any_of(topic.second->partitions, [&](const auto& partition) {
            return partition.second.leader == broker;
        });
    });
}

}  // namespace gregor::controller
