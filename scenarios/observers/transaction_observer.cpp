#include "scenarios/observers/transaction_observer.h"

#include <algorithm>

#include "scenarios/observers/acting_coordinators.h"

namespace gregor::scenarios {

void TransactionObserver::observe(const std::vector<Watched>& nodes) {
    ActingCoordinators acting(judge_, "T11", drivers::kTransactionStateTopic);
    for (const Watched& each : nodes) {
        if (each.node == nullptr || each.node->find_transactions() == nullptr) continue;
        acting.each(each.node->config().node_id(), each.node->find_transactions()->driver(),
                    [&](const auto& machine) { look_at(each, machine); });
    }
}

void TransactionObserver::look_at(const Watched& watched,
                                  const coordinator::TransactionCoordinator& coordinator) {
    coordinator.check_invariants();
    const protocol::NodeId node = watched.node->config().node_id();
    const std::int64_t now_ms =
        std::chrono::floor<std::chrono::milliseconds>(watched.now.time_since_epoch()).count();
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
