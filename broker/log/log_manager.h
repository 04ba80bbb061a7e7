// LogManager: every partition log of one node, in one or several log directories of Kafka's layout.
//
//     <log.dir>/.lock  meta.properties  .kafka_cleanshutdown
//               recovery-point-offset-checkpoint    where recovery starts
//               log-start-offset-checkpoint         only logs whose start is inside a segment
//               replication-offset-checkpoint       high watermarks
//               orders-0/  orders-1/  …             one folder for each partition
//               orders-2.<id>-delete/               being deleted;  …-stray: not ours any more
//               orders-3.<id>-future/               on its way here from another directory
//
// It has no fibers of its own: the broker calls the tick functions at its intervals. Folders are
// opened with what the checkpoints say; a log that cannot be opened is offline and the others go
// on.
//
// A disk that refuses to hold one log of a directory is not trusted with the others either: the
// directory fails as a whole, its logs take no more writes, and whoever hosts them is told. The
// other directories go on. Of a directory that could not be read at the start nobody knows which
// logs are in it, so that no log is made anew meanwhile: it could be one of them.
//
// A log moves to another directory as a copy that is kept beside it (KIP-113, future_logs.cpp).
// When the copy holds all, durably, the log's folder becomes one that is being deleted, and then
// the copy's folder takes its name. So a copy that is found without its log is the log; any other
// may be carried on with.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "broker/log/checkpoint_file.h"
#include "broker/log/log.h"

namespace gregor::log {

inline constexpr std::string_view kMetadataTopic = "__cluster_metadata";

/// "orders-3" as topic and partition; nothing for any other name.
[[nodiscard]] std::optional<TopicPartition> parse_partition_folder(std::string_view name);
inline constexpr std::string_view kDeleteFolderSuffix = "-delete";
inline constexpr std::string_view kStrayFolderSuffix = "-stray";
inline constexpr std::string_view kFutureFolderSuffix = "-future";

/// Of a folder that holds a log on its way: what it is a copy of.
[[nodiscard]] std::optional<TopicPartition> parse_future_folder(std::string_view name);
/// "orders-3.<32 hex digits>-delete", at most 255 characters: the topic's name is cut if need be.
[[nodiscard]] std::string leaving_folder_name(const TopicPartition& partition,
                                              const protocol::Uuid& unique,
                                              std::string_view suffix);

using LogRef = std::shared_ptr<Log>;

struct DirectoryFailure {
    std::string path;
    protocol::Uuid id;  // zero if it could not be read
    IoError error{};
    std::vector<TopicPartition> partitions;  // that were in it, as far as known
    bool is_last = false;                    // no directory is left
};

struct LogManagerOptions {
    /// log.dirs; new partitions go where the fewest are. One without meta.properties gets one.
    std::vector<std::string> folders;
    std::string cluster_id;
    protocol::NodeId node_id{0};
    /// The settings of a topic, asked when one of its logs is opened.
    std::function<LogConfigRef(const std::string& topic)> config_of;
    std::int64_t producer_id_expiration_ms = 86'400'000;
    /// Of one directory, that are opened and recovered at a time: mostly they wait for the disk.
    std::size_t logs_at_once = 1;
    /// Told once for each directory that fails, perhaps already by open(). Must not wait. May be
    /// empty.
    std::function<void(const DirectoryFailure&)> on_directory_failure;
    /// Told when a log cannot be opened or made, and why, for the operator to read: the others go
    /// on. Must not wait. May be empty.
    std::function<void(const TopicPartition&, std::string_view reason)> on_offline;
};

class LogManager {
public:
    /// Locks and reads the log directories and opens every partition log but the metadata quorum's.
    /// An error if a directory is somebody else's, is in use, or none can be read.
    [[nodiscard]] static Result<std::unique_ptr<LogManager>, StorageError> open(
        Runtime& runtime, LogManagerOptions options);
    LogManager(const LogManager&) = delete;
    LogManager& operator=(const LogManager&) = delete;

    // Logs. ------------------------------------------------------------------------------------

