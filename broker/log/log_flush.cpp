// Log: making it durable. A sync is done by one fiber at a time; those who come meanwhile find it
// done or do the next one for all that came after.
#include <algorithm>

#include "broker/log/checkpoint_file.h"
#include "broker/log/log.h"
#include "broker/log/producer_snapshot.h"
#include "sim/base/planted.h"

namespace gregor::log {

Result<void, ErrorCode> Log::flush() {
    const Offset wanted = next_offset_;
    const std::unique_lock lock(flush_mutex_);
    if (failure_ || is_interrupted()) return fail(ErrorCode::kafka_storage_error);
    if (recovery_point_ >= wanted && log_end_offset_ >= wanted && active()->entry_durable() &&
        !epochs_dirty_) {
        return {};
    }
    return flush_locked();
}

Result<void, ErrorCode> Log::flush_if_due() {
    if (!takes_changes() || recovery_point_ >= next_offset_) return {};
    const auto waited =
        std::chrono::duration_cast<std::chrono::milliseconds>(runtime_.clock().now() - last_flush_);
    if (waited.count() < config().flush_ms) return {};
    return flush();
}

/// Holds the flush lock. Older segments are durable since they were sealed.
Result<void, ErrorCode> Log::flush_locked() {
    const SegmentRef segment = active();
    const Offset target = next_offset_;
    TRY(checked(segment->sync()));
    if (!segment->entry_durable()) {
        if (!PLANTED(skip_directory_sync)) TRY(sync_folder());
        segment->set_entry_durable();
    }
    TRY(write_epochs());
    recovery_point_ = std::max(recovery_point_, target);
    log_end_offset_ = std::max(log_end_offset_, target);
    sync_awaited_ = log_end_offset_ < next_offset_ && sync_awaited_;
    last_flush_ = runtime_.clock().now();
    runtime_.trace().event("log_flushed", "partition={} recovery_point={}", partition(),
                           recovery_point_);
    return {};
}

Result<void, ErrorCode> Log::sync_folder() { return checked(runtime_.disk().sync_dir(folder())); }

/// Makes the active segment and all that is derived from it durable; it takes no more batches.
/// Holds the write lock.
Result<void, ErrorCode> Log::seal_active() {
    const std::unique_lock lock(flush_mutex_);
    if (failure_) return fail(ErrorCode::kafka_storage_error);
    const SegmentRef segment = active();
    TRY(checked(segment->write_indexes(!PLANTED(sealed_indexes_not_synced))));
    TRY(write_snapshot(next_offset_));
    return flush_locked();
}

Result<void, ErrorCode> Log::write_snapshot(Offset offset) {
    const Bytes content = encode_producer_snapshot(producers_.snapshot());
    TRY(checked(write_file_atomically(runtime_.disk(), folder(),
                                      segment_file_name(offset, kSnapshotSuffix), content)));
    runtime_.trace().event("producer_snapshot_written", "partition={} offset={}", partition(),
                           offset);
    return {};
}

Result<void, ErrorCode> Log::write_epochs() {
    if (!epochs_dirty_) return {};
    epochs_dirty_ = false;
    const Bytes content = Bytes::copy_of(format_epoch_checkpoint(epochs_.entries()));
    return checked(write_file_atomically(runtime_.disk(), folder(), kEpochCheckpointName, content));
}

Result<void, ErrorCode> Log::close() {
    const std::unique_lock lock(write_mutex_);
    if (closed_) return {};
    if (!takes_changes()) return fail(ErrorCode::kafka_storage_error);
    TRY(seal_active());
    closed_ = true;
    return {};
}

}  // namespace gregor::log
