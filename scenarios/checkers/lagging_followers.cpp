#include "scenarios/checkers/lagging_followers.h"

namespace gregor::scenarios {

std::optional<NodeId> LaggingFollowers::look(NodeId leader, const ReplicaView& replica, Instant now,
                                             Duration bound) {
    const bool is_same =
        leader_epoch_ == replica.leader_epoch && partition_epoch_ == replica.partition_epoch;
    if (!is_same || replica.is_isr_pending || replica.is_unable) members_.clear();
    leader_epoch_ = replica.leader_epoch;
    partition_epoch_ = replica.partition_epoch;
    const Offset end = replica.marks.log_end_offset;
    for (const NodeId id : replica.isr) {
        if (id == leader) continue;
        const auto [member, is_new] = members_.try_emplace(id, Member{end, now});
        if (is_new) continue;
        const auto fetched = replica.fetched.find(id);
        if (fetched != replica.fetched.end() && fetched->second >= member->second.target) {
            member->second = {end, now};
        } else if (now - member->second.since > bound) {
            return id;
        }
    }
    return std::nullopt;
}

}  // namespace gregor::scenarios
