// LogManager: logs on their way to another directory.
#include <algorithm>
#include <memory>
#include <utility>

#include "broker/log/log_manager.h"
#include "sim/base/probe.h"

namespace gregor::log {

namespace {

/// Partitions that are not there, perhaps never: anybody may ask for them.
constexpr std::size_t kMaxPreferred = 10'000;

}  // namespace

std::optional<TopicPartition> parse_future_folder(std::string_view name) {
    if (!name.ends_with(kFutureFolderSuffix)) return std::nullopt;
    const std::size_t dot = name.rfind('.');
    if (dot == std::string_view::npos) return std::nullopt;
    return parse_partition_folder(name.substr(0, dot));
}

std::optional<std::size_t> LogManager::find_folder(std::string_view path) const {
    for (std::size_t i = 0; i < directories_.size(); ++i) {
        if (directories_[i].path == path) return i;
    }
    return std::nullopt;
}

std::size_t LogManager::folder_of(const TopicPartition& partition) const {
    return logs_.at(partition).directory;
}

void LogManager::prefer_folder(const TopicPartition& partition, std::size_t folder) {
    const bool is_full = preferred_.size() >= kMaxPreferred && !preferred_.contains(partition);
    if (is_full || logs_.contains(partition)) return;
    preferred_.insert_or_assign(partition, folder);
}

LogRef LogManager::find_future(const TopicPartition& partition) const {
    const auto at = futures_.find(partition);
    return at == futures_.end() ? nullptr : at->second.log;
}

std::size_t LogManager::future_folder_of(const TopicPartition& partition) const {
    return futures_.at(partition).directory;
}

std::vector<TopicPartition> LogManager::futures_in(std::size_t folder) const {
    std::vector<TopicPartition> partitions;
    for (const auto& [partition, entry] : futures_) {
        if (entry.directory == folder) partitions.push_back(partition);
    }
    return partitions;
}

// At the start. -----------------------------------------------------------------------------------

/// When every log is open that can be.
Result<void, StorageError> LogManager::take_in_futures() {
    for (const FoundFuture& found : std::exchange(found_futures_, {})) {
        if (directories_[found.directory].failed) continue;
        const auto taken = take_in_future(found);
        if (taken) continue;
        if (!taken.error().io) return taken;
        directory_failed(found.directory, *taken.error().io);
    }
    return {};
}

Result<void, StorageError> LogManager::take_in_future(const FoundFuture& found) {
    const auto& [partition, directory, folder_name] = found;
    Directory& home = directories_[directory];
    const std::string folder = join_path(home.path, folder_name);
    const auto at = logs_.find(partition);
    if (at == logs_.end()) {
        // The log may be in a directory that has failed.
        const bool may_be_elsewhere =
            offline_.contains(partition) ||
            std::ranges::any_of(directories_, [](const auto& one) { return one.unread; });
        if (may_be_elsewhere) return {};
        PROBE("a copy of a log was found in the log's place");
        TRY(disk_.rename(folder, join_path(home.path, fmt::format("{}", partition))));
        TRY(disk_.sync_dir(home.path));
        take_in(partition, directory);
        return {};
    }
    if (at->second.directory != directory && !futures_.contains(partition)) {
        auto opened = open_log(partition, directory, folder_name, home.clean);
        if (opened && opened->topic_id == at->second.topic_id) {
            PROBE("a copy of a log was found beside the log");
            futures_.emplace(partition, *std::move(opened));
            return {};
        }
        if (!opened && opened.error().io) return fail(opened.error());
    }
    return retire_folder(directory, partition, folder, kDeleteFolderSuffix, Duration::zero());
}

// While the node runs. ----------------------------------------------------------------------------

Result<LogRef, StorageError> LogManager::create_future(const TopicPartition& partition,
                                                       std::size_t folder) {
    const std::optional<protocol::TopicId> topic_id = logs_.at(partition).topic_id;
    CHECK(!futures_.contains(partition), "{} is on its way already", partition);
    CHECK(folder_of(partition) != folder && !directories_[folder].failed);
    Directory& home = directories_[folder];
    const std::string name = leaving_folder_name(partition, random_uuid(), kFutureFolderSuffix);
    const std::string path = join_path(home.path, name);
    const auto made = [&]() -> Result<Entry, StorageError> {
        TRY(drop_from_checkpoints(folder, partition));
        TRY(create_folder_durably(disk_, path));
        if (topic_id) {
            const Bytes text = Bytes::copy_of(format_partition_metadata(*topic_id));
            TRY(write_file_atomically(disk_, path, kPartitionMetadataName, text));
        }
        return open_log(partition, folder, name, false);
    };
    auto entry = made();
    if (!entry) {
        if (entry.error().io) directory_failed(folder, *entry.error().io);
        return fail(entry.error());
    }
    // The log may have been given up while the disk worked.
    if (!logs_.contains(partition)) {
        entry->log->abandon();
        TRY(retire_folder(folder, partition, path, kDeleteFolderSuffix, Duration::zero()));
        return fail(StorageError(fmt::format("{} is gone", partition)));
    }
    LogRef log = entry->log;
    futures_.emplace(partition, *std::move(entry));
    runtime_.trace().event("future_log_created", "partition={} folder={}", partition, path);
    return log;
}

Result<void, StorageError> LogManager::remove_future(const TopicPartition& partition) {
    const auto at = futures_.find(partition);
    if (at == futures_.end()) return {};
    const LogRef copy = at->second.log;
    const std::size_t directory = at->second.directory;
    copy->abandon();
    futures_.erase(at);
    // Of a directory that has failed nobody asks any more; the next start finds it.
    if (directories_[directory].failed) return {};
    TRY(retire_folder(directory, partition, copy->folder(), kDeleteFolderSuffix,
                      std::chrono::milliseconds(copy->config().file_delete_delay_ms)));
    runtime_.trace().event("future_log_removed", "partition={}", partition);
    return {};
}

Result<LogRef, StorageError> LogManager::swap_in_future(const TopicPartition& partition) {
    const auto storage_error = [&] {
        return fail(StorageError(fmt::format("a directory of {} has failed", partition)));
    };
    const LogRef log = logs_.at(partition).log;
    const LogRef copy = futures_.at(partition).log;
    const std::size_t from = logs_.at(partition).directory;
    const std::size_t to = futures_.at(partition).directory;
    const std::optional<protocol::TopicId> topic_id = logs_.at(partition).topic_id;
    CHECK(copy->log_end_offset() == log->log_end_offset(), "{} ends at {}, its copy at {}",
          partition, log->log_end_offset(), copy->log_end_offset());
    copy->inherit_marks(*log);
    // All that the log may have promised stands behind the copy before the log goes.
    if (!copy->close()) return storage_error();
    TRY(checkpoint_log_offsets());
    TRY(checkpoint_high_watermarks());
    log->abandon();
    logs_.erase(partition);
    const auto retired =
        retire_folder(from, partition, log->folder(), kDeleteFolderSuffix,
                      std::chrono::milliseconds(log->config().file_delete_delay_ms));
    futures_.erase(partition);
    if (!retired) {
        // Which of the two the next start finds is not known.
        offline_.insert_or_assign(partition, retired.error().text);
        if (retired.error().io) directory_failed(from, *retired.error().io);
        return fail(retired.error());
    }
    const std::string name = fmt::format("{}", partition);
    const std::string& home = directories_[to].path;
    const auto opened = [&]() -> Result<Entry, StorageError> {
        if (directories_[to].failed) return storage_error();
        TRY(disk_.rename(copy->folder(), join_path(home, name)));
        TRY(disk_.sync_dir(home));
        return open_log(partition, to, name, true);
    }();
    if (!opened) {
        offline_.insert_or_assign(partition, opened.error().text);
        cannot_open(partition, to, opened.error());
        return fail(opened.error());
    }
    opened->log->inherit_state(*log);
    logs_.emplace(partition, Entry{opened->log, to, topic_id});
    runtime_.trace().event("future_log_swapped_in", "partition={} folder={}", partition,
                           opened->log->folder());
    return opened->log;
}

/// Renames a log's folder out of the way, durably; one that is to be deleted is, after `delay`.
Result<void, StorageError> LogManager::retire_folder(std::size_t directory,
                                                     const TopicPartition& partition,
                                                     const std::string& folder,
                                                     std::string_view suffix, Duration delay) {
    const std::string& home = directories_[directory].path;
    const std::string retired =
        join_path(home, leaving_folder_name(partition, random_uuid(), suffix));
    TRY(disk_.rename(folder, retired));
    if (suffix == kDeleteFolderSuffix) {
        leaving_.push_back({retired, deadline_after(runtime_.clock().now(), delay)});
    }
    TRY(disk_.sync_dir(home));
    return {};
}

}  // namespace gregor::log
