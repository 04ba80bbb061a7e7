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
                        .decision = ++decisions_,
                        .client_version = metadata.client_version,
                        .partitions = metadata.partitions}});
}

std::vector<TransactionMarker> MarkerLedger::hand_out(std::int32_t coordinator_epoch,
                                                      std::size_t at_most) {
    std::vector<TransactionMarker> markers;
    for (auto& [id, open] : open_) {
        if (open.place != Place::here) continue;
        if (markers.size() == at_most) break;
        open.place = Place::answered;
        markers.push_back(open.marker);
        markers.back().coordinator_epoch = coordinator_epoch;
    }
    return markers;
}

void MarkerLedger::arrived() { move_answered(Place::taken); }
void MarkerLedger::take_back() { move_answered(Place::here); }

void MarkerLedger::move_answered(Place to) {
    for (auto& [id, open] : open_) {
        if (open.place == Place::answered) open.place = to;
    }
}

bool MarkerLedger::written(std::int32_t coordinator_epoch, const TransactionMarker& marker) {
    const auto it = open_.find(marker.transactional_id);
    if (it == open_.end()) return false;
    TransactionMarker& left = it->second.marker;
    if (marker.coordinator_epoch != coordinator_epoch || marker.decision != left.decision) {
        return false;
    }
    for (const TransactionPartition& partition : marker.partitions) {
        left.partitions.erase(partition);
    }
    return left.partitions.empty() || PLANTED(complete_with_first_marker);
}

}  // namespace gregor::coordinator
