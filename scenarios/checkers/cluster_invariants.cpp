#include "scenarios/checkers/cluster_invariants.h"

namespace gregor::scenarios {

ClusterInvariants::ClusterInvariants(Judge& judge, Options options)
    : judge_(judge), options_(options), images_(judge, options.images), quorum_(judge) {}

void ClusterInvariants::check(const ClusterView& view) {
    quorum_.check(view.quorum, view.now);  // first: it is the cause of what images show
    images_.check(view.images);
    for (const auto& [key, partition] : view.partitions) {
        partitions_.try_emplace(key, judge_, partition.name)
            .first->second.check(partition, context_of(key));
    }
}

template <class Action>
void ClusterInvariants::for_partitions_of(NodeId node, const Action& action) {
    for (auto& [key, partition] : partitions_) {
        const metadata::PartitionState* state = context_of(key).state;
        if (state != nullptr && state->is_replica(node)) action(partition);
    }
}

void ClusterInvariants::lost_data(NodeId node) {
    for_partitions_of(node, [&](PartitionInvariants& partition) { partition.lost_data(node); });
}

void ClusterInvariants::restarted(NodeId node) {
    for_partitions_of(node, [&](PartitionInvariants& partition) { partition.restarted(node); });
}

PartitionContext ClusterInvariants::context_of(const PartitionKey& key) const {
    const metadata::MetadataImage& image = images_.newest();
    return {.state = image.find_partition(key.topic_id, key.partition),
            .is_elr_enabled = image.is_elr_enabled(),
            .unclean_elections = options_.unclean_elections};
}

}  // namespace gregor::scenarios
