// Where the replicas of a topic's partitions go, as Kafka's tools propose it: leaders in turn over
// the brokers, followers behind them with a shift that grows at each turn, so that the partitions
// of one leader have different followers. With racks no two replicas share one while there are
// others (KIP-36). Pure.
//
//     brokers 1 2 3, two replicas      p0 1,2   p1 2,3   p2 3,1   p3 1,3   p4 2,1   p5 3,2
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "clients/admin/reassignment.h"
#include "sim/base/random.h"

namespace gregor::admin {

struct PlacementBroker {
    NodeId id;
    std::string rack;  // empty: none; those without one share nothing
};

/// Of `partitions` partitions, each with `replication_factor` replicas; at most as many as there
/// are brokers. `random` says where to begin.
[[nodiscard]] std::vector<Replicas> place_replicas(std::vector<PlacementBroker> brokers,
                                                   std::size_t partitions,
                                                   std::size_t replication_factor, Random& random);

}  // namespace gregor::admin
