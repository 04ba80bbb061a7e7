#include "broker/server/metrics/partition_look.h"

#include <algorithm>

namespace gregor::server {

std::optional<LeaderLook> look_at_leader(const replication::HostedPartition& hosted) {
    const replication::LeaderRole* leader = hosted.state.leader();
    if (leader == nullptr) return std::nullopt;
    const auto min_insync = static_cast<std::size_t>(hosted.state.settings().min_insync_replicas);
    return LeaderLook{.replicas = leader->replicas.size(),
                      .isr = leader->isr.committed().size(),
                      .min_isr = std::min(min_insync, leader->replicas.size())};
}

}  // namespace gregor::server
