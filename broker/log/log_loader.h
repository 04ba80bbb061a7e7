// LogLoader: opening a log: sorts out what a crash left in its folder, recovers what may be torn,
// and folds leader epochs and producers again.
//
//     1. files that were on their way out (.deleted, .tmp) or in (.cleaned, .swap) are finished or
//        removed
//     2. after an unclean stop, from the segment that holds the recovery point on:
//
//          sealed        recovery point
//        |--------|--------|---v------------|-------------x~~~~~~|
//                          |<-- every batch: checksum, offsets -->| cut at the first that is bad;
//                                                                   later segments go
//     3. producers: the newest snapshot at or below the end, and the batches after it
#pragma once

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "broker/log/log.h"

namespace gregor::log {

class LogLoader {
public:
    LogLoader(Runtime& runtime, LogOptions options);

    [[nodiscard]] Result<std::unique_ptr<Log>, StorageError> load();

private:
    [[nodiscard]] Result<std::set<std::string>, StorageError> tidy_folder();
    [[nodiscard]] Result<void, StorageError> finish_swaps(std::set<std::string>& names);
    [[nodiscard]] Result<void, StorageError> open_segments(const std::set<std::string>& names);
    [[nodiscard]] Result<void, StorageError> load_epochs();
    [[nodiscard]] Result<void, StorageError> recover();
    /// False when the segment was cut.
    [[nodiscard]] Result<bool, StorageError> recover_segment(Segment& segment);
    [[nodiscard]] Result<void, StorageError> write_again(Segment& segment);
    [[nodiscard]] Result<void, StorageError> drop_segments_after(Offset base_offset);
    [[nodiscard]] Result<void, StorageError> start_at_log_start();
    [[nodiscard]] Result<void, StorageError> tidy_snapshots();

    Runtime& runtime_;
    Disk& disk_;
    std::unique_ptr<Log> log_;
    std::vector<std::string> to_remove_;
};

}  // namespace gregor::log
