#include "scenarios/cluster/orderly_stops.h"

#include <algorithm>

namespace gregor::scenarios::cluster {

OrderlyStops::OrderlyStops(const simulated::Plan& plan, Judge& judge, Nodes& nodes)
    : judge_(judge),
      nodes_(nodes),
      is_judged_(plan.operations.empty() &&
                 std::ranges::all_of(plan.faults, [](const simulated::Fault& fault) {
                     return fault.kind == simulated::FaultKind::clean_restart;
                 })) {}

void OrderlyStops::look() {
    if (!is_judged_ || nodes_.image() == nullptr) return;
    for (const ClusterNode& each : nodes_.all) {
        int& looks = looks_away_[each.id];
        looks = each.is_broker && !each.machine->alive() ? looks + 1 : 0;
        if (looks == 2) look_at(each);
    }
}

void OrderlyStops::look_at(const ClusterNode& node) {
    for (const auto& [id, topic] : nodes_.image()->topics()) {
        for (const auto& [index, state] : topic->partitions) {
            judge_.compared();
            if (state.leader.value() != node.id || state.isr.size() < 2) continue;
            judge_.violated("V1", "{}-{}: n{} has stopped in order and leads it, with the isr {}",
                            topic->name, index, node.id, state.isr.size());
        }
    }
}

}  // namespace gregor::scenarios::cluster
