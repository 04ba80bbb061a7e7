// Log: appending, as leader and as follower, and rolling.
#include <algorithm>
#include <limits>

#include "broker/log/control_batch.h"
#include "broker/log/log.h"
#include "broker/protocol/records/batch_reader.h"
#include "sim/base/planted.h"
#include "sim/base/probe.h"

namespace gregor::log {

void Log::Pending::clear() {
    headers.clear();
    updates.clear();
    pieces.clear();
    size = 0;
}

std::int64_t Log::Pending::max_timestamp() const {
    std::int64_t largest = kNoTimestamp;
    for (const BatchHeader& header : headers) largest = std::max(largest, header.max_timestamp);
    return largest;
}

Result<AppendResult, ErrorCode> Log::append_as_leader(const LeaderAppend& append) {
    CHECK(!append.batches.empty());
    std::unique_lock lock(write_mutex_);
    if (!takes_changes()) return fail(ErrorCode::kafka_storage_error);
    pending_.clear();
    if (const auto duplicate = TRY(prepare_leader_batches(append))) {
        PROBE("a producer's retry was answered from its remembered batches");
        // The first copy may still wait for its sync.
        TRY(publish(std::move(lock)));
        return *duplicate;
    }
    const Offset base_offset(pending_.headers.front().base_offset);
    const Offset last_offset(pending_.headers.back().last_offset());
    const std::int64_t max_timestamp = pending_.max_timestamp();
    if (TRY(must_roll(pending_.size, max_timestamp, last_offset))) TRY(roll_at(base_offset));
    TRY(write_pending());
    const AppendResult result{.base_offset = base_offset,
                              .last_offset = last_offset,
                              .max_timestamp = max_timestamp,
                              .log_start_offset = log_start_offset_};
    TRY(publish(std::move(lock)));
    return result;
}

/// Fills pending_, or gives the place of the first copy if this is a retry.
Result<std::optional<AppendResult>, ErrorCode> Log::prepare_leader_batches(
    const LeaderAppend& append) {
    Offset next = next_offset_;
    for (const LeaderBatch& batch : append.batches) {
        BatchHeader header = batch.header;
        if (header.records_size() != batch.records.size() || header.last_offset_delta < 0) {
            return fail(ErrorCode::corrupt_message);
        }
        const std::size_t size = header.size_in_bytes();
        if (append.origin == AppendOrigin::client &&
            size > static_cast<std::size_t>(config().max_message_bytes)) {
            return fail(ErrorCode::message_too_large);
        }
        header.base_offset = next.value();
        header.partition_leader_epoch = append.leader_epoch.value();
        if (append.origin == AppendOrigin::client) {
            if (const auto duplicate = find_duplicate(header)) return duplicate;
        }
        if (append.verifies_transactions && begins_transaction(header)) {
            TRY(verifications_.check(header, append.guard));
        }
        const auto prepared =
            prepare_batch(header, batch.records, append.origin, append.has_epoch_per_transaction);
        if (!prepared) {
            if (prepared.error() == ErrorCode::out_of_order_sequence_number) {
                if (const auto duplicate = TRY(recall_duplicate(header))) return duplicate;
            }
            return fail(prepared.error());
        }
        pending_.pieces.push_back(records::encode_batch_header(header));
        pending_.pieces.push_back(batch.records);
        next = Offset(header.next_offset());
    }
    if (pending_.size > static_cast<std::size_t>(config().segment_bytes)) {
        return fail(ErrorCode::record_list_too_large);
    }
    return std::optional<AppendResult>();
}

std::optional<AppendResult> Log::find_duplicate(const BatchHeader& header) const {
    if (!header.has_producer_id() || header.is_control()) return std::nullopt;
    const ProducerEntry* entry = producers_.find(ProducerId(header.producer_id));
    const ProducerBatch* first = entry == nullptr ? nullptr : entry->find_duplicate(header);
    if (first == nullptr) return std::nullopt;
    return AppendResult{.base_offset = first->first_offset(),
                        .last_offset = first->last_offset,
                        .max_timestamp = first->timestamp,
                        .log_start_offset = log_start_offset_,
                        .duplicate = true};
}

/// Adds a batch to pending_ with what it does to its producer, on top of those already there.
Result<void, ErrorCode> Log::prepare_batch(const BatchHeader& header, ByteSpan records,
                                           AppendOrigin origin, bool has_epoch_per_transaction) {
    std::optional<ProducerUpdate> update;
    if (header.has_producer_id()) {
        const auto earlier = std::find_if(
            pending_.updates.rbegin(), pending_.updates.rend(), [&](const auto& before) {
                return before && before->entry.producer_id.value() == header.producer_id;
            });
        const ProducerEntry* known =
            earlier == pending_.updates.rend() ? nullptr : &(*earlier)->entry;
        auto marker = TRY(read_end_transaction_marker(header, records));
        if (marker) marker->has_epoch_per_transaction = has_epoch_per_transaction;
        update = TRY(producers_.prepare(header, marker, origin, known));
    }
    pending_.headers.push_back(header);
    pending_.updates.push_back(std::move(update));
    pending_.size += header.size_in_bytes();
    return {};
}

Result<bool, ErrorCode> Log::must_roll(std::size_t size, std::int64_t max_timestamp,
                                       Offset last_offset) {
    const SegmentRef segment = active();
    const std::int64_t relative = last_offset - segment->base_offset();
    if (relative > std::numeric_limits<std::int32_t>::max()) {
        PROBE("a segment was full of offsets");
        return true;
    }
    if (segment->empty()) return false;
    const auto limit = static_cast<std::uint64_t>(config().segment_bytes);
    if (segment->size() + size > limit) return true;
    if (segment->indexes_full(config().segment_index_bytes)) {
        PROBE("a segment's index was full");
        return true;
    }
    // segment.ms counts by the records' own time where they have one.
    const auto first = segment->first_timestamp();
    if (!first) {
        PROBE("an append met damage in its own segment");
        // Whoever appends must not hear that its batches are the damaged ones.
        return fail(ErrorCode::kafka_storage_error);
    }
    const std::int64_t since = first->value_or(kNoTimestamp);
    const std::int64_t waited =
        since >= 0 ? max_timestamp - since : now_ms() - segment->created_ms();
    return waited > config().segment_ms - roll_jitter_ms_;
}

Result<void, ErrorCode> Log::write_pending() {
    const SegmentRef segment = active();
    const std::uint64_t position = segment->size();
    TRY(checked(segment->append(pending_.pieces, pending_.headers, config().index_interval_bytes)));
    for (std::size_t i = 0; i < pending_.headers.size(); ++i) {
        const BatchHeader& header = pending_.headers[i];
        const Offset end(header.next_offset());
        const bool is_kept = header.is_control() && PLANTED(guard_outlives_marker);
        if (header.is_transactional() && !is_kept) {
            verifications_.forget(ProducerId(header.producer_id));
        }
        if (pending_.updates[i]) {
            take_update(*segment, *std::move(pending_.updates[i]), end);
        } else {
            producers_.advance(end);
        }
        const LeaderEpoch epoch(header.partition_leader_epoch);
        const auto latest = epochs_.latest();
        if (epoch > kNoLeaderEpoch && (!latest || epoch > latest->epoch)) {
            if (epochs_.assign(epoch, Offset(header.base_offset))) epochs_dirty_ = true;
        }
    }
    next_offset_ = Offset(pending_.headers.back().next_offset());
    runtime_.trace().event("log_appended", "partition={} base_offset={} position={} bytes={}",
                           partition(), pending_.headers.front().base_offset, position,
                           pending_.size);
    return {};
}

void Log::take_update(Segment& segment, ProducerUpdate update, Offset end_offset) {
    if (update.completed && update.completed->aborted) {
        segment.note_aborted(
            {.producer_id = update.completed->producer_id,
             .first_offset = update.completed->first_offset,
             .last_offset = update.completed->last_offset,
             .last_stable_offset = producers_.last_stable_offset_after(*update.completed)});
    }
    producers_.apply(std::move(update), end_offset);
}

bool Log::must_sync_first() const {
    // Those who need no sync stay behind those who wait for one.
    return sync_awaited_ || next_offset_ - recovery_point_ >= config().flush_messages;
}

/// Lets the log end offset cover what was written, after a sync if flush.messages asks for one.
Result<void, ErrorCode> Log::publish(std::unique_lock<ChangeMutex> lock) {
    if (log_end_offset_ == next_offset_) return {};
    if (!must_sync_first() || PLANTED(skip_flush)) {
        log_end_offset_ = next_offset_;
        return {};
    }
    sync_awaited_ = true;
    const std::int64_t truncations = truncations_;
    lock.unlock();
    TRY(flush());
    if (truncations != truncations_) {
        PROBE("batches were truncated while they waited for their sync");
        return fail(ErrorCode::not_leader_or_follower);
    }
    return {};
}

Result<AppendResult, ErrorCode> Log::append_as_follower(const Bytes& records,
                                                        LeaderEpoch leader_epoch) {
    std::unique_lock lock(write_mutex_);
    if (!takes_changes()) return fail(ErrorCode::kafka_storage_error);
    pending_.clear();
    AppendResult result{.base_offset = next_offset_,
                        .last_offset = next_offset_ - 1,
                        .log_start_offset = log_start_offset_};
    constexpr std::size_t kMaxRun = 256;  // batches in one write
    bool any = false;
    records::BatchReader reader(records);
    std::size_t written = 0;  // bytes of `records` that are in the log
    const auto write_run = [&]() -> Result<void, ErrorCode> {
        if (pending_.headers.empty()) return {};
        pending_.pieces.push_back(records.slice(written, pending_.size));
        written += pending_.size;
        TRY(write_pending());
        pending_.clear();
        return {};
    };
    std::optional<ErrorCode> error;
    Offset next = next_offset_;
    while (true) {
        const auto batch = reader.next();
        if (!batch) error = ErrorCode::corrupt_message;
        if (!batch || !*batch) break;
        const BatchHeader& header = (*batch)->header;
        if (header.partition_leader_epoch > leader_epoch.value()) {
            PROBE("a follower left batches of a later epoch than its leader's");
            break;
        }
        const bool is_around_start = !any && is_around_log_start(header);
        if (header.base_offset < next.value() && !is_around_start) {
            error = next == result.base_offset ? ErrorCode::offset_out_of_range
                                               : ErrorCode::corrupt_message;
            break;
        }
        if (header.last_offset_delta < 0 || !(*batch)->has_valid_crc()) {
            PROBE("a follower refused a damaged batch");
            error = ErrorCode::corrupt_message;
            break;
        }
        if (is_around_start) TRY(begin_at_batch(Offset(header.base_offset)));
        const std::size_t run = pending_.size + header.size_in_bytes();
        if (TRY(must_roll(run, header.max_timestamp, Offset(header.last_offset())))) {
            TRY(write_run());
            TRY(roll_at(Offset(header.base_offset)));
        } else if (pending_.headers.size() == kMaxRun) {
            TRY(write_run());
        }
        TRY(prepare_batch(header, (*batch)->records(), AppendOrigin::replication));
        if (!any) result.base_offset = Offset(header.base_offset);
        any = true;
        result.last_offset = Offset(header.last_offset());
        result.max_timestamp = std::max(result.max_timestamp, header.max_timestamp);
        next = Offset(header.next_offset());
    }
    TRY(write_run());
    TRY(publish(std::move(lock)));
    if (error) return fail(*error);
    return result;
}

/// Whether the log is empty and starts inside of this batch, as a leader's may (KIP-107).
bool Log::is_around_log_start(const BatchHeader& header) const {
    return segments_.size() == 1 && active()->empty() && next_offset_ == log_start_offset_ &&
           header.base_offset < next_offset_.value() &&
           header.last_offset() >= next_offset_.value();
}

/// The empty segment makes way for one that the whole batch fits into. The log's marks stay.
Result<void, ErrorCode> Log::begin_at_batch(Offset base_offset) {
    PROBE("a follower began with a batch around its log's start");
    const std::unique_lock flush_lock(flush_mutex_);
    const SegmentRef empty = active();
    SegmentRef segment =
        TRY(checked(Segment::create(runtime_.disk(), folder(), base_offset, now_ms())));
    segments_.emplace(base_offset, std::move(segment));
    segments_.erase(empty->base_offset());
    recovery_point_ = base_offset;
    producers_.reset(base_offset);
    TRY(checked(empty->remove_files("")));
    TRY(remove_snapshots(Offset(0)));
    return sync_folder();
}

Result<void, ErrorCode> Log::assign_leader_epoch(LeaderEpoch epoch, Offset start_offset) {
    const std::unique_lock lock(write_mutex_);
    if (!takes_changes()) return fail(ErrorCode::kafka_storage_error);
    if (epochs_.assign(epoch, start_offset)) epochs_dirty_ = true;
    return {};
}

Result<void, ErrorCode> Log::roll() {
    const std::unique_lock lock(write_mutex_);
    if (!takes_changes()) return fail(ErrorCode::kafka_storage_error);
    if (active()->empty()) return {};
    return roll_at(next_offset_);
}

/// `base_offset`: where the next batch goes; above next_offset_ only where compaction left a gap.
Result<void, ErrorCode> Log::roll_at(Offset base_offset) {
    CHECK(base_offset >= next_offset_);
    if (active()->base_offset() == base_offset) return {};
    TRY(seal_active());
    SegmentRef segment =
        TRY(checked(Segment::create(runtime_.disk(), folder(), base_offset, now_ms())));
    segments_.emplace(base_offset, std::move(segment));
    // Over a gap: all below the new segment is durable.
    next_offset_ = recovery_point_ = base_offset;
    producers_.advance(base_offset);
    if (config().segment_jitter_ms > 0) {
        const std::int64_t most = std::min(config().segment_jitter_ms, config().segment_ms);
        roll_jitter_ms_ = runtime_.random().between(std::int64_t{0}, most);
    }
    runtime_.trace().event("segment_rolled", "partition={} base_offset={}", partition(),
                           base_offset);
    return {};
}

}  // namespace gregor::log
