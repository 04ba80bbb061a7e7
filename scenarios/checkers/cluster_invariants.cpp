#include "scenarios/checkers/cluster_invariants.h"

namespace gregor::scenarios {

ClusterInvariants::ClusterInvariants(Judge& judge, Options options)
    : judge_(judge), options_(options), images_(judge, options.images), quorum_(judge) {}

void ClusterInvariants::check(const ClusterView& view) {
    quorum_.check(view.quorum, view.now);  // first: it is the cause of what images show
    images_.check(view.images);
    for (const auto& [key, partition] : view.partitions) {
        partitions_.try_emplace(key, judge_, partition.name)
            .first->second.check(partition, context_of(key, view.now));
    }
}

template <class Action>
void ClusterInvariants::for_partitions_of(NodeId node, const Action& action) {
    for (auto& [key, partition] : partitions_) {
        const metadata::PartitionState* state =
            images_.newest().find_partition(key.topic_id, key.partition);
        if (state != nullptr && state->is_replica(node)) action(partition);
    }
}

std::optional<Offset> ClusterInvariants::committed_end(const PartitionKey& key) const {
    const auto known = partitions_.find(key);
    return known == partitions_.end() ? std::nullopt : known->second.committed_end();
}

void ClusterInvariants::lost_data(NodeId node) {
    for_partitions_of(node, [&](PartitionInvariants& partition) { partition.lost_data(node); });
}

void ClusterInvariants::restarted(NodeId node) {
    for_partitions_of(node, [&](PartitionInvariants& partition) { partition.restarted(node); });
}

/// Those topics that are compacted keep what they hold (C9).
std::optional<Retention> ClusterInvariants::retention_of(const metadata::MetadataImage& image,
                                                         const PartitionKey& key) const {
    const metadata::TopicImage* topic = image.find_topic(key.topic_id);
    const bool is_compacted = topic != nullptr && topic->name.starts_with("__");
    return is_compacted ? Retention() : options_.retention;
}

PartitionContext ClusterInvariants::context_of(const PartitionKey& key, Instant now) const {
    const metadata::MetadataImage& image = images_.newest();
    return {.state = image.find_partition(key.topic_id, key.partition),
            .is_elr_enabled = image.is_elr_enabled(),
            .unclean_elections = options_.unclean_elections,
            .retention = retention_of(image, key),
            .lag_bound = options_.lag_bound,
            .now = now,
            .do_producers_expire = options_.do_producers_expire};
}

}  // namespace gregor::scenarios
