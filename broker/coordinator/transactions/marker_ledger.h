// MarkerLedger: of transactions that are decided, the partitions whose marker is not written yet,
// and what of that was handed out to be written. It begins as the decisions say and is not
// replicated: a new coordinator writes all markers of its unfinished transactions again, which
// changes nothing where they are.
//
//     here ── hand_out ──> answered ── arrived ──> taken
//       ^──── take_back ─────┘
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "broker/coordinator/transactions/transaction_requests.h"

namespace gregor::coordinator {

class MarkerLedger {
public:
    void decided(const std::string& transactional_id, const TransactionMetadata& metadata);
    void finished(const std::string& transactional_id) { open_.erase(transactional_id); }

    /// Markers that were not handed out yet, at most so many.
    [[nodiscard]] std::vector<TransactionMarker> hand_out(std::int32_t coordinator_epoch,
                                                          std::size_t at_most);
    /// What was handed out last has arrived; or it is lost.
    void arrived();
    void take_back();
    /// True: of this decision no partition is left. False too for a marker of another decision or
    /// of another coordinator than this one.
    [[nodiscard]] bool written(std::int32_t coordinator_epoch, const TransactionMarker& marker);

    [[nodiscard]] std::size_t size() const { return open_.size(); }

private:
    enum class Place : std::uint8_t { here, answered, taken };
    struct Open {
        TransactionMarker marker;  // of the partitions that are left
        Place place = Place::here;
    };

    void move_answered(Place to);

    std::map<std::string, Open> open_;  // by transactional id
    std::uint64_t decisions_ = 0;
};

}  // namespace gregor::coordinator
