#include "broker/log/log_manager.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "sim/base/planted.h"
#include "sim/base/probe.h"

namespace gregor::log {

namespace {

constexpr std::string_view kLockName = ".lock";
constexpr std::string_view kMetaPropertiesName = "meta.properties";
constexpr std::string_view kCleanShutdownName = ".kafka_cleanshutdown";
constexpr std::string_view kRecoveryPointName = "recovery-point-offset-checkpoint";
constexpr std::string_view kLogStartName = "log-start-offset-checkpoint";
constexpr std::string_view kHighWatermarkName = "replication-offset-checkpoint";

/// After a deleted log's folder could not be removed.
constexpr Duration kRemoveAgain = 1s;

std::optional<Offset> find_offset(const OffsetCheckpoint& offsets,
                                  const TopicPartition& partition) {
    const auto at = offsets.find(partition);
    if (at == offsets.end()) return std::nullopt;
    return at->second;
}

}  // namespace

std::optional<TopicPartition> parse_partition_folder(std::string_view name) {
    const std::size_t dash = name.rfind('-');
    if (dash == std::string_view::npos || dash == 0) return std::nullopt;
    const std::string_view digits = name.substr(dash + 1);
    std::int32_t partition = 0;
    const auto [end, error] =
        std::from_chars(digits.data(), digits.data() + digits.size(), partition);
    if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
    if (digits.starts_with('-')) return std::nullopt;
    return TopicPartition{std::string(name.substr(0, dash)), partition};
}

std::string leaving_folder_name(const TopicPartition& partition, const protocol::Uuid& unique,
                                std::string_view suffix) {
    constexpr std::size_t kMaxName = 255;
    const std::string tail =
        fmt::format("-{}.{}{}", partition.partition, to_hex(unique.bytes), suffix);
    return partition.topic.substr(0, kMaxName - tail.size()) + tail;
}

Result<std::unique_ptr<LogManager>, StorageError> LogManager::open(Runtime& runtime,
                                                                   LogManagerOptions options) {
    CHECK(!options.folders.empty());
    std::unique_ptr<LogManager> manager(new LogManager(runtime, std::move(options)));
    TRY(manager->open_directories());
    manager->note_previous_epoch();
    for (std::size_t i = 0; i < manager->directories_.size(); ++i) {
        if (manager->directories_[i].failed) continue;
        const auto opened = manager->open_logs(i);
        if (opened) continue;
        if (!opened.error().io || manager->directories_.size() == 1) return fail(opened.error());
        manager->directories_[i].unread = true;
        manager->directory_failed(i, *opened.error().io);
    }
    TRY(manager->take_in_futures());
    return manager;
}

// The directories. -------------------------------------------------------------------------------

/// One that cannot be read is done without, as long as there are others.
Result<void, StorageError> LogManager::open_directories() {
    for (const std::string& path : options_.folders) directories_.emplace_back().path = path;
    std::optional<StorageError> last;
    for (std::size_t i = 0; i < directories_.size(); ++i) {
        const auto opened = open_directory(directories_[i]);
        if (opened) continue;
        const std::optional<IoError> io = opened.error().io;
        if (!io || *io == IoError::locked || directories_.size() == 1) return opened;
        last = opened.error();
        directories_[i].unread = true;
        directory_failed(i, *io);
    }
    const bool any = std::ranges::any_of(directories_, [](const auto& one) { return !one.failed; });
    if (!any) return fail(*last);
    return {};
}

Result<void, StorageError> LogManager::open_directory(Directory& directory) {
    const std::string& path = directory.path;
    TRY(create_folder_durably(disk_, path));
    directory.lock = TRY(disk_.lock(join_path(path, kLockName)));
    TRY(check_identity(directory));
    TRY(take_clean_shutdown(directory));
    directory.recovery_points = TRY(read_checkpoint(directory, kRecoveryPointName));
    directory.log_starts = TRY(read_checkpoint(directory, kLogStartName));
    directory.high_watermarks = TRY(read_checkpoint(directory, kHighWatermarkName));
    return {};
}

/// One that was not shut down cleanly, or cannot be read, may have lost what was promised.
void LogManager::note_previous_epoch() {
    std::int64_t epoch = -1;
    for (const Directory& directory : directories_) {
        if (!directory.clean) return;
        epoch = std::max(epoch, directory.broker_epoch);
    }
    if (epoch >= 0) previous_broker_epoch_ = epoch;
}

/// Its logs fail with it.
void LogManager::directory_failed(std::size_t directory, IoError error) {
    Directory& failed = directories_[directory];
    if (std::exchange(failed.failed, true)) return;
    PROBE("a log directory failed");
    DirectoryFailure failure{.path = failed.path, .id = failed.id, .error = error};
    for (const auto& [partition, entry] : logs_) {
        if (entry.directory != directory) continue;
        failure.partitions.push_back(partition);
        entry.log->fail_with_directory(error);
    }
    for (const auto& [partition, entry] : futures_) {
        if (entry.directory == directory) entry.log->fail_with_directory(error);
    }
    failure.is_last = std::ranges::all_of(directories_, [](const auto& one) { return one.failed; });
    runtime_.trace().event("log_directory_failed", "path={} error={} partitions={}", failed.path,
                           name(error), failure.partitions.size());
    if (options_.on_directory_failure) options_.on_directory_failure(failure);
}

Result<void, StorageError> LogManager::check_identity(Directory& directory) {
    const std::string path = join_path(directory.path, kMetaPropertiesName);
    MetaProperties properties;
    bool write = false;
    if (const auto content = TRY(read_file_if_there(disk_, path))) {
        const auto parsed = parse_meta_properties(content->text());
        if (!parsed) return fail(StorageError(path + " is damaged"));
        properties = *parsed;
        if (!properties.cluster_id.empty() && properties.cluster_id != options_.cluster_id) {
            return fail(StorageError(fmt::format("{} is of cluster {}, not {}", path,
                                                 properties.cluster_id, options_.cluster_id)));
        }
        if (properties.node_id && *properties.node_id != options_.node_id) {
            return fail(StorageError(fmt::format("{} is of node {}, not {}", path,
                                                 *properties.node_id, options_.node_id)));
        }
    } else {
        properties.cluster_id = options_.cluster_id;
        write = true;
    }
    if (!properties.node_id || !properties.directory_id) {
        properties.node_id = options_.node_id;
        properties.directory_id = random_uuid();
        write = true;
    }
    directory.id = *properties.directory_id;
    if (!write) return {};
    const Bytes text = Bytes::copy_of(format_meta_properties(properties));
    TRY(write_file_atomically(disk_, directory.path, kMetaPropertiesName, text));
    return {};
}

/// A clean shutdown counts once: the file goes before anything is written.
Result<void, StorageError> LogManager::take_clean_shutdown(Directory& directory) {
    const std::string path = join_path(directory.path, kCleanShutdownName);
    const auto content = TRY(read_file_if_there(disk_, path));
    if (!content) return {};
    const auto epoch = parse_clean_shutdown(content->text());
    directory.clean = epoch.has_value();
    directory.broker_epoch = epoch.value_or(-1);
    TRY(disk_.remove(path));
    TRY(disk_.sync_dir(directory.path));
    return {};
}

/// What is missing or damaged counts as empty: recovery then starts earlier.
Result<OffsetCheckpoint, StorageError> LogManager::read_checkpoint(const Directory& directory,
                                                                   std::string_view name) {
    const auto content = TRY(read_file_if_there(disk_, join_path(directory.path, name)));
    if (!content) return OffsetCheckpoint();
    auto offsets = parse_offset_checkpoint(content->text());
    if (!offsets) {
        PROBE("an offset checkpoint was damaged");
        runtime_.trace().event("checkpoint_damaged", "name={}", name);
        return OffsetCheckpoint();
    }
    return *std::move(offsets);
}

protocol::Uuid LogManager::random_uuid() {
    protocol::Uuid uuid;
    for (std::size_t i = 0; i < uuid.bytes.size(); ++i) {
        uuid.bytes[i] = static_cast<std::uint8_t>(runtime_.random().below(256));
    }
    // Version 4, variant 1; and never one that Kafka keeps for itself (a first byte of zero) or
    // that would begin with a dash as text.
    uuid.bytes[0] &= 0x7f;
    uuid.bytes[0] |= 0x40;
    uuid.bytes[6] = static_cast<std::uint8_t>((uuid.bytes[6] & 0x0f) | 0x40);
    uuid.bytes[8] = static_cast<std::uint8_t>((uuid.bytes[8] & 0x3f) | 0x80);
    return uuid;
}

// Opening logs. ----------------------------------------------------------------------------------

Result<void, StorageError> LogManager::open_logs(std::size_t directory) {
    const std::set<TopicPartition> found = TRY(find_logs(directory));
    TaskGroup loaders(runtime_.tasks(), "log loaders");
    auto next = found.begin();
    for (std::size_t i = 0; i < std::min(options_.logs_at_once, found.size()); ++i) {
        loaders.spawn("log loader", [&] {
            while (next != found.end()) take_in(*next++, directory);
        });
    }
    loaders.join();
    return {};
}

Result<std::set<TopicPartition>, StorageError> LogManager::find_logs(std::size_t directory) {
    const std::string& path = directories_[directory].path;
    std::set<TopicPartition> found;
    for (const DirectoryEntry& entry : TRY(disk_.list(path))) {
        if (!entry.is_directory) continue;
        if (entry.name.ends_with(kDeleteFolderSuffix)) {
            PROBE("a folder that was being deleted was found at start");
            leaving_.push_back({join_path(path, entry.name), runtime_.clock().now()});
            continue;
        }
        if (const auto future = parse_future_folder(entry.name)) {
            found_futures_.push_back({*future, directory, entry.name});
            continue;
        }
        const auto partition = parse_partition_folder(entry.name);
        if (!partition || partition->topic == kMetadataTopic) continue;
        const bool is_new = !logs_.contains(*partition) && found.insert(*partition).second;
        if (!is_new) return fail(StorageError(fmt::format("{} is there twice", *partition)));
    }
    return found;
}

/// It is open then, or offline.
void LogManager::take_in(const TopicPartition& partition, std::size_t directory) {
    const Directory& home = directories_[directory];
    if (!home.failed) {
        auto opened = open_log(partition, directory, fmt::format("{}", partition), home.clean);
        if (!opened) {
            offline_.insert_or_assign(partition, opened.error().text);
            cannot_open(partition, directory, opened.error());
            return;
        }
        if (!home.failed) {
            logs_.emplace(partition, *std::move(opened));
            return;
        }
        PROBE("a log directory failed while another log of it was opened");
    }
    offline_.insert_or_assign(partition, home.path + " has failed");
}

/// `was_closed`: nothing needs to be recovered.
Result<LogManager::Entry, StorageError> LogManager::open_log(const TopicPartition& partition,
                                                             std::size_t directory,
                                                             const std::string& folder_name,
                                                             bool was_closed) {
    const Directory& home = directories_[directory];
    const std::string folder = join_path(home.path, folder_name);
    std::optional<protocol::TopicId> topic_id;
    const std::string metadata_path = join_path(folder, kPartitionMetadataName);
    if (const auto content = TRY(read_file_if_there(disk_, metadata_path))) {
        topic_id = parse_partition_metadata(content->text());
        if (!topic_id) return fail(StorageError(metadata_path + " is damaged"));
    }
    LogRef log = TRY(Log::open(
        runtime_,
        {.partition = partition,
         .folder = folder,
         .config = options_.config_of(partition.topic),
         .log_start_offset = find_offset(home.log_starts, partition).value_or(Offset(0)),
         .recovery_point = find_offset(home.recovery_points, partition).value_or(Offset(0)),
         .clean_shutdown = was_closed,
         .producer_id_expiration_ms = options_.producer_id_expiration_ms,
         .on_failure = [this, directory](IoError error) { directory_failed(directory, error); }}));
    if (const auto mark = find_offset(home.high_watermarks, partition);
        mark && !PLANTED(high_watermark_not_restored)) {
        log->set_high_watermark(*mark);
    }
    return Entry{std::move(log), directory, topic_id};
}

LogRef LogManager::find(const TopicPartition& partition) const {
    const auto at = logs_.find(partition);
    return at == logs_.end() ? nullptr : at->second.log;
}

std::optional<protocol::TopicId> LogManager::topic_id(const TopicPartition& partition) const {
    const auto at = logs_.find(partition);
    return at == logs_.end() ? std::nullopt : at->second.topic_id;
}

std::vector<TopicPartition> LogManager::partitions() const {
    std::vector<TopicPartition> partitions;
    for (const auto& [partition, entry] : logs_) partitions.push_back(partition);
    return partitions;
}

std::vector<TopicPartition> LogManager::partitions_in(std::size_t folder) const {
    std::vector<TopicPartition> partitions;
    for (const auto& [partition, entry] : logs_) {
        if (entry.directory == folder) partitions.push_back(partition);
    }
    return partitions;
}

/// The one that was asked for, or the one with the fewest logs.
Result<std::size_t, StorageError> LogManager::directory_for_new_log(
    const TopicPartition& partition) const {
    std::vector<std::size_t> counts(directories_.size(), 0);
    for (const auto& [other, entry] : logs_) ++counts[entry.directory];
    std::optional<std::size_t> best;
    for (std::size_t i = 0; i < directories_.size(); ++i) {
        if (directories_[i].unread) {
            return fail(
                StorageError(directories_[i].path + " could not be read: the log may be in it"));
        }
        if (directories_[i].failed) continue;
        if (!best || counts[i] < counts[*best]) best = i;
    }
    if (!best) return fail(StorageError("every log directory has failed"));
    const auto preferred = preferred_.find(partition);
    if (preferred == preferred_.end() || directories_[preferred->second].failed) return *best;
    return preferred->second;
}

// Making and removing logs. ----------------------------------------------------------------------

/// Says so, and gives the whole directory up when it was the disk that refused.
void LogManager::cannot_open(const TopicPartition& partition, std::size_t directory,
                             const StorageError& error) {
    runtime_.trace().event("log_offline", "partition={} reason={}", partition, error.text);
    if (options_.on_offline) options_.on_offline(partition, error.text);
    if (error.io) directory_failed(directory, *error.io);
}

Result<LogRef, StorageError> LogManager::create(const TopicPartition& partition,
                                                const protocol::TopicId& topic_id) {
    if (const auto found = offline_.find(partition); found != offline_.end()) {
        return fail(StorageError(fmt::format("{} is offline: {}", partition, found->second)));
    }
    const auto at = logs_.find(partition);
    const std::size_t directory =
        at != logs_.end() ? at->second.directory : TRY(directory_for_new_log(partition));
    if (directories_[directory].failed) {
        return fail(StorageError(directories_[directory].path + " has failed"));
    }
    auto log = at != logs_.end() ? take_over(at->second, partition, topic_id)
                                 : make_log(partition, topic_id, directory);
    // Not tried in another directory: what was begun here may be whole after the next start.
    if (!log) cannot_open(partition, directory, log.error());
    return log;
}

Result<LogRef, StorageError> LogManager::take_over(Entry& entry, const TopicPartition& partition,
                                                   const protocol::TopicId& topic_id) {
    if (entry.topic_id && *entry.topic_id != topic_id) {
        return fail(StorageError(
            fmt::format("{} is of topic {}, not {}", partition, *entry.topic_id, topic_id)));
    }
    if (entry.topic_id) return entry.log;
    const Bytes text = Bytes::copy_of(format_partition_metadata(topic_id));
    TRY(write_file_atomically(disk_, entry.log->folder(), kPartitionMetadataName, text));
    entry.topic_id = topic_id;
    return entry.log;
}

Result<LogRef, StorageError> LogManager::make_log(const TopicPartition& partition,
                                                  const protocol::TopicId& topic_id,
                                                  std::size_t directory) {
    const std::string folder =
        join_path(directories_[directory].path, fmt::format("{}", partition));
    TRY(drop_from_checkpoints(directory, partition));
    // A log that was deleted, whose folder could not be renamed: this one would have its records,
    // or the next start would find two of the name.
    for (std::size_t i = 0; i < directories_.size(); ++i) {
        if (directories_[i].failed) continue;
        const std::string leftover = join_path(directories_[i].path, fmt::format("{}", partition));
        if (!TRY(disk_.exists(leftover))) continue;
        PROBE("the folder of a deleted log was in the next one's way");
        TRY(retire_folder(i, partition, leftover, kDeleteFolderSuffix, Duration::zero()));
    }
    TRY(create_folder_durably(disk_, folder));
    const Bytes text = Bytes::copy_of(format_partition_metadata(topic_id));
    TRY(write_file_atomically(disk_, folder, kPartitionMetadataName, text));
    Entry entry = TRY(open_log(partition, directory, fmt::format("{}", partition),
                               directories_[directory].clean));
    LogRef log = entry.log;
    logs_.insert_or_assign(partition, std::move(entry));
    preferred_.erase(partition);
    runtime_.trace().event("log_created", "partition={} topic_id={}", partition, topic_id);
    return log;
}

Result<void, StorageError> LogManager::remove(const TopicPartition& partition) {
    const LogRef log = find(partition);
    if (log == nullptr) return {};
    return leave(partition, kDeleteFolderSuffix,
                 std::chrono::milliseconds(log->config().file_delete_delay_ms));
}

Result<void, StorageError> LogManager::set_aside_stray(const TopicPartition& partition) {
    PROBE("a stray log was set aside");
    return leave(partition, kStrayFolderSuffix, Duration::zero());
}

Result<void, StorageError> LogManager::leave(const TopicPartition& partition,
                                             std::string_view suffix, Duration delay) {
    const auto at = logs_.find(partition);
    if (at == logs_.end()) return {};
    // A copy without its log would be taken for it.
    const Result<void, StorageError> copy = remove_future(partition);
    const LogRef log = at->second.log;
    const std::size_t directory = at->second.directory;
    log->abandon();
    logs_.erase(at);
    TRY(copy);
    TRY(retire_folder(directory, partition, log->folder(), suffix, delay));
    runtime_.trace().event("log_removed", "partition={}", partition);
    return {};
}

Result<void, IoError> LogManager::remove_folder(const std::string& path) {
    for (const DirectoryEntry& entry : TRY(disk_.list(path))) {
        const std::string inner = join_path(path, entry.name);
        if (entry.is_directory) {
            TRY(remove_folder(inner));
        } else {
            TRY(disk_.remove(inner));
        }
    }
    return disk_.remove(path);
}

// Ticks. -----------------------------------------------------------------------------------------

void LogManager::apply_retention() {
    for (const TopicPartition& partition : partitions()) {
        const LogRef log = find(partition);
        if (log == nullptr || log->failure()) continue;
        if (!log->delete_old_segments()) continue;  // shows in failure() if it is for good
        log->expire_producers();
    }
}

void LogManager::flush_due_logs() {
    for (const TopicPartition& partition : partitions()) {
        const LogRef log = find(partition);
        if (log == nullptr || log->failure()) continue;
        if (!log->flush_if_due()) PROBE("a flush by time failed");
    }
}

Result<void, StorageError> LogManager::write_checkpoint(
    std::string_view name, OffsetCheckpoint Directory::* last,
    const std::function<std::optional<Offset>(const Log&)>& value) {
    const std::unique_lock lock(checkpoints_);
    for (std::size_t i = 0; i < directories_.size(); ++i) {
        Directory& directory = directories_[i];
        if (directory.failed) continue;
        OffsetCheckpoint offsets;
        // A log that is offline keeps what was known of it.
        for (const auto& [partition, reason] : offline_) {
            if (const auto offset = find_offset(directory.*last, partition)) {
                offsets.insert_or_assign(partition, *offset);
            }
        }
        for (const auto* logs : {&logs_, &futures_}) {
            for (const auto& [partition, entry] : *logs) {
                if (entry.directory != i) continue;
                const auto offset = value(*entry.log);
                if (offset) offsets.insert_or_assign(partition, *offset);
            }
        }
        if (offsets == directory.*last) continue;
        const Bytes text = Bytes::copy_of(format_offset_checkpoint(offsets));
        TRY(write_file_atomically(disk_, directory.path, name, text));
        directory.*last = std::move(offsets);
        runtime_.trace().event("checkpoint_written", "name={}", name);
    }
    return {};
}

/// What they say of a log that is about to be made is of an earlier one: after a crash it would be
/// taken for the new one's.
Result<void, StorageError> LogManager::drop_from_checkpoints(std::size_t directory,
                                                             const TopicPartition& partition) {
    const Directory& home = directories_[directory];
    if (home.recovery_points.contains(partition) || home.log_starts.contains(partition)) {
        TRY(checkpoint_log_offsets());
    }
    if (home.high_watermarks.contains(partition)) TRY(checkpoint_high_watermarks());
    return {};
}

Result<void, StorageError> LogManager::checkpoint_log_offsets() {
    TRY(write_checkpoint(kRecoveryPointName, &Directory::recovery_points,
                         [](const Log& log) { return std::optional(log.recovery_point()); }));
    return checkpoint_log_starts();
}

Result<void, StorageError> LogManager::checkpoint_log_starts() {
    return write_checkpoint(kLogStartName, &Directory::log_starts, [](const Log& log) {
        const bool inside = log.log_start_offset() > log.first_segment_base();
        return inside ? std::optional(log.log_start_offset()) : std::nullopt;
    });
}

Result<void, StorageError> LogManager::checkpoint_high_watermarks() {
    return write_checkpoint(kHighWatermarkName, &Directory::high_watermarks,
                            [](const Log& log) { return std::optional(log.high_watermark()); });
}

void LogManager::remove_deleted() {
    for (const TopicPartition& partition : partitions()) {
        if (const LogRef log = find(partition)) log->remove_deleted_files();
    }
    const Instant now = runtime_.clock().now();
    std::vector<Leaving> due;
    std::erase_if(leaving_, [&](const Leaving& leaving) {
        if (leaving.due > now) return false;
        due.push_back(leaving);
        return true;
    });
    for (Leaving& leaving : due) {
        if (PLANTED(deleted_folders_stay)) continue;
        const auto removed = remove_folder(leaving.folder);
        if (removed || removed.error() == IoError::not_found) continue;
        PROBE("a deleted log's folder stayed for a while");
        leaving.due = deadline_after(now, kRemoveAgain);
        leaving_.push_back(std::move(leaving));
    }
}

bool LogManager::shut_down(std::int64_t broker_epoch) {
    // Of a directory that has failed nothing is said: without the file its logs are recovered.
    bool clean = offline_.empty();
    for (const TopicPartition& partition : partitions()) {
        const LogRef log = find(partition);
        if (log != nullptr && !log->close()) clean = false;
        const LogRef copy = find_future(partition);
        if (copy != nullptr && !copy->close()) clean = false;
    }
    if (!checkpoint_log_offsets()) clean = false;
    if (!checkpoint_high_watermarks()) clean = false;
    if (!clean) return false;
    const Bytes text = Bytes::copy_of(format_clean_shutdown(broker_epoch));
    for (const Directory& directory : directories_) {
        if (directory.failed) continue;
        if (!write_file_atomically(disk_, directory.path, kCleanShutdownName, text)) return false;
    }
    runtime_.trace().event("logs_shut_down");
    return true;
}

}  // namespace gregor::log
