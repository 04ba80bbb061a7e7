#include "broker/log/verification_state.h"

#include <algorithm>

#include "sim/base/probe.h"

namespace gregor::log {

VerificationGuard VerificationState::begin(const BatchHeader& header, std::int64_t now_ms) {
    const ProducerEpoch epoch(header.producer_epoch);
    const auto [it, is_new] = entries_.try_emplace(
        ProducerId(header.producer_id),
        Entry{
            .producer_epoch = epoch, .lowest_sequence = header.base_sequence, .begun_ms = now_ms});
    Entry& entry = it->second;
    if (is_new) entry.guard = ++last_guard_;
    if (epoch > entry.producer_epoch) {
        entry.producer_epoch = epoch;
        entry.lowest_sequence = header.base_sequence;
    } else if (epoch == entry.producer_epoch) {
        entry.lowest_sequence = std::min(entry.lowest_sequence, header.base_sequence);
    }
    return entry.guard;
}

Result<void, ErrorCode> VerificationState::check(const BatchHeader& header,
                                                 VerificationGuard guard) const {
    const auto it = entries_.find(ProducerId(header.producer_id));
    if (guard == 0 || it == entries_.end() || it->second.guard != guard) {
        PROBE("a transaction ended while its batch was verified");
        return fail(ErrorCode::invalid_txn_state);
    }
    if (header.producer_epoch == it->second.producer_epoch.value() &&
        header.base_sequence > it->second.lowest_sequence) {
        PROBE("a verified batch overtook an earlier one");
        return fail(ErrorCode::out_of_order_sequence_number);
    }
    return {};
}

void VerificationState::expire(std::int64_t begun_before_ms) {
    std::erase_if(entries_, [begun_before_ms](const auto& entry) {
        return entry.second.begun_ms < begun_before_ms;
    });
}

}  // namespace gregor::log
