#include "scenarios/checkers/follower_reach.h"

#include <algorithm>

namespace gregor::scenarios {

void FollowerReach::look(const std::map<NodeId, ReplicaView>& replicas) {
    for (auto& [node, known] : replicas_) {
        const auto now = replicas.find(node);
        const bool is_gone = now == replicas.end() || now->second.start != known.start ||
                             now->second.role == SeenRole::offline;
        if (is_gone) forget(known);
    }
    for (const auto& [node, replica] : replicas) {
        if (replica.role != SeenRole::leader && replica.role != SeenRole::follower) continue;
        Replica& known = replicas_[node];
        known.start = replica.start;
        const Offset end = std::max(replica.marks.log_end_offset, replica.next_offset);
        // As it takes up an epoch, its log ends where it did in the one before.
        if (!known.ends.empty())
            known.ends.rbegin()->second = std::max(known.ends.rbegin()->second, end);
        Offset& furthest = known.ends.try_emplace(replica.leader_epoch, end).first->second;
        furthest = std::max(furthest, end);
    }
}

std::optional<Offset> FollowerReach::in(NodeId node, LeaderEpoch epoch) const {
    const auto known = replicas_.find(node);
    if (known == replicas_.end() || epoch <= known->second.earlier) return std::nullopt;
    const auto end = known->second.ends.find(epoch);
    return end == known->second.ends.end() ? protocol::kNoOffset : end->second;
}

void FollowerReach::forget(Replica& replica) {
    if (replica.ends.empty()) return;
    replica.earlier = std::max(replica.earlier, replica.ends.rbegin()->first);
    replica.ends.clear();
}

}  // namespace gregor::scenarios
