#include "broker/coordinator/transactions/marker_ledger.h"

#include "sim/base/planted.h"

namespace gregor::coordinator {

void MarkerLedger::decided(const std::string& transactional_id,
                           const TransactionMetadata& metadata) {
    open_.insert_or_assign(
        transactional_id,
        Open{.marker = {.transactional_id = transactional_id,
                        .producer = metadata.producer,
                        .commit = metadata.state == TransactionState::prepare_commit,
                        .client_version = metadata.client_version,
                        .partitions = metadata.partitions}});
}

std::vector<TransactionMarker> MarkerLedger::hand_out(std::int32_t coordinator_epoch,
                                                      std::size_t at_most) {
    std::vector<TransactionMarker> markers;
    for (auto& [id, open] : open_) {
        if (open.is_handed_out) continue;
        if (markers.size() == at_most) break;
        open.is_handed_out = true;
        markers.push_back(open.marker);
        markers.back().coordinator_epoch = coordinator_epoch;
    }
    return markers;
}

void MarkerLedger::take_back() {
    for (auto& [id, open] : open_) open.is_handed_out = false;
}

bool MarkerLedger::written(std::int32_t coordinator_epoch, const TransactionMarker& marker) {
    const auto it = open_.find(marker.transactional_id);
    if (it == open_.end()) return false;
    TransactionMarker& left = it->second.marker;
    if (left.producer != marker.producer || left.commit != marker.commit ||
        marker.coordinator_epoch != coordinator_epoch) {
        return false;
    }
    for (const TransactionPartition& partition : marker.partitions) {
        left.partitions.erase(partition);
    }
    return left.partitions.empty() || PLANTED(complete_with_first_marker);
}

}  // namespace gregor::coordinator
