#include "broker/controller/partition_leadership.h"

#include <algorithm>
#include <optional>

namespace gregor::controller {
namespace {

using metadata::MetadataImage;
using metadata::PartitionState;
using metadata::versioned;
using protocol::NodeId;
using protocol::PartitionChangeRecord;

/// The first replica, in the order of preference, that is in `isr` and active; `but_not` is on its
/// way out.
NodeId elect(const MetadataImage& image, const PartitionState& state,
             const std::vector<NodeId>& isr, NodeId but_not) {
    for (const NodeId node : state.replicas) {
        const bool in_isr = std::ranges::find(isr, node) != isr.end();
        if (in_isr && node != but_not && image.is_active(node)) return node;
    }
    return protocol::kNoNode;
}

std::optional<PartitionChangeRecord> change_without(const MetadataImage& image,
                                                    const PartitionState& state, NodeId broker) {
    if (!state.is_in_isr(broker) && state.leader != broker) return std::nullopt;
    PartitionChangeRecord change;
    std::vector<NodeId> isr = state.isr;
    std::erase(isr, broker);
    if (isr.empty()) {
        isr = state.isr;  // it holds what was committed: it stays, and leads when it returns
    } else if (isr != state.isr) {
        change.isr = isr;
    }
    if (state.leader == broker) change.leader = elect(image, state, isr, broker);
    if (!change.isr && state.leader != broker) return std::nullopt;
    return change;
}

std::optional<PartitionChangeRecord> change_with(const PartitionState& state, NodeId broker) {
    if (state.has_leader()) return std::nullopt;
    const bool in_elr = std::ranges::find(state.elr, broker) != state.elr.end();
    if (!state.is_in_isr(broker) && !in_elr) return std::nullopt;
    PartitionChangeRecord change{.leader = broker};
    if (!state.is_in_isr(broker)) {
        change.isr = std::vector<NodeId>{broker};
        std::vector<NodeId> elr = state.elr;
        std::erase(elr, broker);
        change.eligible_leader_replicas = std::move(elr);
    }
    return change;
}

template <class MakeChange>
std::vector<metadata::VersionedRecord> changes(const MetadataImage& image, MakeChange make_change) {
    std::vector<metadata::VersionedRecord> records;
    for (const auto& [id, topic] : image.topics()) {
        for (const auto& [partition, state] : topic->partitions) {
            std::optional<PartitionChangeRecord> change = make_change(state);
            if (!change) continue;
            change->topic_id = id;
            change->partition_id = partition;
            records.push_back(versioned(*std::move(change), image.metadata_version()));
        }
    }
    return records;
}

}  // namespace

std::vector<metadata::VersionedRecord> partition_changes_without(const MetadataImage& image,
                                                                 NodeId broker) {
    return changes(
        image, [&](const PartitionState& state) { return change_without(image, state, broker); });
}

std::vector<metadata::VersionedRecord> partition_changes_with(const MetadataImage& image,
                                                              NodeId broker) {
    return changes(image, [&](const PartitionState& state) { return change_with(state, broker); });
}

bool leads_any_partition(const MetadataImage& image, NodeId broker) {
    return std::ranges::any_of(image.topics(), [&](const auto& topic) {
        return std::ranges::any_of(topic.second->partitions, [&](const auto& partition) {
            return partition.second.leader == broker;
        });
    });
}

}  // namespace gregor::controller
