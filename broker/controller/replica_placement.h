// Which brokers get the replicas of new partitions: striped over racks and brokers, so that
// replicas of one partition lie in different racks where there are enough, and leaders are spread
// evenly.
//
//     one rack, 1 2 3 4:            rf 2:   p0: 1 2    p1: 2 3    p2: 3 4    p3: 4 1
//     racks a: 1 4   b: 2   c: 3    rf 2:   p0: 1 2    p1: 2 3    p2: 3 4    p3: 1 2 …
//
// The first replica, the preferred leader, is an active broker; of a rack, fenced brokers come
// last. Once there are as many stripes as active brokers, the circles are shuffled anew.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "broker/protocol/ids.h"
#include "sim/base/random.h"
#include "sim/base/result.h"

namespace gregor::controller {

/// In the order of preference: the first is the preferred leader.
using Replicas = std::vector<protocol::NodeId>;

struct UsableBroker {
    protocol::NodeId id;
    std::optional<std::string> rack;
    bool fenced = false;  // or shutting down
};

struct PlacementSpec {
    std::int32_t partitions = 0;
    std::int16_t replication_factor = 0;
};

/// The replicas of each new partition, preferred leader first. `random` decides where the stripes
/// begin. The error is the text for INVALID_REPLICATION_FACTOR.
[[nodiscard]] Result<std::vector<Replicas>, std::string> place_replicas(
    const PlacementSpec& spec, const std::vector<UsableBroker>& brokers, Random& random);

}  // namespace gregor::controller
