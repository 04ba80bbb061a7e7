#include "broker/coordinator/transactions/transaction_coordinator.h"

#include <fmt/format.h>

#include <algorithm>
#include <type_traits>
#include <utility>

#include "broker/coordinator/transactions/transitions.h"
#include "sim/base/check.h"
#include "sim/base/planted.h"
#include "sim/base/probe.h"

namespace gregor::coordinator {
namespace {

/// Of one tick: what is left comes with the next one, at once.
constexpr std::size_t kMaxRecordsPerTick = 500;
/// Of one answer to TakeMarkers.
constexpr std::size_t kMaxMarkersPerAnswer = 500;

}  // namespace

// The log. ----------------------------------------------------------------------------------------

Result<void, std::string> TransactionCoordinator::apply(const RecordOrigin&,
                                                        const CoordinatorRecord& record) {
    const std::optional<TransactionRecord> read = TRY(decode_transaction(record));
    if (!read) return {};
    const std::string& id = read->transactional_id;
    if (!read->metadata) {
        transactions_.erase(id);
        markers_.finished(id);
        return {};
    }
    if (read->metadata->is_decided()) {
        markers_.decided(id, *read->metadata);
    } else {
        markers_.finished(id);
    }
    transactions_.insert_or_assign(id, *read->metadata);
    return {};
}

void TransactionCoordinator::loaded(const CoordinatorContext& context) {
    next_abort_scan_ms_ = context.now_ms + config_.abort_interval_ms;
    next_removal_scan_ms_ = context.now_ms + config_.remove_interval_ms;
    if (PLANTED(loaded_without_deadlines)) return;
    for (const auto& [id, metadata] : transactions_) {
        if (metadata.state != TransactionState::ongoing) continue;
        const std::int64_t timeout_ms = std::max(metadata.timeout_ms, 0);
        // The clock that wrote the start was another machine's.
        const std::int64_t ran_ms =
            metadata.start_ms >= context.wall_ms ? 0 : context.wall_ms - metadata.start_ms;
        deadlines_[id] = context.now_ms + timeout_ms - std::min(ran_ms, timeout_ms);
    }
}

const TransactionMetadata* TransactionCoordinator::find(const std::string& transactional_id) const {
    const auto it = transactions_.find(transactional_id);
    return it == transactions_.end() ? nullptr : &it->second;
}

std::optional<std::int64_t> TransactionCoordinator::deadline_ms(
    const std::string& transactional_id) const {
    const auto it = deadlines_.find(transactional_id);
    return it == deadlines_.end() ? std::nullopt : std::optional(it->second);
}

// Requests. ---------------------------------------------------------------------------------------

TransactionCoordinator::Outcome TransactionCoordinator::handle(const CoordinatorContext& context,
                                                               RequestId id,
                                                               const Request& request) {
    return std::visit(
        [&](const auto& each) -> Outcome {
            using Each = std::remove_cvref_t<decltype(each)>;
            if constexpr (std::is_same_v<Each, TakeMarkers>) {
                return take_markers(context, id, each);
            } else if constexpr (std::is_same_v<Each, MarkersWritten>) {
                return markers_written(context, id, each);
            } else if constexpr (std::is_same_v<Each, ListTransactions>) {
                return answer(context, id, {}, decide(context, each));
            } else {
                return answer(context, id, each.transactional_id, decide(context, each));
            }
        },
        request);
}

TransactionCoordinator::Outcome TransactionCoordinator::answer(const CoordinatorContext& context,
                                                               RequestId id,
                                                               const std::string& transactional_id,
                                                               Decision decision) {
    Outcome outcome;
    if (decision.next) write(outcome, context, transactional_id, *decision.next);
    outcome.answers.push_back({id, std::move(decision.answer)});
    return outcome;
}

/// The record of what is next, and of what follows from it at once.
void TransactionCoordinator::write(Outcome& outcome, const CoordinatorContext& context,
                                   const std::string& transactional_id,
                                   const TransactionMetadata& next) {
    if (const TransactionMetadata* before = find(transactional_id)) {
        CHECK(may_follow(before->state, next.state), "{}: {} after {}", transactional_id,
              name(next.state), name(before->state));
        CHECK(before->producer.id != next.producer.id ||
                  before->producer.epoch <= next.producer.epoch,
              "{}: the epoch falls from {} to {}", transactional_id, before->producer.epoch,
              next.producer.epoch);
    }
    // transaction.version 1 is what allows the newer records. A client of version 2 needs what they
    // say, whatever this broker's image is as yet.
    const bool is_flexible = context.image->feature_level(kTransactionVersionFeature) >= 1 ||
                             next.has_epoch_per_transaction();
    const auto record = [&](const TransactionMetadata& metadata) {
        return encode_transaction(transactional_id, metadata, is_flexible ? 1 : 0);
    };
    outcome.records.push_back(record(next));
    if (!next.is_decided()) return;
    if (next.partitions.empty()) {
        outcome.records.push_back(record(completed(next, context.wall_ms)));
    } else {
        outcome.append = ++appends_;
    }
}

// Markers. ----------------------------------------------------------------------------------------

std::vector<TransactionMarker> TransactionCoordinator::hand_out(const CoordinatorContext& context) {
    return markers_.hand_out(context.leader_epoch.value(), kMaxMarkersPerAnswer);
}

TransactionCoordinator::Outcome TransactionCoordinator::take_markers(
    const CoordinatorContext& context, RequestId id, const TakeMarkers& request) {
    Outcome outcome;
    if (const auto earlier = std::exchange(taker_, std::nullopt)) {
        outcome.answers.push_back({*earlier, Markers{}});
    }
    if (request.is_last_lost) {
        markers_.take_back();
    } else {
        markers_.arrived();
    }
    auto markers = hand_out(context);
    if (markers.empty()) {
        taker_ = id;
    } else {
        outcome.answers.push_back({id, Markers{std::move(markers)}});
    }
    return outcome;
}

/// A decision is in the log, or it is not: what the log says now counts.
TransactionCoordinator::Outcome TransactionCoordinator::append_done(
    const CoordinatorContext& context, AppendId, protocol::ErrorCode) {
    Outcome outcome;
    if (!taker_) return outcome;
    auto markers = hand_out(context);
    if (markers.empty()) return outcome;
    outcome.answers.push_back({*std::exchange(taker_, std::nullopt), Markers{std::move(markers)}});
    return outcome;
}

TransactionCoordinator::Outcome TransactionCoordinator::markers_written(
    const CoordinatorContext& context, RequestId id, const MarkersWritten& request) {
    Outcome outcome;
    if (markers_.written(context.leader_epoch.value(), request.marker)) {
        const std::string& transactional_id = request.marker.transactional_id;
        const TransactionMetadata* known = find(transactional_id);
        CHECK(known != nullptr && known->is_decided());
        write(outcome, context, transactional_id, completed(*known, context.wall_ms));
    }
    outcome.answers.push_back({id, Noted{}});
    return outcome;
}

// Time. -------------------------------------------------------------------------------------------

std::optional<std::int64_t> TransactionCoordinator::next_tick_ms() const {
    if (transactions_.empty()) return std::nullopt;
    if (deadlines_.empty()) return next_removal_scan_ms_;
    return std::min(next_abort_scan_ms_, next_removal_scan_ms_);
}

TransactionCoordinator::Outcome TransactionCoordinator::tick(const CoordinatorContext& context) {
    Outcome outcome;
    if (context.now_ms >= next_abort_scan_ms_) abort_timed_out(context, outcome);
    if (context.now_ms >= next_removal_scan_ms_) remove_expired(context, outcome);
    return outcome;
}

/// A deadline stays until it is found to be of no transaction any more: an abort that could not be
/// written is tried again.
void TransactionCoordinator::abort_timed_out(const CoordinatorContext& context, Outcome& outcome) {
    next_abort_scan_ms_ = context.now_ms + config_.abort_interval_ms;
    for (auto it = deadlines_.begin(); it != deadlines_.end();) {
        const TransactionMetadata* known = find(it->first);
        if (known == nullptr || known->state != TransactionState::ongoing) {
            it = deadlines_.erase(it);
            continue;
        }
        if (it->second <= context.now_ms) {
            if (outcome.records.size() >= kMaxRecordsPerTick) {
                next_abort_scan_ms_ = context.now_ms;
                return;
            }
            PROBE("a transaction timed out");
            last_epochs_.erase(it->first);
            write(outcome, context, it->first, fenced(*known, context.wall_ms));
        }
        ++it;
    }
}

void TransactionCoordinator::remove_expired(const CoordinatorContext& context, Outcome& outcome) {
    next_removal_scan_ms_ = context.now_ms + config_.remove_interval_ms;
    for (const auto& [id, metadata] : transactions_) {
        const bool is_idle = metadata.state == TransactionState::empty || metadata.is_complete() ||
                             PLANTED(open_transaction_expires);
        if (!is_idle || metadata.last_update_ms > context.wall_ms - config_.id_expiration_ms) {
            continue;
        }
        if (outcome.records.size() >= kMaxRecordsPerTick) {
            next_removal_scan_ms_ = context.now_ms;
            return;
        }
        PROBE("a transactional id expired");
        last_epochs_.erase(id);
        outcome.records.push_back(encode_tombstone(id));
    }
}

void TransactionCoordinator::check_invariants() const {
    std::size_t decided = 0;
    for (const auto& [id, metadata] : transactions_) {
        const bool is_open = metadata.state == TransactionState::ongoing || metadata.is_decided();
        CHECK(is_open || metadata.partitions.empty(), "{}: {} with partitions", id,
              name(metadata.state));
        CHECK(metadata.next_producer_id == protocol::kNoProducerId || metadata.is_decided(),
              "{}: {} with a next producer id", id, name(metadata.state));
        if (metadata.is_decided()) ++decided;
    }
    CHECK(decided == markers_.size(), "{} decided, {} with markers", decided, markers_.size());
}

}  // namespace gregor::coordinator