    /// The log, or nullptr.
    [[nodiscard]] LogRef find(const TopicPartition& partition) const;
    /// The topic id in the log's partition.metadata, if it has one.
    [[nodiscard]] std::optional<protocol::TopicId> topic_id(const TopicPartition& partition) const;
    [[nodiscard]] std::vector<TopicPartition> partitions() const;
    /// Of one log directory, by its place among folders().
    [[nodiscard]] std::vector<TopicPartition> partitions_in(std::size_t folder) const;
    /// Partitions whose folder could not be opened, and why.
    [[nodiscard]] const std::map<TopicPartition, std::string>& offline() const { return offline_; }

    /// The log of the partition, made durably if there is none, where prefer_folder() says or the
    /// fewest are. An error if a log of another topic id is there, or one that is offline.
    [[nodiscard]] Result<LogRef, StorageError> create(const TopicPartition& partition,
                                                      const protocol::TopicId& topic_id);
    /// Takes the log out of use for good; its files are removed file.delete.delay.ms later.
    [[nodiscard]] Result<void, StorageError> remove(const TopicPartition& partition);
    /// Puts aside a log that the metadata does not assign to this node; its files stay.
    [[nodiscard]] Result<void, StorageError> set_aside_stray(const TopicPartition& partition);

    // Logs on their way to another directory. -----------------------------------------------------

    /// By path, its place among folders().
    [[nodiscard]] std::optional<std::size_t> find_folder(std::string_view path) const;
    /// Of a log that is there.
    [[nodiscard]] std::size_t folder_of(const TopicPartition& partition) const;
    /// Where the log is to be made, if it is not there yet.
    void prefer_folder(const TopicPartition& partition, std::size_t folder);
    /// The copy that is to become the log; nullptr: it stays where it is.
    [[nodiscard]] LogRef find_future(const TopicPartition& partition) const;
    [[nodiscard]] std::size_t future_folder_of(const TopicPartition& partition) const;
    /// Those whose copy is in this directory.
    [[nodiscard]] std::vector<TopicPartition> futures_in(std::size_t folder) const;
    /// Of a log that is there and has none; empty as yet. `folder` has not failed.
    [[nodiscard]] Result<LogRef, StorageError> create_future(const TopicPartition& partition,
                                                             std::size_t folder);
    /// The log stays where it is; nothing if there is no copy.
    [[nodiscard]] Result<void, StorageError> remove_future(const TopicPartition& partition);
    /// The copy becomes the log, which takes no more writes, and is opened under its name. Both end
    /// at the same offset, and nobody writes to either. After an error the log is the old one, if
    /// it takes writes still, or there is none until the next start.
    [[nodiscard]] Result<LogRef, StorageError> swap_in_future(const TopicPartition& partition);

    // Ticks. Errors of single logs show in Log::failure(). ---------------------------------------

    /// log.retention.check.interval.ms: retention, expired producers.
    void apply_retention();
    /// log.flush.scheduler.interval.ms: flush.ms.
    void flush_due_logs();
    /// log.flush.offset.checkpoint.interval.ms and log.flush.start.offset.checkpoint.interval.ms.
    [[nodiscard]] Result<void, StorageError> checkpoint_log_offsets();
    /// The second half of that alone, for a start that somebody is about to be told.
    [[nodiscard]] Result<void, StorageError> checkpoint_log_starts();
    /// replica.high.watermark.checkpoint.interval.ms.
    [[nodiscard]] Result<void, StorageError> checkpoint_high_watermarks();
    /// Removes files and folders whose deletion is due.
    void remove_deleted();

    /// Closes every log, writes all checkpoints, and if all that went well says so in
    /// .kafka_cleanshutdown. False: the next start will recover.
    [[nodiscard]] bool shut_down(std::int64_t broker_epoch);

    // Identity. -----------------------------------------------------------------------------------

