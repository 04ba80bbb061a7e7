// Segment: a piece of a partition's log: one `.log` file of record batches and its three indexes.
//
//     00000000000000001042.log        batches, offsets from 1042 on
//     00000000000000001042.index      OffsetIndex        \  of the last segment: kept in memory and
//     00000000000000001042.timeindex  TimeIndex           > written when it is sealed or closed; of
//     00000000000000001042.txnindex   TransactionIndex   /  older ones: read when first needed
//
// Only the last segment of a log is written. It becomes old by seal(): everything of it is synced
// before its successor takes a batch, so a log on disk never has a hole. Indexes are derived from
// the log: what a crash left of them is rebuilt (Log's recovery).
//
// Mutators are called under the log's write lock; readers may run beside them and see the file up
// to the size that they read at their start.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "broker/log/batch_scanner.h"
#include "broker/log/log_types.h"
#include "broker/log/offset_index.h"
#include "broker/log/recent_batches.h"
#include "broker/log/time_index.h"
#include "broker/log/transaction_index.h"
#include "sim/base/bytes.h"
#include "sim/base/result.h"
#include "sim/runtime/disk.h"

namespace gregor::log {

/// Kafka's file names: the base offset in 20 digits and a suffix.
[[nodiscard]] std::string segment_file_name(Offset base_offset, std::string_view suffix);
/// The offset in a name of that form; nothing for any other name.
[[nodiscard]] std::optional<Offset> parse_segment_file_name(std::string_view name,
                                                            std::string_view suffix);

inline constexpr std::string_view kLogSuffix = ".log";
inline constexpr std::string_view kIndexSuffix = ".index";
inline constexpr std::string_view kTimeIndexSuffix = ".timeindex";
inline constexpr std::string_view kTransactionIndexSuffix = ".txnindex";
inline constexpr std::string_view kSnapshotSuffix = ".snapshot";
inline constexpr std::string_view kDeletedSuffix = ".deleted";
inline constexpr std::string_view kCleanedSuffix = ".cleaned";
inline constexpr std::string_view kSwapSuffix = ".swap";

class Segment {
public:
    /// An empty segment; what a crash left under its names is cut to nothing.
    [[nodiscard]] static Result<std::shared_ptr<Segment>, IoError> create(Disk& disk,
                                                                          std::string folder,
                                                                          Offset base_offset,
                                                                          std::int64_t now_ms);
    /// The segment that is there. Its indexes are read on demand.
    [[nodiscard]] static Result<std::shared_ptr<Segment>, IoError> open(Disk& disk,
                                                                        std::string folder,
                                                                        Offset base_offset,
                                                                        std::int64_t now_ms);

    [[nodiscard]] Offset base_offset() const { return base_offset_; }
    [[nodiscard]] std::uint64_t size() const { return size_; }
    [[nodiscard]] const FileRef& file() const { return file_; }
    /// Whether the file's directory entry has been synced since the file was made.
    [[nodiscard]] bool entry_durable() const { return entry_durable_; }
    void set_entry_durable() { entry_durable_ = true; }

    // Writing. ---------------------------------------------------------------------------------

    /// Writes `pieces`, the bytes of the batches `headers` one behind the other, in one go.
    [[nodiscard]] Result<void, IoError> append(std::span<const Bytes> pieces,
                                               std::span<const BatchHeader> headers,
                                               std::int32_t index_interval_bytes);
    /// The bookkeeping of append() for a batch that is in the file already (recovery).
    void note_batch(const BatchHeader& header, std::int32_t index_interval_bytes);
    void note_aborted(const AbortedTransaction& transaction);

    /// Begins anew with empty indexes and size 0; recovery then notes batch by batch.
    void restart_indexes();
    /// Cuts what the file has beyond the batches that were noted, and syncs it.
    [[nodiscard]] Result<void, IoError> cut_file();
    /// Drops every batch that holds an offset >= `offset`, and syncs. Gives the base offset of the
    /// first that went.
    [[nodiscard]] Result<std::optional<Offset>, ErrorCode> truncate_to(Offset offset);

