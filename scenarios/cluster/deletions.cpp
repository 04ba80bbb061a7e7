#include "scenarios/cluster/deletions.h"

namespace gregor::scenarios::cluster {

void check_low_watermark(Nodes& nodes, Judge& judge, const clients::PartitionUnderTest& partition,
                         std::int64_t low_watermark) {
    nodes.look_at_images();
    const metadata::PartitionState* state = nodes.partition(partition.topic, partition.index);
    if (state == nullptr) return;
    for (const protocol::NodeId id : state->isr) {
        server::Node* const node = nodes.node(id).serving();
        if (node == nullptr || !nodes.image()->is_active(id)) continue;
        const auto hosted = node->replicas().find({partition.topic, partition.index});
        if (hosted == nullptr || hosted->log == nullptr) continue;
        // One that has just come back learns of it with its first answer.
        const replication::FollowerRole* follower = hosted->state.follower();
        const bool is_following = follower != nullptr && follower->is_consistent &&
                                  hosted->state.leader_epoch() == state->leader_epoch;
        if (!is_following && !hosted->state.is_leader()) continue;
        judge.compared();
        if (hosted->log->log_start_offset().value() >= low_watermark) continue;
        judge.violated(
            "L6", "{}-{}: the low watermark was said to be {}, and n{} has the log start {}",
            partition.topic, partition.index, low_watermark, id, hosted->log->log_start_offset());
    }
}

void note_log_starts(Nodes& nodes, clients::Workload& workload) {
    for (clients::PartitionUnderTest& partition : workload.partitions) {
        for (const ClusterNode& each : nodes.all) {
            server::Node* const node = each.running();
            if (node == nullptr || node->find_replicas() == nullptr) continue;
            const auto hosted = node->find_replicas()->find({partition.topic, partition.index});
            if (hosted == nullptr || hosted->log == nullptr) continue;
            const std::int64_t start = hosted->log->log_start_offset().value();
            if (start == 0 || partition.history->is_deletable(start - 1)) continue;
            partition.history->deletion_asked(start);
            ++partition.deletions_asked;
        }
    }
}

}  // namespace gregor::scenarios::cluster
