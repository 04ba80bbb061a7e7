// LogConfig: the topic-level settings that a log obeys, under Kafka's names, defaults, units and
// limits.
//
// One value of it is immutable and shared; a change of a topic's configuration gives its logs
// another. Settings that the log itself does not look at (compression.type, min.insync.replicas …)
// are here too, so that the table of topic configurations is in one place.
#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "broker/protocol/records/batch_header.h"
#include "sim/base/random.h"
#include "sim/base/result.h"

namespace gregor::log {

inline constexpr std::int64_t kNoLimit = std::numeric_limits<std::int64_t>::max();

struct LogConfig {
    bool cleanup_delete = true;    // cleanup.policy holds "delete"
    bool cleanup_compact = false;  // … and "compact"
    std::string compression_type = "producer";
    std::int32_t compression_gzip_level = -1;
    std::int32_t compression_lz4_level = 9;
    std::int32_t compression_zstd_level = 3;
    std::int64_t delete_retention_ms = 86'400'000;
    std::int64_t file_delete_delay_ms = 60'000;
    std::int64_t flush_messages = kNoLimit;
    std::int64_t flush_ms = kNoLimit;
    std::string follower_replication_throttled_replicas;
    std::int32_t index_interval_bytes = 4096;
    std::string leader_replication_throttled_replicas;
    std::int64_t local_retention_bytes = -2;
    std::int64_t local_retention_ms = -2;
    std::int64_t max_compaction_lag_ms = kNoLimit;
    std::int32_t max_message_bytes = 1'048'588;
    std::int64_t message_timestamp_after_max_ms = 3'600'000;
    std::int64_t message_timestamp_before_max_ms = kNoLimit;
    records::TimestampType message_timestamp_type = records::TimestampType::create_time;
    Chance min_cleanable_dirty_ratio{500'000};
    std::int64_t min_compaction_lag_ms = 0;
    std::int32_t min_insync_replicas = 1;
    bool preallocate = false;
    bool remote_storage_enable = false;
    bool remote_log_copy_disable = false;
    bool remote_log_delete_on_disable = false;
    std::int64_t retention_bytes = -1;        // -1: no limit
    std::int64_t retention_ms = 604'800'000;  // -1: no limit
    std::int32_t segment_bytes = 1'073'741'824;
    std::int32_t segment_index_bytes = 10'485'760;
    std::int64_t segment_jitter_ms = 0;
    std::int64_t segment_ms = 604'800'000;
    bool unclean_leader_election_enable = false;

    /// `base` with these settings changed: a topic's own over the broker's defaults. An unknown
    /// key, a value that does not parse or one out of bounds gives a message for INVALID_CONFIG.
    [[nodiscard]] static Result<LogConfig, std::string> with(
        LogConfig base, const std::map<std::string, std::string>& overrides);

    /// The value of `key` as Kafka's tools print it; CHECKs that the key is known.
    [[nodiscard]] std::string value_of(std::string_view key) const;

    friend bool operator==(const LogConfig&, const LogConfig&) = default;
};

using LogConfigRef = std::shared_ptr<const LogConfig>;

/// What a topic-level key is to an admin client.
struct LogConfigKey {
    enum class Type : std::uint8_t { boolean, string, int32, int64, double_number, list };

    std::string_view name;         // "segment.bytes"
    std::string_view broker_name;  // the broker-wide default's key: "log.segment.bytes"
    Type type;
    std::string_view documentation;
};

/// Every topic-level key, sorted by name.
[[nodiscard]] std::span<const LogConfigKey> log_config_keys();

}  // namespace gregor::log