    /// Makes the log file durable.
    [[nodiscard]] Result<void, IoError> sync();
    /// Closes the indexes with the last timestamp and writes them; `durable`: and syncs them.
    [[nodiscard]] Result<void, IoError> write_indexes(bool durable);

    /// Renames the files away, `.log` first (`suffix` is appended); the directory is not synced.
    [[nodiscard]] Result<void, IoError> rename_files(std::string_view suffix);
    /// Removes the files that rename_files() made.
    [[nodiscard]] Result<void, IoError> remove_files(std::string_view suffix);

    // Reading. KAFKA_STORAGE_ERROR: the disk failed; CORRUPT_MESSAGE: the file is damaged. --------

    /// The first batch that holds an offset >= `target`; nothing if all end before it.
    [[nodiscard]] Result<std::optional<BatchPosition>, ErrorCode> find(Offset target);
    /// Where a search for `timestamp` among offsets >= `from` begins: nothing before it has both.
    [[nodiscard]] Result<std::uint64_t, ErrorCode> position_for_time(std::int64_t timestamp,
                                                                     Offset from);
    /// The offset after the last batch; the base offset when empty.
    [[nodiscard]] Result<Offset, ErrorCode> read_next_offset();
    /// The largest timestamp and the last offset of the batch that has it.
    [[nodiscard]] Result<TimestampOffset, ErrorCode> max_timestamp();
    /// Of the first batch: what segment.ms counts from. Nothing when empty.
    [[nodiscard]] Result<std::optional<std::int64_t>, ErrorCode> first_timestamp();
    [[nodiscard]] Result<bool, ErrorCode> collect_aborted(Offset from, Offset to,
                                                          std::vector<AbortedTransaction>& found);
    /// Reads the indexes and what is known of the end; a damaged or missing one is made again from
    /// the log, but for the transaction index, which must then be recovered.
    [[nodiscard]] Result<void, ErrorCode> load(std::int32_t index_interval_bytes = 4096);

    [[nodiscard]] bool loaded() const { return loaded_; }
    [[nodiscard]] bool indexes_full(std::int32_t max_index_bytes) const {
        return derived_.offset_index.is_full(max_index_bytes) ||
               derived_.time_index.is_full(max_index_bytes);
    }
    [[nodiscard]] bool empty() const { return size_ == 0; }
    [[nodiscard]] std::int64_t created_ms() const { return created_ms_; }

    // For invariants and tests; only when loaded().
    [[nodiscard]] const OffsetIndex& offset_index() const { return derived_.offset_index; }
    [[nodiscard]] const TimeIndex& time_index() const { return derived_.time_index; }
    [[nodiscard]] const TransactionIndex& transaction_index() const {
        return derived_.transaction_index;
    }

private:
    Segment(Disk& disk, std::string folder, Offset base_offset, FileRef file, std::uint64_t size,
            std::int64_t now_ms);

    /// What follows from the batches in the file. Made aside and put in place at once, as readers
    /// run while it is read.
    struct Derived {
        explicit Derived(Offset base_offset) : offset_index(base_offset), time_index(base_offset) {}

        void note(const BatchPosition& batch, std::int32_t index_interval_bytes);

        OffsetIndex offset_index;
        TimeIndex time_index;
        TransactionIndex transaction_index;
        TimestampOffset max_timestamp;
        RecentBatches recent;
    };

    [[nodiscard]] std::string path(std::string_view suffix) const;
    [[nodiscard]] Result<void, ErrorCode> scan_tail(Derived& derived) const;
    [[nodiscard]] Result<void, IoError> write_index(std::string_view suffix, const Bytes& content,
                                                    bool durable);

    Disk& disk_;
    std::string folder_;
    Offset base_offset_;
    FileRef file_;
    std::uint64_t size_;
    std::int64_t created_ms_;
    bool entry_durable_ = false;
    bool loaded_ = false;
    bool indexes_dirty_ = true;  // they differ from their files
    std::optional<std::int64_t> first_timestamp_;
    Derived derived_;
};

using SegmentRef = std::shared_ptr<Segment>;

}  // namespace gregor::log
