// ActingCoordinators: which node coordinates which partition of an internal topic in which leader
// epoch. In one epoch only one may (G2, T11).
#pragma once

#include <map>
#include <string_view>
#include <utility>

#include "broker/protocol/ids.h"
#include "scenarios/judge.h"

namespace gregor::scenarios {

class ActingCoordinators {
public:
    ActingCoordinators(Judge& judge, std::string_view invariant, std::string_view topic)
        : judge_(judge), invariant_(invariant), topic_(topic) {}

    /// Shows `look` each loaded coordinator of the node's, of those that are looked at together.
    template <class Driver, class Look>
    void each(protocol::NodeId node, const Driver& driver, Look look) {
        for (const protocol::PartitionId partition : driver.partitions()) {
            const auto* const machine = driver.find_machine(partition);
            if (machine == nullptr) continue;
            acts(node, partition, *driver.epoch_of(partition));
            look(*machine);
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
