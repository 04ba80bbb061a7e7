#include "scenarios/observers/group_observer.h"

#include <map>
#include <utility>

namespace gregor::scenarios {

using protocol::LeaderEpoch;
using protocol::NodeId;
using protocol::PartitionId;

void GroupObserver::observe(const std::vector<server::Node*>& nodes) {
    std::map<std::pair<PartitionId, LeaderEpoch>, NodeId> coordinators;
    for (server::Node* node : nodes) {
        if (node == nullptr || node->find_groups() == nullptr) continue;
        const NodeId id = node->config().node_id();
        const auto& driver = node->find_groups()->driver();
        for (const PartitionId partition : driver.partitions()) {
            const auto* const machine = driver.find_machine(partition);
            if (machine == nullptr) continue;
            const LeaderEpoch epoch = *driver.epoch_of(partition);
            judge_.compared();
            const auto [first, is_first] =
                coordinators.try_emplace(std::pair(partition, epoch), id);
            if (!is_first) {
                judge_.violated("G2",
                                "n{} and n{} both coordinate __consumer_offsets-{} in epoch {}",
                                first->second, id, partition, epoch);
            }
            look_at(id, *machine);
        }
    }
}

void GroupObserver::look_at(NodeId node, const coordinator::GroupCoordinator& coordinator) {
    for (const auto& [name, group] : coordinator.groups()) {
        for (const auto& [id, member] : group.members()) {
            if (!member.is_static()) continue;
            judge_.compared();
            const std::string* const current = group.find_static(*member.group_instance_id);
            if (current != nullptr && *current == id) continue;
            judge_.violated("G5", "n{}: {} counts {} as a member, whose instance id {} is {}", node,
                            name, id, *member.group_instance_id,
                            current == nullptr ? "nobody's" : *current + "'s");
        }
    }
    for (const auto& [name, group] : coordinator.image().consumer_groups()) {
        coordinator::TopicPartitions taken;
        for (const auto& [id, member] : group.members()) {
            for (const auto* const part : {&member.assigned, &member.pending_revocation}) {
                judge_.compared();
                if (!coordinator::intersection(taken, *part).empty()) {
                    judge_.violated("G4", "n{}: {} counts to {} what it counts to another, too",
                                    node, name, id);
                }
                coordinator::add(taken, *part);
            }
        }
    }
}

}  // namespace gregor::scenarios
