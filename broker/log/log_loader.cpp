#include "broker/log/log_loader.h"

#include <algorithm>
#include <limits>

#include "broker/log/checkpoint_file.h"
#include "broker/log/control_batch.h"
#include "broker/log/producer_snapshot.h"
#include "sim/base/planted.h"
#include "sim/base/probe.h"

namespace gregor::log {

namespace {

constexpr std::string_view kSegmentSuffixes[] = {kLogSuffix, kIndexSuffix, kTimeIndexSuffix,
                                                 kTransactionIndexSuffix};

StorageError to_storage_error(ScanError error, const Segment& segment) {
    if (error == ScanError::io_failed) return IoError::io_failed;
    return StorageError(fmt::format("segment {} is damaged", segment.base_offset()));
}

StorageError to_storage_error(ErrorCode error, const Segment& segment) {
    return to_storage_error(
        error == ErrorCode::corrupt_message ? ScanError::damaged : ScanError::io_failed, segment);
}

/// Removes a file that may be gone already.
Result<void, IoError> remove_if_there(Disk& disk, const std::string& path) {
    const auto removed = disk.remove(path);
    if (!removed && removed.error() != IoError::not_found) return removed;
    return {};
}

}  // namespace

Result<std::unique_ptr<Log>, StorageError> Log::open(Runtime& runtime, LogOptions options) {
    return LogLoader(runtime, std::move(options)).load();
}

LogLoader::LogLoader(Runtime& runtime, LogOptions options)
    : runtime_(runtime), disk_(runtime.disk()), log_(new Log(runtime, std::move(options))) {}

Result<std::unique_ptr<Log>, StorageError> LogLoader::load() {
    TRY(create_folder_durably(disk_, log_->folder()));
    const std::set<std::string> names = TRY(tidy_folder());
    TRY(open_segments(names));
    TRY(load_epochs());
    const bool clean = log_->options_.clean_shutdown;
    if (!clean) TRY(recover());
    Segment& active = *log_->active();
    const auto end = active.read_next_offset();
    if (!end) return fail(to_storage_error(end.error(), active));
    log_->next_offset_ = *end;
    if (log_->next_offset_ < log_->log_start_offset_) TRY(start_at_log_start());
    log_->log_start_offset_ = std::max(log_->log_start_offset_, log_->segments_.begin()->first);
    log_->log_end_offset_ = log_->next_offset_;
    log_->recovery_point_ = log_->next_offset_;
    log_->high_watermark_ = log_->log_start_offset_;
    if (log_->epochs_.truncate_from_end(log_->next_offset_)) log_->epochs_dirty_ = true;
    if (log_->epochs_.truncate_from_start(log_->log_start_offset_)) log_->epochs_dirty_ = true;
    // Before other batches take the place of those that were lost: the next recovery must not find
    // their epochs.
    if (!log_->write_epochs()) return fail(*log_->failure_);
    if (clean) TRY(log_->rebuild_producers(log_->next_offset_));
    TRY(tidy_snapshots());
    log_->check_invariants();
    return std::move(log_);
}

/// Finishes or undoes what was under way when the node stopped; gives the names that remain.
Result<std::set<std::string>, StorageError> LogLoader::tidy_folder() {
    std::set<std::string> names;
    // A cleaned segment that was not finished makes the swaps at or after it unfinished too.
    Offset first_unfinished(std::numeric_limits<std::int64_t>::max());
    for (const DirectoryEntry& entry : TRY(disk_.list(log_->folder()))) {
        if (entry.is_directory) continue;
        const std::string cleaned = std::string(kLogSuffix) + std::string(kCleanedSuffix);
        if (const auto base = parse_segment_file_name(entry.name, cleaned)) {
            first_unfinished = std::min(first_unfinished, *base);
        }
        const bool leftover = entry.name.ends_with(kDeletedSuffix) ||
                              entry.name.ends_with(kTemporarySuffix) ||
                              entry.name.ends_with(kCleanedSuffix);
        if (!leftover) {
            names.insert(entry.name);
            continue;
        }
        PROBE("a log's folder held leftovers of a crash");
        TRY(remove_if_there(disk_, join_path(log_->folder(), entry.name)));
    }
    std::erase_if(names, [&](const std::string& name) {
        if (!name.ends_with(kSwapSuffix)) return false;
        const std::string swap = std::string(kLogSuffix) + std::string(kSwapSuffix);
        const auto base = parse_segment_file_name(name, swap);
        const bool unfinished = base && *base >= first_unfinished;
        if (unfinished) to_remove_.push_back(name);
        return unfinished;
    });
    for (const std::string& name : to_remove_) {
        TRY(remove_if_there(disk_, join_path(log_->folder(), name)));
    }
    TRY(finish_swaps(names));
    return names;
}

/// A `.log.swap` is whole: it takes the place of the segments whose offsets it covers.
Result<void, StorageError> LogLoader::finish_swaps(std::set<std::string>& names) {
    const std::string& folder = log_->folder();
    std::vector<std::string> swaps;
    for (const std::string& name : names) {
        if (name.ends_with(kSwapSuffix)) swaps.push_back(name);
    }
    const std::string log_swap = std::string(kLogSuffix) + std::string(kSwapSuffix);
    for (const std::string& name : swaps) {
        const auto base = parse_segment_file_name(name, log_swap);
        if (!base) continue;
        PROBE("a swapped segment was put in place at start");
        const FileRef file = TRY(disk_.open(join_path(folder, name), OpenMode::read));
        BatchScanner scanner(file, 0, TRY(file->size()));
        Offset end = *base + 1;
        while (true) {
            const auto batch = scanner.next_header();
            if (!batch) return fail(StorageError(fmt::format("{}/{} is damaged", folder, name)));
            if (!*batch) break;
            end = Offset((*batch)->header.next_offset());
        }
        const std::set<std::string> before = names;
        for (const std::string& other : before) {
            for (const std::string_view suffix : kSegmentSuffixes) {
                const auto other_base = parse_segment_file_name(other, suffix);
                if (!other_base || *other_base < *base || *other_base >= end) continue;
                TRY(remove_if_there(disk_, join_path(folder, other)));
                names.erase(other);
            }
        }
    }
    for (const std::string& name : swaps) {
        const std::string target = name.substr(0, name.size() - kSwapSuffix.size());
        TRY(disk_.rename(join_path(folder, name), join_path(folder, target)));
        names.erase(name);
        names.insert(target);
    }
    if (!swaps.empty()) TRY(disk_.sync_dir(folder));
    return {};
}

Result<void, StorageError> LogLoader::open_segments(const std::set<std::string>& names) {
    const std::string& folder = log_->folder();
    for (const std::string& name : names) {
        const auto base = parse_segment_file_name(name, kLogSuffix);
        if (!base) continue;
        SegmentRef segment = TRY(Segment::open(disk_, folder, *base, log_->now_ms()));
        segment->set_entry_durable();
        log_->segments_.emplace(*base, std::move(segment));
    }
    for (const std::string& name : names) {
        for (const std::string_view suffix : kSegmentSuffixes) {
            const auto base = parse_segment_file_name(name, suffix);
            if (!base || log_->segments_.contains(*base)) continue;
            PROBE("an index had lost its log");
            TRY(remove_if_there(disk_, join_path(folder, name)));
        }
    }
    if (log_->segments_.empty()) {
        const Offset base = log_->log_start_offset_;
        SegmentRef segment = TRY(Segment::create(disk_, folder, base, log_->now_ms()));
        log_->segments_.emplace(base, std::move(segment));
    }
    return {};
}

Result<void, StorageError> LogLoader::load_epochs() {
    const std::string path = join_path(log_->folder(), kEpochCheckpointName);
    const auto content = TRY(read_file_if_there(disk_, path));
    if (!content) return {};
    const auto entries = parse_epoch_checkpoint(content->text());
    if (!entries) return fail(StorageError(fmt::format("{} is damaged", path)));
    log_->epochs_ = LeaderEpochCache(*entries);
    return {};
}

// Recovery. --------------------------------------------------------------------------------------

Result<void, StorageError> LogLoader::recover() {
    auto at = log_->segments_.upper_bound(log_->recovery_point_);
    if (at != log_->segments_.begin()) --at;
    const Offset first = at->first;
    TRY(log_->rebuild_producers(first));
    for (const Offset snapshot : TRY(log_->list_snapshots())) {
        if (snapshot <= first) continue;
        const std::string name = segment_file_name(snapshot, kSnapshotSuffix);
        TRY(remove_if_there(disk_, join_path(log_->folder(), name)));
    }
    log_->next_offset_ = first;
    for (; at != log_->segments_.end(); ++at) {
        Segment& segment = *at->second;
        log_->next_offset_ = std::max(log_->next_offset_, at->first);
        log_->producers_.advance(log_->next_offset_);
        if (at->first != first && !log_->write_snapshot(at->first)) return fail(*log_->failure_);
        const bool whole = TRY(recover_segment(segment));
        if (!whole) {
            // In this order: while the damage is there, the next attempt comes here again.
            PROBE("recovery cut a torn tail");
            TRY(drop_segments_after(at->first));
            TRY(segment.cut_file());
        }
        TRY(write_again(segment));
        TRY(segment.sync());
        TRY(segment.write_indexes(true));
        segment.set_entry_durable();
        if (!whole) break;
    }
    TRY(disk_.sync_dir(log_->folder()));
    if (log_->recovery_point_ > log_->next_offset_) PROBE("what was durable is missing");
    runtime_.trace().event("log_recovered", "partition={} from={} log_end_offset={}",
                           log_->partition(), first, log_->next_offset_);
    return {};
}

Result<bool, StorageError> LogLoader::recover_segment(Segment& segment) {
    const std::uint64_t size = segment.size();
    const std::int32_t interval = log_->config().index_interval_bytes;
    segment.restart_indexes();
    BatchScanner scanner(segment.file(), 0, size);
    while (true) {
        const auto batch = scanner.next_batch();
        if (!batch && batch.error() == ScanError::io_failed) return fail(IoError::io_failed);
        if (!batch || !*batch) break;
        const BatchHeader& header = (*batch)->header;
        if (!records::has_valid_crc((*batch)->bytes) && !PLANTED(keep_torn_tail)) break;
        const std::int64_t relative = header.last_offset() - segment.base_offset().value();
        if (header.base_offset < log_->next_offset_.value()) break;
        if (relative > std::numeric_limits<std::int32_t>::max()) break;
        const auto marker =
            read_end_transaction_marker(header, (*batch)->bytes.span().subspan(kBatchHeaderSize));
        if (!marker) break;
        const Offset end(header.next_offset());
        if (header.has_producer_id()) {
            auto update = log_->producers_.prepare(header, *marker, AppendOrigin::replication);
            CHECK(update.has_value());
            log_->take_update(segment, *std::move(update), end);
        } else {
            log_->producers_.advance(end);
        }
        const LeaderEpoch epoch(header.partition_leader_epoch);
        const auto latest = log_->epochs_.latest();
        if (epoch > kNoLeaderEpoch && (!latest || epoch > latest->epoch)) {
            log_->epochs_.assign(epoch, Offset(header.base_offset));
            log_->epochs_dirty_ = true;
        }
        segment.note_batch(header, interval);
        log_->next_offset_ = end;
    }
    return segment.size() == size;
}

/// Before the stop a sync may have failed. Its pages may be on no platter and yet in the cache,
/// clean, so that no later sync would write them. Written again they are dirty, and the next sync
/// means it.
Result<void, StorageError> LogLoader::write_again(Segment& segment) {
    constexpr std::uint64_t kChunk = 1 << 20;
    for (std::uint64_t position = 0; position < segment.size(); position += kChunk) {
        const auto size = static_cast<std::size_t>(std::min(kChunk, segment.size() - position));
        const Bytes chunk = TRY(segment.file()->read(position, size));
        TRY(segment.file()->write(position, chunk));
    }
    return {};
}

Result<void, StorageError> LogLoader::drop_segments_after(Offset base_offset) {
    auto& segments = log_->segments_;
    if (std::next(segments.find(base_offset)) == segments.end()) return {};
    PROBE("recovery dropped segments behind a damaged one");
    while (segments.rbegin()->first > base_offset) {
        TRY(segments.rbegin()->second->remove_files(""));
        segments.erase(std::prev(segments.end()));
    }
    TRY(disk_.sync_dir(log_->folder()));
    return {};
}

/// All that is left of the log lies below its start: it begins anew there.
Result<void, StorageError> LogLoader::start_at_log_start() {
    PROBE("a log ended below its start");
    const Offset base = log_->log_start_offset_;
    // They speak of batches whose successors are lost: of transactions that would never end.
    for (const Offset snapshot : TRY(log_->list_snapshots())) {
        const std::string name = segment_file_name(snapshot, kSnapshotSuffix);
        TRY(remove_if_there(disk_, join_path(log_->folder(), name)));
    }
    while (!log_->segments_.empty()) {
        TRY(log_->segments_.rbegin()->second->remove_files(""));
        log_->segments_.erase(std::prev(log_->segments_.end()));
    }
    SegmentRef segment = TRY(Segment::create(disk_, log_->folder(), base, log_->now_ms()));
    // Before a checkpoint may forget the log start, which from now on the segment's name tells.
    TRY(disk_.sync_dir(log_->folder()));
    segment->set_entry_durable();
    log_->segments_.emplace(base, std::move(segment));
    log_->next_offset_ = base;
    log_->producers_.reset(base);
    log_->epochs_.clear();  // of no batch that follows
    log_->epochs_dirty_ = true;
    return {};
}

/// Only the snapshots where segments begin are of use, and the newest.
Result<void, StorageError> LogLoader::tidy_snapshots() {
    const std::vector<Offset> snapshots = TRY(log_->list_snapshots());
    for (std::size_t i = 0; i < snapshots.size(); ++i) {
        const bool newest = i + 1 == snapshots.size() && snapshots[i] <= log_->next_offset_;
        if (newest || log_->segments_.contains(snapshots[i])) continue;
        const std::string name = segment_file_name(snapshots[i], kSnapshotSuffix);
        TRY(remove_if_there(disk_, join_path(log_->folder(), name)));
    }
    return {};
}

// Producers. -------------------------------------------------------------------------------------

/// In rising order.
Result<std::vector<Offset>, IoError> Log::list_snapshots() {
    std::vector<Offset> offsets;
    for (const DirectoryEntry& entry : TRY(runtime_.disk().list(folder()))) {
        if (entry.is_directory) continue;
        if (const auto offset = parse_segment_file_name(entry.name, kSnapshotSuffix)) {
            offsets.push_back(*offset);
        }
    }
    return offsets;
}

/// The state of the producers at `end_offset`: the newest good snapshot at or below it, and what
/// follows. Without a snapshot all that the files hold counts, also below the log's start, as it
/// does while the log grows.
Result<void, StorageError> Log::rebuild_producers(Offset end_offset) {
    Disk& disk = runtime_.disk();
    std::vector<Offset> snapshots = TRY(list_snapshots());
    producers_.reset(std::min(segments_.begin()->first, end_offset));
    while (!snapshots.empty()) {
        const Offset offset = snapshots.back();
        snapshots.pop_back();
        if (offset > end_offset) continue;
        const std::string path = join_path(folder(), segment_file_name(offset, kSnapshotSuffix));
        const Bytes content = TRY(read_file(disk, path));
        if (const auto entries = decode_producer_snapshot(content)) {
            producers_.load(*entries, offset, now_ms());
            break;
        }
        PROBE("a producer snapshot was damaged");
        TRY(disk.remove(path));
    }
    const Offset start = producers_.end_offset();
    auto at = segments_.upper_bound(start);
    if (at != segments_.begin()) --at;
    for (; at != segments_.end() && at->first < end_offset; ++at) {
        TRY(replay_producers(*at->second, start, end_offset));
    }
    producers_.advance(std::max(end_offset, producers_.end_offset()));
    return {};
}

Result<void, StorageError> Log::replay_producers(Segment& segment, Offset from, Offset to) {
    const auto first = segment.find(from);
    if (!first) return fail(to_storage_error(first.error(), segment));
    if (!*first) return {};
    BatchScanner scanner(segment.file(), (*first)->position, segment.size());
    while (true) {
        const auto batch = scanner.next_header();
        if (!batch) return fail(to_storage_error(batch.error(), segment));
        if (!*batch || (*batch)->header.base_offset >= to.value()) return {};
        const BatchHeader& header = (*batch)->header;
        const Offset end(header.next_offset());
        if (!header.has_producer_id()) {
            producers_.advance(end);
            continue;
        }
        Bytes bytes;
        if (header.is_control()) {
            bytes = TRY(segment.file()->read((*batch)->position, header.size_in_bytes()));
            if (bytes.size() < header.size_in_bytes()) {
                return fail(to_storage_error(ScanError::damaged, segment));
            }
            bytes = bytes.suffix(kBatchHeaderSize);
        }
        const auto marker = read_end_transaction_marker(header, bytes);
        if (!marker) return fail(to_storage_error(ScanError::damaged, segment));
        auto update = producers_.prepare(header, *marker, AppendOrigin::replication);
        CHECK(update.has_value());
        producers_.apply(*std::move(update), end);
    }
}

}  // namespace gregor::log
