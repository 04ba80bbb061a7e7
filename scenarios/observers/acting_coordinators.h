// ActingCoordinators: which node coordinates which partition of an internal topic in which leader
// epoch. In one epoch only one may (G2, T11).
//
// WatchedNode: a node, as those see it who look at coordinators. Shard: one coordinator, for as
// long as it is the same.
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <string_view>
#include <utility>

#include "broker/server/node.h"
#include "scenarios/judge.h"

namespace gregor::scenarios {

struct WatchedNode {
    server::Node* node = nullptr;  // nullptr: it does not run
    Instant now{};                 // of its own clock
    std::uint64_t starts = 0;      // of its machine
    std::int64_t wall_ms = 0;      // of its time of day

    [[nodiscard]] std::int64_t now_ms() const {
        return std::chrono::floor<std::chrono::milliseconds>(now.time_since_epoch()).count();
    }
};

struct Shard {
    protocol::NodeId node{0};
    std::uint64_t starts = 0;
    protocol::PartitionId partition{0};
    protocol::LeaderEpoch epoch{0};

    friend auto operator<=>(const Shard&, const Shard&) = default;
};

class ActingCoordinators {
public:
    ActingCoordinators(Judge& judge, std::string_view invariant, std::string_view topic)
        : judge_(judge), invariant_(invariant), topic_(topic) {}

    /// Shows `look` each loaded coordinator of the node's, of those that are looked at together,
    /// and which it is.
    template <class Driver, class Look>
    void each(const WatchedNode& watched, const Driver& driver, Look look) {
        for (const protocol::PartitionId partition : driver.partitions()) {
            const auto* const machine = driver.find_machine(partition);
            if (machine == nullptr) continue;
            const Shard shard{.node = watched.node->config().node_id(),
                              .starts = watched.starts,
                              .partition = partition,
                              .epoch = *driver.epoch_of(partition)};
            acts(shard.node, partition, shard.epoch);
            look(shard, *machine);
        }
    }

private:
    void acts(protocol::NodeId node, protocol::PartitionId partition, protocol::LeaderEpoch epoch) {
        judge_.compared();
        const auto [first, is_first] = acting_.try_emplace(std::pair(partition, epoch), node);
        if (is_first) return;
        judge_.violated(invariant_, "n{} and n{} both coordinate {}-{} in epoch {}", first->second,
                        node, topic_, partition, epoch);
    }

    Judge& judge_;
    std::string_view invariant_;
    std::string_view topic_;
    std::map<std::pair<protocol::PartitionId, protocol::LeaderEpoch>, protocol::NodeId> acting_;
};

}  // namespace gregor::scenarios
