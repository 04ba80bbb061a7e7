// ReplicaManager: replicas that move to another log directory of this broker (KIP-113).
//
//     log ──read──> copy, beside it ──caught up──> appends wait, the rest is copied ──> swapped
//
// One fiber moves one replica at a time; it ends when there is nothing to move. The log is written
// to, truncated and led as ever meanwhile; the copy follows it as a follower does its leader.
#include <limits>
#include <mutex>
#include <utility>

#include "broker/replication/replica_manager.h"
#include "sim/base/probe.h"

namespace gregor::replication {

namespace {

constexpr std::size_t kMaxFolderName = 255;
constexpr std::size_t kUniqueSize = 33;  // a dot and 32 digits
constexpr LeaderEpoch kAnyEpoch{std::numeric_limits<std::int32_t>::max()};

/// Makes the copy one that the log only needs to be appended to.
Result<void, ErrorCode> align(const log::Log& log, log::Log& copy) {
    const Offset start = log.log_start_offset();
    const Offset end = copy.log_end_offset();
    if (end < start) return copy.truncate_fully_and_start_at(start);
    const auto latest = copy.leader_epochs().latest();
    if (!latest) {
        if (end <= log.log_end_offset()) return {};
        return copy.truncate_to(log.log_end_offset());
    }
    const auto diverging =
        compare_history(log.leader_epochs(), start, log.log_end_offset(), latest->epoch, end);
    if (diverging && !*diverging) return {};
    PROBE("a copy in another directory left its log's history");
    const Offset cut =
        diverging ? truncation_offset(copy.leader_epochs(), end, **diverging) : Offset(-1);
    if (cut >= start && cut < end) return copy.truncate_to(cut);
    return copy.truncate_fully_and_start_at(start);
}

}  // namespace

ErrorCode ReplicaManager::move_to_directory(const TopicPartition& partition,
                                            const std::string& path) {
    const std::size_t added = kUniqueSize + log::kFutureFolderSuffix.size();
    if (fmt::format("{}", partition).size() + added > kMaxFolderName) {
        return ErrorCode::invalid_topic_exception;
    }
    const std::unique_lock lock(hosting_);
    const auto folder = logs_.find_folder(path);
    if (!folder) return ErrorCode::log_dir_not_found;
    if (logs_.has_failed(*folder)) return ErrorCode::kafka_storage_error;
    const HostedRef hosted = find(partition);
    if (hosted == nullptr) {
        logs_.prefer_folder(partition, *folder);
        return ErrorCode::unknown_topic_or_partition;
    }
    if (hosted->state.is_offline()) return ErrorCode::kafka_storage_error;
    const bool is_on_its_way = logs_.find_future(partition) != nullptr;
    if (is_on_its_way && logs_.future_folder_of(partition) == *folder) return ErrorCode::none;
    if (!logs_.remove_future(partition)) return ErrorCode::kafka_storage_error;
    if (logs_.folder_of(partition) == *folder) return ErrorCode::none;
    if (!logs_.create_future(partition, *folder)) return ErrorCode::kafka_storage_error;
    look_for_moves();
    return ErrorCode::none;
}

void ReplicaManager::look_for_moves() {
    if (std::exchange(is_moving_, true)) return;
    runtime_.tasks().spawn("replica mover", [this] { move_replicas(); });
}

void ReplicaManager::move_replicas() {
    while (!shut_down_) {
        const HostedRef hosted = next_to_move();
        if (hosted == nullptr) break;
        const auto moved = move_one(hosted);
        if (moved || shut_down_) continue;
        runtime_.trace().event("move_failed", "partition={} error={}", hosted->partition,
                               moved.error());
        // A disk that fails is known by its log. What else cannot be copied stays where it is.
        if (moved.error() != ErrorCode::kafka_storage_error) call_off(*hosted);
        else runtime_.clock().sleep_for(options_.fetcher.backoff);
    }
    is_moving_ = false;
}

void ReplicaManager::call_off(const HostedPartition& hosted) {
    PROBE("a replica could not be moved");
    const std::unique_lock lock(hosting_);
    if (find(hosted.partition).get() == &hosted) {
        static_cast<void>(logs_.remove_future(hosted.partition));
    }
}

/// The first one whose log and copy are both well.
HostedRef ReplicaManager::next_to_move() const {
    for (const auto& [partition, hosted] : hosted_) {
        const log::LogRef copy = logs_.find_future(partition);
        if (copy == nullptr || hosted->state.is_offline()) continue;
        if (!copy->failure() && !hosted->log->failure()) return hosted;
    }
    return nullptr;
}

bool ReplicaManager::is_moving(const HostedPartition& hosted, const log::LogRef& copy) const {
    const HostedRef found = find(hosted.partition);
    return found.get() == &hosted && !hosted.state.is_offline() &&
           logs_.find_future(hosted.partition) == copy && !shut_down_;
}

/// No error: it has moved, or is not to any more.
Result<void, ErrorCode> ReplicaManager::move_one(const HostedRef& hosted) {
    const log::LogRef copy = logs_.find_future(hosted->partition);
    TRY(catch_up(*hosted, copy));
    // Most is durable before appends wait.
    if (!is_moving(*hosted, copy)) return {};
    TRY(copy->flush());
    const std::unique_lock lock(hosting_);
    if (!is_moving(*hosted, copy)) return {};
    hosted->swapping = true;
    quiesce(*hosted);
    const auto swapped = swap(*hosted, copy);
    hosted->changing = false;
    hosted->swapping = false;
    hosted->appends_done.notify_all();
    if (hosted->state.is_follower()) fetchers_.role_changed(hosted);
    return swapped;
}

Result<void, ErrorCode> ReplicaManager::catch_up(const HostedPartition& hosted,
                                                 const log::LogRef& copy) {
    const log::LogRef log = hosted.log;
    while (is_moving(hosted, copy)) {
        TRY(align(*log, *copy));
        copy->advance_log_start(log->log_start_offset());
        copy->set_high_watermark(log->high_watermark());
        if (copy->log_end_offset() >= log->log_end_offset()) break;
        const auto read = TRY(log->read({.offset = copy->log_end_offset(),
                                         .max_bytes = options_.fetcher.max_bytes,
                                         .upper_bound = log->log_end_offset()}));
        if (read.records.file == nullptr) return fail(ErrorCode::offset_not_available);
        const auto bytes = read.records.file->read(read.records.position, read.records.size);
        if (!bytes) return fail(ErrorCode::kafka_storage_error);
        const Offset before = copy->log_end_offset();
        const auto appended = copy->append_as_follower(*bytes, kAnyEpoch);
        if (!appended && copy->log_end_offset() == before) return fail(appended.error());
    }
    return {};
}

/// Nothing is appended meanwhile, and the role stays.
Result<void, ErrorCode> ReplicaManager::swap(HostedPartition& hosted, const log::LogRef& copy) {
    TRY(catch_up(hosted, copy));
    if (!is_moving(hosted, copy)) return {};
    auto swapped = logs_.swap_in_future(hosted.partition);
    if (swapped) {
        hosted.log = *std::move(swapped);
        hosted.log->set_config(hosted.config);
        progressed(hosted, 0);
        runtime_.trace().event("replica_moved", "partition={} folder={}", hosted.partition,
                               hosted.log->folder());
        return {};
    }
    if (logs_.find(hosted.partition) != hosted.log) {
        PROBE("a replica was lost on its way to another directory");
        log_failed(hosted);
    } else {
        // The copy takes no more writes.
        static_cast<void>(logs_.remove_future(hosted.partition));
    }
    return fail(ErrorCode::kafka_storage_error);
}

}  // namespace gregor::replication
