#include "scenarios/cluster/reassignment_watch.h"

#include <algorithm>

namespace gregor::scenarios::cluster {
namespace {

using metadata::PartitionState;
using protocol::NodeId;

std::vector<NodeId> without(std::vector<NodeId> nodes, const std::vector<NodeId>& others) {
    std::erase_if(nodes,
                  [&](NodeId node) { return std::ranges::find(others, node) != others.end(); });
    return nodes;
}

}  // namespace

void ReassignmentWatch::image_published() {
    nodes_.look_at_images();
    if (nodes_.image_offset() == seen_) return;
    seen_ = nodes_.image_offset();
    for (std::size_t place = 0; place < workload_.partitions.size(); ++place) {
        const clients::PartitionUnderTest& partition = workload_.partitions[place];
        const PartitionState* state = nodes_.partition(partition.topic, partition.index);
        if (state == nullptr) continue;
        const auto [last, is_first] = last_.try_emplace(place, *state);
        if (!is_first && last->second.partition_epoch != state->partition_epoch) {
            compare(partition.history->name(), last->second, *state);
            last->second = *state;
        }
    }
}

void ReassignmentWatch::compare(const std::string& name, const PartitionState& before,
                                const PartitionState& after) {
    if (after.is_reassigning()) return;
    const std::vector<NodeId> original = without(before.replicas, before.adding_replicas);
    const bool is_where_it_was =
        without(after.replicas, original).empty() && without(original, after.replicas).empty();
    if (is_where_it_was) {
        if (before.is_reassigning()) ++cancelled_;
        return;
    }
    if (before.is_reassigning()) ++completed_;
    // Of several changes at once the last may have shrunk the in-sync set again.
    if (after.partition_epoch != before.partition_epoch + 1) return;
    workload_.judge.compared();
    const std::vector<NodeId> missing = without(after.replicas, after.isr);
    if (missing.empty()) return;
    workload_.judge.violated("R9", "{}: reassigned to {} while {} is not in sync", name,
                             fmt::join(after.replicas, ","), fmt::join(missing, ","));
}

}  // namespace gregor::scenarios::cluster
