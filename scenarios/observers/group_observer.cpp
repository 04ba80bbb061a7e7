#include "scenarios/observers/group_observer.h"

#include "broker/coordinator/consumer/classic_protocol.h"

namespace gregor::scenarios {
namespace {

/// What a classic member had when it joined last, and may have until it joins again (KIP-429).
coordinator::TopicPartitions said_to_own(const coordinator::ConsumerMember& member,
                                         const metadata::MetadataImage& image) {
    if (!member.is_classic()) return {};
    const auto& protocols = member.subscription.classic_member_metadata->supported_protocols;
    if (protocols.empty()) return {};
    const auto said = coordinator::read_subscription(protocols.front().metadata);
    return said ? coordinator::owned_partitions(*said, image) : coordinator::TopicPartitions();
}

}  // namespace

void GroupObserver::observe(const std::vector<WatchedNode>& nodes) {
    ActingCoordinators acting(judge_, "G2", drivers::kConsumerOffsetsTopic);
    timers_.begin();
    assignments_.begin();
    for (const WatchedNode& each : nodes) {
        if (each.node == nullptr || each.node->find_groups() == nullptr) continue;
        const auto& image = *each.node->metadata().image();
        acting.each(each, each.node->find_groups()->driver(),
                    [&](const Shard& shard, const auto& machine) {
                        look_at(shard.node, machine, image);
                        timers_.look_at(shard, each.now_ms(), machine, image);
                        assignments_.look_at(shard, machine);
                    });
    }
}

void GroupObserver::look_at(protocol::NodeId node, const coordinator::GroupCoordinator& coordinator,
                            const metadata::MetadataImage& image) {
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
            judge_.compared();
            const auto owned = said_to_own(member, image);
            if (coordinator::intersection(owned, group.held_by_others(id)).empty()) continue;
            judge_.violated("G4", "n{}: {} has given away what {} has yet to give up", node, name,
                            id);
        }
    }
}

}  // namespace gregor::scenarios
