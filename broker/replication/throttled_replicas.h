// ThrottledReplicas: which replicas of a topic are throttled (KIP-73), as the topic's settings
// leader.replication.throttled.replicas and follower.replication.throttled.replicas say: "*" for
// all, or "0:1,0:2,1:3", partition and broker of each.
#pragma once

#include <cstdint>
#include <string_view>

#include "broker/protocol/ids.h"

namespace gregor::replication {

/// Parts of the list that are not partition:broker name nobody.
[[nodiscard]] bool is_throttled_replica(std::string_view list, std::int32_t partition,
                                        protocol::NodeId broker);

}  // namespace gregor::replication
