// Log: one partition's log, Kafka's UnifiedLog, in a folder of Kafka's files.
//
//     log_start_offset        recovery_point   high_watermark   log_end_offset
//     |------ sealed ------|------ sealed ------|-------- active segment --------|
//     |<------------- durable ----------->|
//     |<-------------- readable by consumers ----------->|
//
// Everything goes to the active segment. One fiber at a time appends, rolls or truncates (write
// lock); one at a time syncs (flush lock, taken after the write lock); readers take none and get
// slices of files.
//
// Durability. A roll seals: the old segment, its indexes, the producers' snapshot and the leader
// epochs are durable before the new segment takes a batch. So what is above the recovery point is
// always in the last segment, and a crash costs at most its tail. With flush.messages the batches
// are synced before the log end offset covers them; fibers that wait for a sync share it. When a
// sync or a write fails the log has failed for good: nothing that follows could be trusted. It can
// still be read.
//
// Recovery (log_loader.cpp) after an unclean stop walks from the segment of the recovery point,
// checks every checksum and offset, cuts at the first damage and makes indexes, producers and
// epochs anew.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "broker/log/change_mutex.h"
#include "broker/log/leader_epoch_cache.h"
#include "broker/log/log_config.h"
#include "broker/log/log_types.h"
#include "broker/log/producer_state.h"
#include "broker/log/segment.h"
#include "broker/log/storage_error.h"
#include "broker/log/verification_state.h"
#include "sim/runtime/network.h"
#include "sim/runtime/runtime.h"
#include "sim/runtime/sync.h"

namespace gregor::log {

inline constexpr std::string_view kEpochCheckpointName = "leader-epoch-checkpoint";
inline constexpr std::string_view kPartitionMetadataName = "partition.metadata";

/// A batch for the leader's log: header with final checksum, and the records behind it untouched.
/// Base offset and leader epoch are set by the log.
struct LeaderBatch {
    BatchHeader header;
    Bytes records;
};

struct LeaderAppend {
    std::span<const LeaderBatch> batches;
    LeaderEpoch leader_epoch{0};
    AppendOrigin origin = AppendOrigin::client;
    /// Whether a batch begins a transaction only under a guard (begin_verification()).
    bool verifies_transactions = false;
    VerificationGuard guard = 0;
    /// Of markers; see EndTransactionMarker.
    bool has_epoch_per_transaction = false;
};

struct AppendResult {
    Offset base_offset{-1};
    Offset last_offset{-1};
    std::int64_t max_timestamp = kNoTimestamp;  // of a duplicate: the first copy's
    Offset log_start_offset{0};
    bool duplicate = false;  // nothing was written: these offsets are the first copy's
};

struct ReadRequest {
    Offset offset;
    std::int64_t max_bytes = 0;
    /// Only offsets below it: the high watermark, the last stable offset or the log end offset.
    Offset upper_bound;
    /// The first batch is given whole though it is larger than max_bytes.
    bool at_least_one_batch = true;
    /// Whether to find the aborted transactions that overlap what is read.
    bool with_aborted = false;
};

struct ReadResult {
    /// Whole batches, but for the last one, which max_bytes may cut; the first may begin before the
    /// wanted offset. No file when there is nothing to read.
    FileSlice records;
    std::vector<AbortedTransaction> aborted;
};

struct TimestampLookup {
    TimestampOffset found;
    LeaderEpoch leader_epoch = kNoLeaderEpoch;
};

struct LogOptions {
    TopicPartition partition;
    std::string folder;
    LogConfigRef config;
    Offset log_start_offset{0};  // from the checkpoint
    Offset recovery_point{0};    // from the checkpoint
    bool clean_shutdown = false;
    std::int64_t producer_id_expiration_ms = 86'400'000;
    /// Told once, when the log fails for good. Must not wait. May be empty.
    std::function<void(IoError)> on_failure;
};

class Log {
public:
    /// Opens the log in `options.folder`, making it if there is none, and recovers it if it was not
    /// shut down cleanly.
    [[nodiscard]] static Result<std::unique_ptr<Log>, StorageError> open(Runtime& runtime,
                                                                         LogOptions options);
    Log(const Log&) = delete;
    Log& operator=(const Log&) = delete;

    // Marks. -----------------------------------------------------------------------------------

