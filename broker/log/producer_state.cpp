#include "broker/log/producer_state.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "sim/base/planted.h"
#include "sim/base/probe.h"

namespace gregor::log {

namespace {

constexpr std::int32_t kMaxSequence = std::numeric_limits<std::int32_t>::max();

/// More records than the batches hold that a producer has in flight together.
constexpr std::int32_t kSequencesInFlight = 1'000'000;

/// Whether `sequence` lies in the half of the circle of sequences that ends at `other`.
bool is_before(std::int32_t sequence, std::int32_t other) {
    const std::uint32_t distance =
        (static_cast<std::uint32_t>(other) - static_cast<std::uint32_t>(sequence)) & kMaxSequence;
    return distance != 0 && distance <= kMaxSequence / 2;
}

void take_epoch(ProducerEntry& entry, ProducerEpoch epoch) {
    if (entry.producer_epoch == epoch) return;
    entry.producer_epoch = epoch;
    entry.batches.clear();
}

}  // namespace

void BatchWindow::push(const ProducerBatch& batch) {
    if (size_ == kRememberedBatches) {
        std::move(batches_.begin() + 1, batches_.end(), batches_.begin());
        --size_;
    }
    batches_[size_++] = batch;
    if (size_ == kRememberedBatches) complete_ = true;
}

void BatchWindow::set_incomplete() {
    CHECK(!empty());
    complete_ = size_ == kRememberedBatches;
}

void BatchWindow::complete(std::span<const ProducerBatch> earlier) {
    CHECK(!complete_);
    CHECK(earlier.size() + size_ <= kRememberedBatches);
    std::copy_backward(begin(), end(), batches_.begin() + size_ + earlier.size());
    std::copy(earlier.begin(), earlier.end(), batches_.begin());
    size_ += earlier.size();
    complete_ = true;
}

void BatchWindow::clear() {
    size_ = 0;
    complete_ = true;
}

bool operator==(const BatchWindow& a, const BatchWindow& b) {
    return a.complete_ == b.complete_ && std::equal(a.begin(), a.end(), b.begin(), b.end());
}

bool in_sequence(std::int32_t last, std::int32_t next) {
    if (last == kMaxSequence) {
        if (PLANTED(b22_sequence_wrap)) return next == std::numeric_limits<std::int32_t>::min();
        return next == 0;
    }
    return next == last + 1;
}

std::int32_t ProducerBatch::first_sequence() const {
    if (last_sequence >= offset_delta) return last_sequence - offset_delta;
    return kMaxSequence - (offset_delta - last_sequence) + 1;
}

const ProducerBatch* ProducerEntry::find_duplicate(const BatchHeader& header) const {
    if (PLANTED(b21_reject_instead_of_dedupe)) return nullptr;
    if (header.producer_epoch != producer_epoch.value()) return nullptr;
    for (const ProducerBatch& batch : batches) {
        if (batch.last_sequence == header.last_sequence() &&
            batch.first_sequence() == header.base_sequence) {
            return &batch;
        }
    }
    return nullptr;
}

bool ProducerEntry::may_lack(const BatchHeader& header) const {
    return !batches.is_complete() && header.producer_epoch == producer_epoch.value() &&
           is_before(header.base_sequence, batches.front().first_sequence());
}

ProducerBatch producer_batch_of(const BatchHeader& header) {
    return {.last_sequence = header.last_sequence(),
            .last_offset = Offset(header.last_offset()),
            .offset_delta = header.last_offset_delta,
            .timestamp = header.max_timestamp};
}

const ProducerEntry* ProducerState::find(ProducerId id) const {
    const auto it = entries_.find(id);
    return it == entries_.end() ? nullptr : &it->second;
}

Result<void, ErrorCode> ProducerState::check_epoch(const ProducerEntry& entry,
                                                   const BatchHeader& header,
                                                   AppendOrigin origin) const {
    if (header.producer_epoch >= entry.producer_epoch.value()) return {};
    if (origin == AppendOrigin::replication) {
        // The leader took it under an earlier state; a follower has no say.
        PROBE("follower took a batch with an older producer epoch");
        return {};
    }
    return fail(ErrorCode::invalid_producer_epoch);
}

bool ProducerState::is_next(const BatchHeader& header, const ProducerEntry& entry) const {
    if (entry.producer_epoch == kNoProducerEpoch) return !overtakes_the_first(header);
    if (entry.producer_epoch.value() != header.producer_epoch) return header.base_sequence == 0;
    return in_sequence(entry.last_sequence(), header.base_sequence);
}

/// Of a producer that is not known. Any sequence is welcome from one that may have been forgotten,
/// or has written to a topic of this name that was deleted. But a leader that has followed another
/// may get a producer's second batch before the first, which the last leader has never answered:
/// who takes that lets the client believe that the first one was taken, too, and it is lost. Kafka
/// does.
bool ProducerState::overtakes_the_first(const BatchHeader& header) const {
    const bool is_first_leader = header.partition_leader_epoch <= 0;
    if (has_forgotten_ || is_first_leader) return false;
    return header.base_sequence > 0 && header.base_sequence < kSequencesInFlight;
}

Result<ProducerUpdate, ErrorCode> ProducerState::prepare(
    const BatchHeader& header, const std::optional<EndTransactionMarker>& marker,
    AppendOrigin origin, const ProducerEntry* known) const {
    CHECK(header.has_producer_id());
    const ProducerId id(header.producer_id);
    ProducerUpdate update;
    if (known == nullptr) known = find(id);
    if (known != nullptr) {
        update.entry = *known;
    } else {
        update.entry.producer_id = id;
    }
    ProducerEntry& entry = update.entry;
    // An empty control batch is what the cleaner leaves of a marker; it changes nothing.
    if (header.is_control() && !marker) return update;
    TRY(check_epoch(entry, header, origin));
    const Offset base_offset(header.base_offset);
    const Offset last_offset(header.last_offset());

    if (marker) {
        if (entry.coordinator_epoch > marker->coordinator_epoch &&
            origin != AppendOrigin::replication) {
            return fail(ErrorCode::transaction_coordinator_fenced);
        }
        if (entry.current_txn_first_offset) {
            update.completed = CompletedTransaction{
                .producer_id = id,
                .first_offset = *entry.current_txn_first_offset,
                .last_offset = last_offset,
                .aborted = marker->type == MarkerType::abort,
            };
        }
        // A copy of the last transaction's marker, delayed until the next one is open.
        if (marker->has_epoch_per_transaction && entry.current_txn_first_offset &&
            header.producer_epoch <= entry.producer_epoch.value()) {
            PROBE("a late marker was kept from the next transaction");
            return fail(ErrorCode::invalid_producer_epoch);
        }
        const bool takes_epoch =
            origin != AppendOrigin::replication || !PLANTED(marker_epoch_not_followed);
        if (takes_epoch) take_epoch(entry, ProducerEpoch(header.producer_epoch));
        entry.coordinator_epoch = marker->coordinator_epoch;
        entry.last_timestamp = header.max_timestamp;
        entry.current_txn_first_offset.reset();
        return update;
    }

    if (origin == AppendOrigin::client && !is_next(header, entry)) {
        return fail(ErrorCode::out_of_order_sequence_number);
    }
    if (entry.current_txn_first_offset && !header.is_transactional() &&
        origin != AppendOrigin::replication) {
        return fail(ErrorCode::invalid_txn_state);
    }
    take_epoch(entry, ProducerEpoch(header.producer_epoch));
    entry.batches.push(producer_batch_of(header));
    entry.last_timestamp = header.max_timestamp;
    if (header.is_transactional() && !entry.current_txn_first_offset) {
        entry.current_txn_first_offset = base_offset;
        update.opened = base_offset;
    }
    return update;
}

void ProducerState::apply(ProducerUpdate update, Offset end_offset) {
    advance(end_offset);
    if (update.opened) {
        const bool is_new = ongoing_.emplace(*update.opened, update.entry.producer_id).second;
        CHECK(is_new, "two transactions begin at {}", *update.opened);
    }
    if (update.completed) {
        ongoing_.erase(update.completed->first_offset);
        if (!PLANTED(stable_before_marker_is_replicated)) {
            unreplicated_.insert_or_assign(update.completed->first_offset, *update.completed);
        }
    }
    const ProducerId id = update.entry.producer_id;
    entries_.insert_or_assign(id, std::move(update.entry));
}

void ProducerState::complete_window(ProducerId id, std::span<const ProducerBatch> earlier) {
    entries_.at(id).batches.complete(earlier);
}

void ProducerState::advance(Offset end_offset) {
    CHECK(end_offset >= end_offset_, "{} after {}", end_offset, end_offset_);
    end_offset_ = end_offset;
}

Offset ProducerState::last_stable_offset_after(const CompletedTransaction& completed) const {
    for (const auto& [first_offset, producer_id] : ongoing_) {
        if (producer_id != completed.producer_id) return first_offset;
    }
    return completed.last_offset + 1;
}

std::optional<Offset> ProducerState::first_unstable_offset() const {
    std::optional<Offset> first;
    if (!ongoing_.empty()) first = ongoing_.begin()->first;
    if (!unreplicated_.empty()) {
        const Offset decided = unreplicated_.begin()->first;
        if (!first || decided < *first) first = decided;
    }
    return first;
}

void ProducerState::high_watermark_advanced(Offset high_watermark) {
    std::erase_if(unreplicated_, [high_watermark](const auto& entry) {
        return entry.second.last_offset < high_watermark;
    });
}

void ProducerState::log_start_advanced(Offset log_start_offset) {
    std::erase_if(unreplicated_, [log_start_offset](const auto& entry) {
        return entry.second.last_offset < log_start_offset;
    });
}

bool ProducerState::is_expired(const ProducerEntry& entry, std::int64_t now_ms) const {
    if (entry.current_txn_first_offset) return false;
    // Written so that a timestamp near either end of the range cannot overflow.
    return entry.last_timestamp <= now_ms &&
           static_cast<std::uint64_t>(now_ms) - static_cast<std::uint64_t>(entry.last_timestamp) >=
               static_cast<std::uint64_t>(expiration_ms_);
}

void ProducerState::expire(std::int64_t now_ms) {
    const std::size_t expired = std::erase_if(
        entries_, [&](const auto& entry) { return is_expired(entry.second, now_ms); });
    if (expired == 0) return;
    PROBE("producer ids expired");
    has_forgotten_ = true;
}

void ProducerState::reset(Offset end_offset) {
    entries_.clear();
    ongoing_.clear();
    unreplicated_.clear();
    end_offset_ = end_offset;
    has_forgotten_ = end_offset > Offset(0);
}

void ProducerState::load(std::span<const ProducerEntry> entries, Offset end_offset,
                         std::int64_t now_ms) {
    reset(end_offset);
    for (const ProducerEntry& entry : entries) {
        if (is_expired(entry, now_ms)) continue;
        if (entry.current_txn_first_offset) {
            ongoing_.insert_or_assign(*entry.current_txn_first_offset, entry.producer_id);
        }
        entries_.insert_or_assign(entry.producer_id, entry);
    }
}

std::vector<ProducerEntry> ProducerState::snapshot() const {
    std::vector<ProducerEntry> entries;
    entries.reserve(entries_.size());
    for (const auto& [id, entry] : entries_) entries.push_back(entry);
    return entries;
}

void ProducerState::check_invariants() const {
    std::size_t open = 0;
    for (const auto& [id, entry] : entries_) {
        CHECK(entry.producer_id == id);
        CHECK(entry.batches.size() <= kRememberedBatches);
        Offset previous(-1);
        for (const ProducerBatch& batch : entry.batches) {
            CHECK(batch.last_offset > previous, "{} after {}", batch.last_offset, previous);
            previous = batch.last_offset;
        }
        const bool is_part = !entry.batches.empty() && entry.batches.size() < kRememberedBatches;
        CHECK(entry.batches.is_complete() || is_part);
        if (!entry.batches.empty()) CHECK(entry.batches.back().last_offset < end_offset_);
        if (!entry.current_txn_first_offset) continue;
        ++open;
        const auto it = ongoing_.find(*entry.current_txn_first_offset);
        CHECK(it != ongoing_.end(), "open transaction at {} of producer {} is not listed",
              *entry.current_txn_first_offset, id);
        CHECK(it->second == id);
        CHECK(*entry.current_txn_first_offset < end_offset_);
    }
    CHECK(open == ongoing_.size(), "{} open, {} listed", open, ongoing_.size());
}

}  // namespace gregor::log
