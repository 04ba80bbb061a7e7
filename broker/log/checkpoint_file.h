// Kafka's small text files, and the one way to write a file that must never be half there.
//
//     offsets (recovery-point-, log-start-, replication-, cleaner-offset-checkpoint)   epochs
//         0                                                                                0
//         2                        how many lines follow                                   1
//         orders 0 1042            topic partition offset                                  3 1000
//         orders 1 77                                                     epoch, start offset
//
//     meta.properties: version=1, cluster.id, node.id, directory.id; partition.metadata: version:
//     0, topic_id: …; .kafka_cleanshutdown: {"version":0,"brokerEpoch":…}
//
// write_file_atomically: content to `<name>.tmp`, sync it, rename over `<name>`, sync the
// directory. After a crash the old content is there or the new one, never a mixture and never
// nothing.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "broker/log/leader_epoch_cache.h"
#include "broker/log/log_types.h"
#include "broker/log/storage_error.h"
#include "sim/runtime/disk.h"

namespace gregor::log {

inline constexpr std::string_view kTemporarySuffix = ".tmp";

/// "<folder>/<name>"; `name` alone in the root folder "".
[[nodiscard]] std::string join_path(std::string_view folder, std::string_view name);

[[nodiscard]] Result<void, IoError> write_file_atomically(Disk& disk, std::string_view folder,
                                                          std::string_view name,
                                                          const Bytes& content);
/// Makes the folder and those above it that are missing, for good.
[[nodiscard]] Result<void, IoError> create_folder_durably(Disk& disk, const std::string& path);
/// The whole file; nothing if there is none.
[[nodiscard]] Result<std::optional<Bytes>, IoError> read_file_if_there(Disk& disk,
                                                                       std::string_view path);

// Every parse_… gives nothing for a file that is damaged. -----------------------------------------

using OffsetCheckpoint = std::map<TopicPartition, Offset>;

[[nodiscard]] std::string format_offset_checkpoint(const OffsetCheckpoint& offsets);
[[nodiscard]] std::optional<OffsetCheckpoint> parse_offset_checkpoint(std::string_view text);

[[nodiscard]] std::string format_epoch_checkpoint(const std::vector<EpochEntry>& entries);
[[nodiscard]] std::optional<std::vector<EpochEntry>> parse_epoch_checkpoint(std::string_view text);

/// The topic id of a partition's folder.
[[nodiscard]] std::string format_partition_metadata(const protocol::TopicId& topic_id);
[[nodiscard]] std::optional<protocol::TopicId> parse_partition_metadata(std::string_view text);

/// meta.properties, version 1 (version 0 is read too: broker.id instead of node.id, no directory
/// id).
struct MetaProperties {
    std::string cluster_id;
    std::optional<protocol::NodeId> node_id;
    std::optional<protocol::Uuid> directory_id;

    friend bool operator==(const MetaProperties&, const MetaProperties&) = default;
};
[[nodiscard]] std::string format_meta_properties(const MetaProperties& properties);
[[nodiscard]] std::optional<MetaProperties> parse_meta_properties(std::string_view text);

/// .kafka_cleanshutdown (KIP-966): the broker epoch that the last incarnation had, -1 if unknown.
[[nodiscard]] std::string format_clean_shutdown(std::int64_t broker_epoch);
[[nodiscard]] std::optional<std::int64_t> parse_clean_shutdown(std::string_view text);

}  // namespace gregor::log