    [[nodiscard]] const TopicPartition& partition() const { return options_.partition; }
    [[nodiscard]] const std::string& folder() const { return options_.folder; }
    [[nodiscard]] Offset log_start_offset() const { return log_start_offset_; }
    /// The offset that the next batch to be seen gets.
    [[nodiscard]] Offset log_end_offset() const { return log_end_offset_; }
    /// Where the next batch goes: above log_end_offset() while a sync is due.
    [[nodiscard]] Offset next_offset() const { return next_offset_; }
    [[nodiscard]] Offset recovery_point() const { return recovery_point_; }
    [[nodiscard]] Offset high_watermark() const { return high_watermark_; }
    /// min(high watermark, first offset of an undecided transaction or one decided above it).
    [[nodiscard]] Offset last_stable_offset() const;
    [[nodiscard]] const LeaderEpochCache& leader_epochs() const { return epochs_; }
    /// Changes when a truncation begins, and again when it has ended.
    [[nodiscard]] std::int64_t truncations() const { return truncations_; }
    [[nodiscard]] const ProducerState& producers() const { return producers_; }
    /// A guard where this client's batch would begin a transaction here, to be had before the
    /// coordinator is asked whether it may; nothing where there is nothing to ask.
    [[nodiscard]] std::optional<VerificationGuard> begin_verification(const BatchHeader& header);
    [[nodiscard]] const LogConfig& config() const { return *options_.config; }
    void set_config(LogConfigRef config) { options_.config = std::move(config); }
    /// Why the log takes no more writes; nothing while it is well.
    [[nodiscard]] std::optional<IoError> failure() const { return failure_; }
    /// Bytes of all segments.
    [[nodiscard]] std::uint64_t size_in_bytes() const;
    [[nodiscard]] std::size_t segment_count() const { return segments_.size(); }
    /// Where the first segment begins: at or below the log start offset.
    [[nodiscard]] Offset first_segment_base() const { return segments_.begin()->first; }

    /// Sets the high watermark to min(max(`offset`, log start), log end) and gives that.
    Offset set_high_watermark(Offset offset);

    // Writing. Every error but a client's own: KAFKA_STORAGE_ERROR. -------------------------------

    /// Gives the batches their offsets and writes them, all or none. Errors of a client: see
    /// ProducerState::prepare; MESSAGE_TOO_LARGE over max.message.bytes, RECORD_LIST_TOO_LARGE over
    /// segment.bytes.
    [[nodiscard]] Result<AppendResult, ErrorCode> append_as_leader(const LeaderAppend& append);
    /// Writes what a leader has sent, byte for byte, up to the last whole batch; batches of an
    /// epoch above `leader_epoch` end it. CORRUPT_MESSAGE: a checksum does not hold or offsets do
    /// not rise; OFFSET_OUT_OF_RANGE: it begins below the log's end, unless the log is empty and
    /// the first batch goes beyond. Gives no offsets for no batches.
    [[nodiscard]] Result<AppendResult, ErrorCode> append_as_follower(const Bytes& records,
                                                                     LeaderEpoch leader_epoch);
    /// A new leader begins at the log's end (KIP-101).
    [[nodiscard]] Result<void, ErrorCode> assign_leader_epoch(LeaderEpoch epoch,
                                                              Offset start_offset);

    /// Begins a new segment; nothing if the active one is empty.
    [[nodiscard]] Result<void, ErrorCode> roll();
    /// Makes everything durable that was appended before the call.
    [[nodiscard]] Result<void, ErrorCode> flush();
    /// flush() if flush.ms has passed since the last one and there is something to sync.
    [[nodiscard]] Result<void, ErrorCode> flush_if_due();

    /// Drops everything at or after `offset`. A batch that holds it goes as a whole. Below the
    /// log's start: the log starts anew at `offset`, as below.
    [[nodiscard]] Result<void, ErrorCode> truncate_to(Offset offset);
    /// Drops everything; the log starts anew, empty, at `offset`. Where that is below the old
    /// start, a checkpoint that holds the old one must be written again before what follows can be
    /// relied on: with it the log would open at the old start.
    [[nodiscard]] Result<void, ErrorCode> truncate_fully_and_start_at(Offset offset);

    /// DeleteRecords: the log starts at `offset`, at most the high watermark
    /// (OFFSET_OUT_OF_RANGE above). Files go at the next delete_old_segments().
    [[nodiscard]] Result<void, ErrorCode> delete_records(Offset offset);
    /// A follower takes over the leader's log start offset; bounded by the own log end.
    void advance_log_start(Offset offset);
    /// Applies retention.ms, retention.bytes (with cleanup.policy=delete) and the log start offset
    /// to sealed segments below the high watermark; rolls the active one if all of it is due. Gives
    /// how many segments went.
    [[nodiscard]] Result<int, ErrorCode> delete_old_segments();
    /// Removes files of segments that were deleted file.delete.delay.ms ago.
    void remove_deleted_files();
    /// Forgets producers that were idle too long.
    void expire_producers();

