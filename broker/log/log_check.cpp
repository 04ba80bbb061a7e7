// Log: everything derived, held against the log itself. For tests and sampled steps of a
// simulation.
#include <algorithm>

#include "broker/log/control_batch.h"
#include "broker/log/log.h"

namespace gregor::log {

namespace {

/// What a walk over the whole log gives.
struct Fold {
    explicit Fold(Offset start, std::int64_t expiration_ms) : producers(expiration_ms) {
        producers.reset(start);
    }
    ProducerState producers;
    std::vector<AbortedTransaction> aborted;
};

void check_indexes(const Segment& segment, std::span<const BatchPosition> batches) {
    // L10: an entry names the last offset of a batch and where that batch begins.
    for (const OffsetIndex::Entry& entry : segment.offset_index().entries()) {
        const auto at =
            std::lower_bound(batches.begin(), batches.end(), entry.position,
                             [](const BatchPosition& batch, std::int32_t position) {
                                 return batch.position < static_cast<std::uint64_t>(position);
                             });
        CHECK(at != batches.end());
        CHECK(at->position == static_cast<std::uint64_t>(entry.position));
        // Kafka before 4.0 enters the last offset of all that one append wrote.
        CHECK(at->last_offset - segment.base_offset() <= entry.relative_offset);
    }
    std::int64_t largest = kNoTimestamp;
    auto batch = batches.begin();
    for (const TimeIndex::Entry& entry : segment.time_index().entries()) {
        const Offset offset = segment.base_offset() + std::int64_t{entry.relative_offset};
        for (; batch != batches.end() && batch->last_offset < offset; ++batch) {
            CHECK(batch->max_timestamp < entry.timestamp, "{} before the entry for {}",
                  batch->max_timestamp, entry.timestamp);
        }
        CHECK(batch != batches.end());
        CHECK(batch->base_offset <= offset);
        CHECK(entry.timestamp > largest);
        largest = entry.timestamp;
    }
}

}  // namespace

void Log::check_invariants_fully() {
    check_invariants();
    const Offset start = segments_.begin()->first;
    Fold fold(start, options_.producer_id_expiration_ms);
    Offset next = start;
    LeaderEpoch epoch(-1);
    bool has_gaps =
        config().cleanup_compact;  // then the data of an aborted transaction may be gone
    std::vector<AbortedTransaction> indexed;
    for (const auto& [base, segment] : segments_) {
        CHECK(segment->load().has_value());
        CHECK(base >= next, "segment {} begins below {}", base, next);
        std::vector<BatchPosition> batches;
        BatchScanner scanner(segment->file(), 0, segment->size());
        while (true) {
            const auto batch = scanner.next_batch();
            CHECK(batch.has_value(), "segment {} is damaged at {}", base, scanner.position());
            if (!*batch) break;
            const BatchHeader& header = (*batch)->header;
            CHECK(records::has_valid_crc((*batch)->bytes));
            CHECK(header.base_offset >= next.value(), "L1: batch {} below {}", header.base_offset,
                  next);
            if (header.base_offset > next.value()) has_gaps = true;
            next = Offset(header.next_offset());
            // L2, and L4: an epoch starts with its first batch, or where its leader found the end.
            const LeaderEpoch batch_epoch(header.partition_leader_epoch);
            CHECK(batch_epoch >= epoch, "L2: epoch {} after {}", batch_epoch, epoch);
            epoch = batch_epoch;
            if (epoch > kNoLeaderEpoch && header.base_offset >= log_start_offset_.value()) {
                CHECK(epochs_.epoch_for_offset(Offset(header.base_offset)) == epoch,
                      "L4: batch {} of epoch {}", header.base_offset, epoch);
            }
            batches.push_back(position_of(header, (*batch)->position));
            if (!header.has_producer_id()) continue;
            const auto marker = read_end_transaction_marker(
                header, (*batch)->bytes.span().subspan(kBatchHeaderSize));
            CHECK(marker.has_value());
            auto update = fold.producers.prepare(header, *marker, AppendOrigin::replication);
            CHECK(update.has_value());
            if (update->completed && update->completed->aborted) {
                fold.aborted.push_back(
                    {.producer_id = update->completed->producer_id,
                     .first_offset = update->completed->first_offset,
                     .last_offset = update->completed->last_offset,
                     .last_stable_offset =
                         fold.producers.last_stable_offset_after(*update->completed)});
            }
            fold.producers.apply(*std::move(update), next);
        }
        check_indexes(*segment, batches);
        for (const AbortedTransaction& entry : segment->transaction_index().entries()) {
            indexed.push_back(entry);
        }
    }
    CHECK(next <= next_offset_);
    // L11. Of a transaction that began before the first segment the fold knows only a part.
    if (start == Offset(0) && !has_gaps) {
        CHECK(indexed == fold.aborted, "L11: {} aborted transactions indexed, {} in the log",
              indexed.size(), fold.aborted.size());
    } else {
        for (const AbortedTransaction& entry : fold.aborted) {
            CHECK(std::any_of(indexed.begin(), indexed.end(), [&](const auto& other) {
                return other.last_offset == entry.last_offset &&
                       other.producer_id == entry.producer_id &&
                       other.first_offset <= entry.first_offset;
            }));
        }
    }
    check_producers_against(fold.producers);
}

namespace {

/// L9: the remembered batches are the newest of those that the log gives, and all of them where the
/// window says so. After a restart a marker's time may stand for the batch's.
void check_window(const ProducerEntry& entry, const ProducerEntry& fold, bool whole,
                  std::int64_t expired_at) {
    const std::size_t here = entry.batches.size();
    const std::size_t there = fold.batches.size();
    const std::size_t both = std::min(here, there);
    for (std::size_t i = 0; i < both; ++i) {
        const ProducerBatch& batch = entry.batches.begin()[here - both + i];
        const ProducerBatch& other = fold.batches.begin()[there - both + i];
        CHECK(batch.last_offset == other.last_offset, "L9: producer {}: {}, in the log {}",
              entry.producer_id, batch.last_offset, other.last_offset);
        CHECK(batch.last_sequence == other.last_sequence, "L9: producer {}", entry.producer_id);
        CHECK(batch.offset_delta == other.offset_delta, "L9: producer {}", entry.producer_id);
    }
    CHECK(here <= there || !whole, "L9: producer {}: {} batches, in the log {}", entry.producer_id,
          here, there);
    if (here >= there || !entry.batches.is_complete()) return;
    // It had expired, and came back.
    CHECK(fold.batches.begin()[there - here - 1].timestamp <= expired_at,
          "L9: producer {} lacks batches", entry.producer_id);
}

}  // namespace

/// L9: the state is the fold of the log, but for producers that have expired and, after a restart,
/// for batches that their windows know to lack.
void Log::check_producers_against(const ProducerState& fold) const {
    const bool whole = segments_.begin()->first == Offset(0);
    for (const auto& [id, entry] : producers_.entries()) {
        const ProducerEntry* other = fold.find(id);
        if (other == nullptr) {
            CHECK(!whole, "L9: producer {} is not in the log", id);
            continue;
        }
        CHECK(entry.producer_epoch == other->producer_epoch);
        CHECK(entry.coordinator_epoch == other->coordinator_epoch || !whole);
        const bool only_markers_left = other->batches.empty() && !whole;
        CHECK(entry.last_sequence() == other->last_sequence() || only_markers_left,
              "L9: producer {}", id);
        CHECK(entry.current_txn_first_offset == other->current_txn_first_offset || !whole,
              "L9: producer {}", id);
        CHECK(entry.last_timestamp == other->last_timestamp);
        check_window(entry, *other, whole, now_ms() - options_.producer_id_expiration_ms);
    }
    for (const auto& [id, entry] : fold.entries()) {
        if (producers_.find(id) != nullptr) continue;
        CHECK(!entry.current_txn_first_offset, "L9: producer {} is forgotten", id);
        CHECK(now_ms() - entry.last_timestamp >= options_.producer_id_expiration_ms ||
                  log_start_offset_ > Offset(0),
              "L9: producer {} is forgotten", id);
    }
}

}  // namespace gregor::log
