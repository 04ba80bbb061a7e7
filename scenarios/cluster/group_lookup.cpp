#include "scenarios/cluster/group_lookup.h"

#include <algorithm>

#include "broker/server/node.h"

namespace gregor::scenarios::cluster {

namespace {

/// A static member that is away until it comes back (KIP-848) has given up what it had.
bool counts_as_member(const coordinator::GroupCoordinator& coordinator, const std::string& group,
                      const std::string& member_id) {
    if (const auto* of_consumers = coordinator.image().find_consumer_group(group)) {
        const auto* const member = of_consumers->find_member(member_id);
        return member != nullptr && member->member_epoch != coordinator::kLeaveStaticEpoch;
    }
    const auto classic = coordinator.groups().find(group);
    return classic != coordinator.groups().end() && classic->second.members().contains(member_id);
}

}  // namespace

std::optional<GroupLookup::Place> GroupLookup::place_of(const std::string& group) {
    nodes_.look_at_images();
    if (nodes_.image() == nullptr) return std::nullopt;
    const auto partition = drivers::GroupCoordinators::partition_of(*nodes_.image(), group);
    if (!partition) return std::nullopt;
    const metadata::PartitionState* state =
        nodes_.partition(std::string(drivers::kConsumerOffsetsTopic), partition->value());
    return Place{*partition, state->leader_epoch};
}

/// Whether it holds of any running node's coordinators of groups.
template <class Holds>
bool GroupLookup::any_coordinators(Holds holds) const {
    return std::ranges::any_of(nodes_.all, [&](const ClusterNode& each) {
        server::Node* node = each.running();
        return node != nullptr && node->find_groups() != nullptr &&
               holds(node->find_groups()->driver());
    });
}

bool GroupLookup::has_replaced_coordinator(const std::string& group) {
    const auto place = place_of(group);
    return place && any_coordinators([&](const auto& driver) {
               const auto epoch = driver.epoch_of(place->partition);
               return epoch && *epoch < place->epoch;
           });
}

bool GroupLookup::counts_member(const std::string& group, const std::string& member_id) {
    const auto place = place_of(group);
    return place && any_coordinators([&](const auto& driver) {
               if (driver.epoch_of(place->partition) != place->epoch) return false;
               const auto* const machine = driver.find_machine(place->partition);
               return machine != nullptr && counts_as_member(*machine, group, member_id);
           });
}

}  // namespace gregor::scenarios::cluster