    /// This log is a copy of `log`, with the same end, and is about to take its place: the marks
    /// that checkpoints hold.
    void inherit_marks(const Log& log);
    /// When it has been opened in that place: what neither the batches nor checkpoints tell.
    void inherit_state(Log& log);
    /// The directory that holds the log has failed, found by another log: no more writes here too.
    void fail_with_directory(IoError error) { static_cast<void>(fail_with(error)); }
    /// The log's folder is about to be deleted: no more writes. What is under way may find the
    /// folder gone, which says nothing about the directory.
    void abandon() { closed_ = abandoned_ = true; }
    /// Syncs, writes indexes and snapshot: afterwards a clean shutdown may be declared. No more
    /// writes. KAFKA_STORAGE_ERROR also if a fiber was cancelled in the middle of a change.
    [[nodiscard]] Result<void, ErrorCode> close();

    // Reading. OFFSET_OUT_OF_RANGE outside [log start, log end]. ----------------------------------

    [[nodiscard]] Result<ReadResult, ErrorCode> read(const ReadRequest& request);
    /// The smallest offset >= log start whose timestamp is >= `timestamp`, as of the log's end.
    [[nodiscard]] Result<std::optional<TimestampLookup>, ErrorCode> offset_for_time(
        std::int64_t timestamp);
    /// The record with the largest timestamp (KIP-734), the first of several.
    [[nodiscard]] Result<std::optional<TimestampLookup>, ErrorCode> offset_of_max_timestamp();
    /// Where `epoch`, or the largest known before it, ends (KIP-101, KIP-279).
    [[nodiscard]] EpochEnd end_offset_for_epoch(LeaderEpoch epoch) const {
        return epochs_.end_offset_for(epoch, log_end_offset_);
    }
    /// The aborted transactions that overlap [from, to).
    [[nodiscard]] Result<std::vector<AbortedTransaction>, ErrorCode> aborted_transactions(
        Offset from, Offset to);

    // Checking. -----------------------------------------------------------------------------------

    /// L1, L3, L4 and L9 as far as memory tells; CHECKs.
    void check_invariants() const;
    /// Also reads the whole log and holds everything derived against it; for tests, in a quiet log.
    void check_invariants_fully();

private:
    friend class LogLoader;

    void check_producers_against(const ProducerState& fold) const;

    struct DeletedSegment {
        SegmentRef segment;
        Instant due;
    };
    /// Batches on their way into the active segment. Reused, as every append needs one.
    struct Pending {
        std::vector<BatchHeader> headers;
        std::vector<std::optional<ProducerUpdate>> updates;  // one for each header
        std::vector<Bytes> pieces;
        std::size_t size = 0;

        void clear();
        [[nodiscard]] std::int64_t max_timestamp() const;
    };

    Log(Runtime& runtime, LogOptions options);

    [[nodiscard]] SegmentRef active() const { return segments_.rbegin()->second; }
    [[nodiscard]] std::int64_t now_ms() const;
    [[nodiscard]] ErrorCode fail_with(IoError error);
    /// Marks the log as failed if `result` is an error.
    template <class T>
    [[nodiscard]] Result<T, ErrorCode> checked(Result<T, IoError> result) {
        if (!result) return fail(fail_with(result.error()));
        if constexpr (std::is_void_v<T>) {
            return {};
        } else {
            return *std::move(result);
        }
    }

    [[nodiscard]] bool is_interrupted() const {
        return write_mutex_.interrupted() || flush_mutex_.interrupted();
    }
    [[nodiscard]] bool takes_changes() const { return !failure_ && !closed_ && !is_interrupted(); }