    [[nodiscard]] const std::vector<std::string>& folders() const { return options_.folders; }
    [[nodiscard]] protocol::Uuid directory_id(std::size_t folder) const {
        return directories_[folder].id;
    }
    [[nodiscard]] bool has_failed(std::size_t folder) const { return directories_[folder].failed; }
    /// The broker epoch of the last incarnation if all folders were shut down cleanly, else nothing
    /// (KIP-966).
    [[nodiscard]] std::optional<std::int64_t> previous_broker_epoch() const {
        return previous_broker_epoch_;
    }

private:
    struct Directory {
        std::string path;
        std::unique_ptr<DiskLock> lock;
        protocol::Uuid id;
        bool clean = false;
        bool failed = false;
        bool unread = false;  // failed at the start: what is in it is not known
        std::int64_t broker_epoch = -1;
        // What the files say.
        OffsetCheckpoint recovery_points;
        OffsetCheckpoint log_starts;
        OffsetCheckpoint high_watermarks;
    };
    struct Entry {
        LogRef log;
        std::size_t directory;
        std::optional<protocol::TopicId> topic_id;
    };
    struct Leaving {
        std::string folder;
        Instant due;
    };
    struct FoundFuture {
        TopicPartition partition;
        std::size_t directory;
        std::string folder_name;
    };

    LogManager(Runtime& runtime, LogManagerOptions options)
        : runtime_(runtime),
          disk_(runtime.disk()),
          options_(std::move(options)),
          checkpoints_(runtime.scheduler()) {}

    [[nodiscard]] Result<void, StorageError> open_directories();
    [[nodiscard]] Result<void, StorageError> open_directory(Directory& directory);
    void note_previous_epoch();
    [[nodiscard]] Result<void, StorageError> check_identity(Directory& directory);
    [[nodiscard]] Result<void, StorageError> take_clean_shutdown(Directory& directory);
    [[nodiscard]] Result<OffsetCheckpoint, StorageError> read_checkpoint(const Directory& directory,
                                                                         std::string_view name);
    [[nodiscard]] Result<void, StorageError> open_logs(std::size_t directory);
    [[nodiscard]] Result<std::set<TopicPartition>, StorageError> find_logs(std::size_t directory);
    void take_in(const TopicPartition& partition, std::size_t directory);
    [[nodiscard]] Result<Entry, StorageError> open_log(const TopicPartition& partition,
                                                       std::size_t directory,
                                                       const std::string& folder_name,
                                                       bool was_closed);
    [[nodiscard]] Result<void, StorageError> leave(const TopicPartition& partition,
                                                   std::string_view suffix, Duration delay);
    [[nodiscard]] Result<void, StorageError> drop_from_checkpoints(std::size_t directory,
                                                                   const TopicPartition& partition);
    [[nodiscard]] Result<void, StorageError> write_checkpoint(
        std::string_view name, OffsetCheckpoint Directory::* last,
        const std::function<std::optional<Offset>(const Log&)>& value);
    [[nodiscard]] Result<void, IoError> remove_folder(const std::string& path);
    [[nodiscard]] protocol::Uuid random_uuid();
    void cannot_open(const TopicPartition& partition, std::size_t directory,
                     const StorageError& error);
    void directory_failed(std::size_t directory, IoError error);
    [[nodiscard]] Result<LogRef, StorageError> take_over(Entry& entry,
                                                         const TopicPartition& partition,
                                                         const protocol::TopicId& topic_id);
    [[nodiscard]] Result<LogRef, StorageError> make_log(const TopicPartition& partition,
                                                        const protocol::TopicId& topic_id,
                                                        std::size_t directory);
    [[nodiscard]] Result<std::size_t, StorageError> directory_for_new_log(
        const TopicPartition& partition) const;
    // future_logs.cpp
    [[nodiscard]] Result<void, StorageError> take_in_futures();
    [[nodiscard]] Result<void, StorageError> take_in_future(const FoundFuture& found);
    [[nodiscard]] Result<void, StorageError> retire_folder(std::size_t directory,
                                                           const TopicPartition& partition,
                                                           const std::string& folder,
                                                           std::string_view suffix, Duration delay);

    Runtime& runtime_;
    Disk& disk_;
    LogManagerOptions options_;
    std::vector<Directory> directories_;
    std::map<TopicPartition, Entry> logs_;
    std::map<TopicPartition, Entry> futures_;
    std::vector<FoundFuture> found_futures_;  // at the start
    std::map<TopicPartition, std::size_t> preferred_;
    std::map<TopicPartition, std::string> offline_;
    std::vector<Leaving> leaving_;
    Mutex checkpoints_;  // an older one never replaces a newer
    std::optional<std::int64_t> previous_broker_epoch_;
};

}  // namespace gregor::log
