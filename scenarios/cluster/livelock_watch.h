// LivelockWatch: V8, a cluster whose faults are over comes to rest.
//
// Being stuck is told by bounds of time (V1 to V4). Who elects, or truncates, again and again may
// look well at each moment that somebody looks, and gets nowhere:
//
//     faults | healed: a controller is elected, partitions change their leaders, replicas truncate
//            | what their new leaders do not have | nothing of that any more
//
// Counted is what happens after the heal; each count has a bound far above what it takes.
#pragma once

#include <cstdint>
#include <map>
#include <utility>

#include "scenarios/cluster/nodes.h"
#include "scenarios/judge.h"
#include "sim/simulated/world.h"

namespace gregor::scenarios::cluster {

class LivelockWatch {
public:
    struct Counts {
        std::uint64_t controller_elections = 0;
        /// Of the partition that had most.
        std::uint64_t partition_elections = 0;
        std::uint64_t truncations = 0;
    };

    LivelockWatch(simulated::World& world, Judge& judge, Nodes& nodes);

    /// The faults are over.
    void begin();
    /// Some node has published an image.
    void image_published();
    /// When all has come to rest, or should have.
    void judge();

    [[nodiscard]] const Counts& counts() const { return counts_; }

private:
    using PartitionKey = std::pair<protocol::TopicId, protocol::PartitionId>;

    void hold_against(std::string_view what, std::uint64_t count, std::uint64_t bound);

    Judge& judge_;
    Nodes& nodes_;
    bool has_begun_ = false;
    std::map<PartitionKey, protocol::LeaderEpoch> first_epochs_;
    std::uint64_t replicas_ = 0;
    Counts counts_;
};

}  // namespace gregor::scenarios::cluster