    // log_append.cpp
    [[nodiscard]] Result<std::optional<AppendResult>, ErrorCode> prepare_leader_batches(
        const LeaderAppend& append);
    [[nodiscard]] Result<void, ErrorCode> prepare_batch(const BatchHeader& header, ByteSpan records,
                                                        AppendOrigin origin,
                                                        bool has_epoch_per_transaction = false);
    [[nodiscard]] std::optional<AppendResult> find_duplicate(const BatchHeader& header) const;
    [[nodiscard]] bool begins_transaction(const BatchHeader& header) const;
    [[nodiscard]] Result<bool, ErrorCode> must_roll(std::size_t size, std::int64_t max_timestamp,
                                                    Offset last_offset);
    [[nodiscard]] Result<void, ErrorCode> write_pending();
    [[nodiscard]] bool is_around_log_start(const BatchHeader& header) const;
    [[nodiscard]] Result<void, ErrorCode> begin_at_batch(Offset base_offset);
    void take_update(Segment& segment, ProducerUpdate update, Offset end_offset);
    [[nodiscard]] Result<void, ErrorCode> roll_at(Offset base_offset);
    /// Whether appended batches must be synced before they may be seen.
    [[nodiscard]] bool must_sync_first() const;
    [[nodiscard]] Result<void, ErrorCode> publish(std::unique_lock<ChangeMutex> lock);

    // log_recall.cpp
    [[nodiscard]] Result<std::optional<AppendResult>, ErrorCode> recall_duplicate(
        const BatchHeader& header);
    [[nodiscard]] Result<std::vector<ProducerBatch>, ErrorCode> batches_before_window(
        const ProducerEntry& entry);
    [[nodiscard]] Result<Offset, ErrorCode> written_below(const ProducerEntry& entry, Offset base);

    // log_flush.cpp
    [[nodiscard]] Result<void, ErrorCode> flush_locked();
    [[nodiscard]] Result<void, ErrorCode> sync_folder();
    [[nodiscard]] Result<void, ErrorCode> seal_active();
    [[nodiscard]] Result<void, ErrorCode> write_snapshot(Offset offset);
    [[nodiscard]] Result<void, ErrorCode> write_epochs();

    // log_truncation.cpp
    [[nodiscard]] Result<void, ErrorCode> start_anew_at(Offset offset);
    [[nodiscard]] Result<void, ErrorCode> ends_at(Offset offset);
    [[nodiscard]] Result<void, ErrorCode> remove_segments_from(Offset offset);
    [[nodiscard]] Result<void, ErrorCode> remove_snapshots(Offset from);
    [[nodiscard]] Result<bool, ErrorCode> is_due(Segment& segment, Offset end, std::int64_t now,
                                                 std::int64_t& excess_bytes);
    [[nodiscard]] Result<void, ErrorCode> retire(const std::vector<SegmentRef>& segments);

    // log_loader.cpp
    [[nodiscard]] Result<void, StorageError> rebuild_producers(Offset end_offset);
    [[nodiscard]] Result<void, StorageError> replay_producers(Segment& segment, Offset from,
                                                              Offset to);
    [[nodiscard]] Result<std::vector<Offset>, IoError> list_snapshots();

    // log_read.cpp
    [[nodiscard]] Result<std::uint64_t, ErrorCode> end_position(Segment& segment,
                                                                Offset upper_bound,
                                                                std::optional<Offset> next_base);
    [[nodiscard]] Result<ReadResult, ErrorCode> read_once(const ReadRequest& request);
    [[nodiscard]] Result<std::int64_t, ErrorCode> max_timestamp_from(Segment& segment, Offset from);
    [[nodiscard]] Result<std::optional<TimestampOffset>, ErrorCode> search_segment(
        Segment& segment, std::int64_t timestamp, Offset from);
    [[nodiscard]] TimestampLookup with_epoch(const TimestampOffset& found) const;

    Runtime& runtime_;
    LogOptions options_;
    ChangeMutex write_mutex_;
    ChangeMutex flush_mutex_;

    std::map<Offset, SegmentRef> segments_;  // by base offset; never empty once open
    Offset log_start_offset_{0};
    Offset log_end_offset_{0};
    Offset next_offset_{0};
    Offset recovery_point_{0};
    Offset high_watermark_{0};
    ProducerState producers_;
    VerificationState verifications_;
    LeaderEpochCache epochs_;
    bool epochs_dirty_ = false;  // the checkpoint does not say what epochs_ says
    Pending pending_;            // under the write lock
    Instant last_flush_;
    bool sync_awaited_ = false;     // batches at the end are not to be seen before they are synced
    std::int64_t truncations_ = 0;  // changes as offsets begin to be taken back, and after
    std::int64_t roll_jitter_ms_ = 0;
    std::vector<DeletedSegment> deleted_;
    std::optional<IoError> failure_;
    bool closed_ = false;
    bool abandoned_ = false;
};

}  // namespace gregor::log
