#include "scenarios/observers/transaction_observer.h"

#include <algorithm>

namespace gregor::scenarios {

void TransactionObserver::observe(const std::vector<WatchedNode>& nodes, const ClusterView& view) {
    ends_.begin(view);
    ActingCoordinators acting(judge_, "T11", drivers::kTransactionStateTopic);
    for (const WatchedNode& each : nodes) {
        if (each.node == nullptr || each.node->find_transactions() == nullptr) continue;
        acting.each(each, each.node->find_transactions()->driver(),
                    [&](const Shard& shard, const auto& machine) {
                        look_at(each, machine);
                        ends_.look_at(shard, each.wall_ms, machine);
                    });
    }
}

void TransactionObserver::look_at(const WatchedNode& watched,
                                  const coordinator::TransactionCoordinator& coordinator) {
    coordinator.check_invariants();
    const protocol::NodeId node = watched.node->config().node_id();
    const std::int64_t now_ms = watched.now_ms();
    for (const auto& [id, metadata] : coordinator.transactions()) {
        if (metadata.state != coordinator::TransactionState::ongoing) continue;
        judge_.compared();
        const auto deadline_ms = coordinator.deadline_ms(id);
        if (!deadline_ms) {
            judge_.violated("T4", "n{} does not watch how long the open transaction of {} takes",
                            node, id);
        } else if (*deadline_ms > now_ms + std::max(metadata.timeout_ms, 0)) {
            judge_.violated("T4", "n{} leaves the open transaction of {} {} ms, its timeout is {}",
                            node, id, *deadline_ms - now_ms, metadata.timeout_ms);
        }
    }
}

}  // namespace gregor::scenarios
