#include "scenarios/observers/group_observer.h"

#include "scenarios/observers/acting_coordinators.h"

namespace gregor::scenarios {

void GroupObserver::observe(const std::vector<server::Node*>& nodes) {
    ActingCoordinators acting(judge_, "G2", drivers::kConsumerOffsetsTopic);
    for (server::Node* node : nodes) {
        if (node == nullptr || node->find_groups() == nullptr) continue;
        const protocol::NodeId id = node->config().node_id();
        acting.each(id, node->find_groups()->driver(),
                    [&](const auto& machine) { look_at(id, machine); });
    }
}

void GroupObserver::look_at(protocol::NodeId node,
                            const coordinator::GroupCoordinator& coordinator) {
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
