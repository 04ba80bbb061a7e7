// Log: taking offsets back at the end (a follower follows its leader) and at the start (retention,
// DeleteRecords).
//
// At the end nothing may be left behind that a crash could put back between old and new batches:
// files go newest first, each for good before the next, and what is cut is synced. (The checkpoint
// may still hold a larger recovery point: recovery always walks the last segment, and only that can
// be torn.)
#include <algorithm>

#include "broker/log/checkpoint_file.h"
#include "broker/log/log.h"
#include "sim/base/planted.h"
#include "sim/base/probe.h"

namespace gregor::log {

namespace {

/// After a deleted segment's files could not be removed.
constexpr Duration kRemoveAgain = 1s;

}  // namespace

Result<void, ErrorCode> Log::truncate_to(Offset offset) {
    CHECK(offset >= Offset(0), "truncation to {}", offset);
    const std::unique_lock write_lock(write_mutex_);
    const std::unique_lock flush_lock(flush_mutex_);
    if (!takes_changes()) return fail(ErrorCode::kafka_storage_error);
    if (offset >= next_offset_) {
        if (epochs_.truncate_to(offset, next_offset_)) epochs_dirty_ = true;
        return write_epochs();
    }
    if (offset < log_start_offset_) {
        PROBE("a truncation went below the log's start");
        return start_anew_at(offset);
    }
    ++truncations_;
    TRY(remove_segments_from(offset));
    // What was sealed takes batches again.
    if (!active()->load(config().index_interval_bytes)) return fail(fail_with(IoError::io_failed));
    const auto cut = active()->truncate_to(offset);
    if (!cut) return fail(fail_with(IoError::io_failed));
    // A batch that held `offset` is gone as a whole.
    const Offset end = std::min(offset, cut->value_or(offset));
    if (end < log_start_offset_) {
        PROBE("a truncation took the batch that held the log's start");
        return start_anew_at(log_start_offset_);
    }
    return ends_at(end);
}

Result<void, ErrorCode> Log::truncate_fully_and_start_at(Offset offset) {
    CHECK(offset >= Offset(0), "a log starts at {}", offset);
    const std::unique_lock write_lock(write_mutex_);
    const std::unique_lock flush_lock(flush_mutex_);
    if (!takes_changes()) return fail(ErrorCode::kafka_storage_error);
    return start_anew_at(offset);
}

/// Both locks are held.
Result<void, ErrorCode> Log::start_anew_at(Offset offset) {
    ++truncations_;
    TRY(remove_segments_from(Offset(0)));
    TRY(checked(active()->remove_files("")));
    TRY(sync_folder());
    TRY(remove_snapshots(Offset(0)));
    SegmentRef segment = TRY(checked(Segment::create(runtime_.disk(), folder(), offset, now_ms())));
    // In one step: there is always one for who reads meanwhile.
    segments_.clear();
    segments_.emplace(offset, std::move(segment));
    ++truncations_;
    log_start_offset_ = offset;
    next_offset_ = log_end_offset_ = high_watermark_ = recovery_point_ = offset;
    sync_awaited_ = false;
    producers_.reset(offset);
    epochs_.clear();
    epochs_dirty_ = true;
    runtime_.trace().event("log_truncated", "partition={} log_end_offset={} fully=1", partition(),
                           offset);
    return write_epochs();
}

/// What follows once the files end at `offset`.
Result<void, ErrorCode> Log::ends_at(Offset offset) {
    ++truncations_;
    next_offset_ = offset;
    // Nobody waits for a sync any more: those who did learn of the truncation.
    log_end_offset_ = offset;
    sync_awaited_ = false;
    recovery_point_ = std::min(recovery_point_, offset);
    high_watermark_ = std::min(high_watermark_, offset);
    if (epochs_.truncate_from_end(offset)) epochs_dirty_ = true;
    TRY(write_epochs());
    TRY(remove_snapshots(offset + 1));
    if (const auto rebuilt = rebuild_producers(offset); !rebuilt) {
        return fail(fail_with(rebuilt.error().io.value_or(IoError::io_failed)));
    }
    producers_.high_watermark_advanced(high_watermark_);
    runtime_.trace().event("log_truncated", "partition={} log_end_offset={}", partition(), offset);
    return {};
}

/// Removes the segments that begin at or after `offset`, newest first, but for the first one.
Result<void, ErrorCode> Log::remove_segments_from(Offset offset) {
    while (segments_.size() > 1 && active()->base_offset() >= offset) {
        const SegmentRef segment = active();
        segments_.erase(std::prev(segments_.end()));
        TRY(checked(segment->remove_files("")));
        TRY(sync_folder());
    }
    return {};
}

/// Removes the snapshots for `from` and later offsets.
Result<void, ErrorCode> Log::remove_snapshots(Offset from) {
    for (const Offset offset : TRY(checked(list_snapshots()))) {
        if (offset < from) continue;
        const std::string name = segment_file_name(offset, kSnapshotSuffix);
        const auto removed = runtime_.disk().remove(join_path(folder(), name));
        if (!removed && removed.error() != IoError::not_found) {
            return fail(fail_with(removed.error()));
        }
    }
    return {};
}

// The start of the log. --------------------------------------------------------------------------

Result<void, ErrorCode> Log::delete_records(Offset offset) {
    if (!takes_changes()) return fail(ErrorCode::kafka_storage_error);
    if (offset > high_watermark_) return fail(ErrorCode::offset_out_of_range);
    advance_log_start(offset);
    return {};
}

void Log::advance_log_start(Offset offset) {
    offset = std::min(offset, log_end_offset_);
    if (offset <= log_start_offset_) return;
    log_start_offset_ = offset;
    high_watermark_ = std::max(high_watermark_, offset);
    producers_.log_start_advanced(offset);
    runtime_.trace().event("log_start_advanced", "partition={} log_start_offset={}", partition(),
                           offset);
}

Result<int, ErrorCode> Log::delete_old_segments() {
    const std::unique_lock lock(write_mutex_);
    if (!takes_changes()) return fail(ErrorCode::kafka_storage_error);
    std::vector<SegmentRef> old;
    std::int64_t excess_bytes =
        static_cast<std::int64_t>(size_in_bytes()) - config().retention_bytes;
    const std::int64_t now = now_ms();
    auto at = segments_.begin();
    while (at != segments_.end()) {
        const SegmentRef segment = at->second;
        const auto next = std::next(at);
        const Offset end = next == segments_.end() ? next_offset_ : next->first;
        if (end > high_watermark_ && !PLANTED(b43_retention_beyond_hw)) break;
        if (segment->empty() && next == segments_.end()) break;
        if (!TRY(is_due(*segment, end, now, excess_bytes))) break;
        old.push_back(segment);
        at = segments_.upper_bound(segment->base_offset());
    }
    if (old.empty()) return 0;
    // The last segment is due too: an empty one takes its place.
    if (old.back() == active()) TRY(roll_at(next_offset_));
    const auto first_kept = segments_.upper_bound(old.back()->base_offset());
    CHECK(first_kept != segments_.end());
    const Offset start = first_kept->first;
    for (const SegmentRef& segment : old) segments_.erase(segment->base_offset());
    advance_log_start(start);
    TRY(retire(old));
    // Not before the files are gone for good: a log start that no checkpoint holds yet is taken
    // back by a crash, and the batches that come back with it need their epochs.
    if (epochs_.truncate_from_start(start)) epochs_dirty_ = true;
    return static_cast<int>(old.size());
}

/// Whether retention or the log's start lets the segment, which ends at `end`, go.
Result<bool, ErrorCode> Log::is_due(Segment& segment, Offset end, std::int64_t now,
                                    std::int64_t& excess_bytes) {
    const auto size = static_cast<std::int64_t>(segment.size());
    // Whatever lets a segment go, it is no more part of what is too much.
    const bool is_excess = config().retention_bytes >= 0 && excess_bytes >= size;
    excess_bytes -= size;
    if (end <= log_start_offset_) return true;
    if (!config().cleanup_delete) return false;
    if (config().retention_ms >= 0) {
        const std::int64_t largest = TRY(segment.max_timestamp()).timestamp;
        const std::int64_t since = largest >= 0 ? largest : segment.created_ms();
        const std::int64_t kept =
            PLANTED(retention_before_time) ? config().retention_ms / 2 : config().retention_ms;
        if (now - since > kept) {
            if (PLANTED(retention_counts_twice)) excess_bytes += size;
            return true;
        }
    }
    return is_excess;
}

/// Takes the files of the oldest segments out of the way, oldest first and each for good, so that a
/// crash leaves no hole; they are removed after file.delete.delay.ms.
Result<void, ErrorCode> Log::retire(const std::vector<SegmentRef>& segments) {
    const Instant due = deadline_after(runtime_.clock().now(),
                                       std::chrono::milliseconds(config().file_delete_delay_ms));
    for (const SegmentRef& segment : segments) {
        TRY(checked(segment->rename_files(kDeletedSuffix)));
        TRY(sync_folder());
        deleted_.push_back({segment, due});
        const std::string snapshot = segment_file_name(segment->base_offset(), kSnapshotSuffix);
        const auto removed = runtime_.disk().remove(join_path(folder(), snapshot));
        if (!removed && removed.error() != IoError::not_found) {
            return fail(fail_with(removed.error()));
        }
        runtime_.trace().event("segment_deleted", "partition={} base_offset={}", partition(),
                               segment->base_offset());
    }
    return {};
}

void Log::remove_deleted_files() {
    const Instant now = runtime_.clock().now();
    while (!deleted_.empty() && deleted_.front().due <= now) {
        const SegmentRef segment = deleted_.front().segment;
        deleted_.erase(deleted_.begin());
        if (segment->remove_files(kDeletedSuffix)) continue;
        PROBE("a deleted segment's file stayed");
        deleted_.push_back({segment, deadline_after(now, kRemoveAgain)});
    }
}

}  // namespace gregor::log
