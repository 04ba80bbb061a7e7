#include "broker/log/log_config.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <variant>

namespace gregor::log {

namespace {

using Type = LogConfigKey::Type;

constexpr std::int64_t kMaxInt32 = std::numeric_limits<std::int32_t>::max();

/// Where the value of a key lives, and its bounds if it is a number.
struct Setting {
    LogConfigKey key;
    std::variant<std::monostate, bool LogConfig::*, std::int32_t LogConfig::*,
                 std::int64_t LogConfig::*, std::string LogConfig::*>
        member;
    std::int64_t low = 0;
    std::int64_t high = kNoLimit;
};

const auto kSettings = std::to_array<Setting>({
    {{"cleanup.policy", "log.cleanup.policy", Type::list,
      "What becomes of old segments: delete, compact, or both."},
     {}},
    {{"compression.gzip.level", "compression.gzip.level", Type::int32,
      "The level for compression.type=gzip; -1 is zlib's default."},
     &LogConfig::compression_gzip_level,
     -1,
     9},
    {{"compression.lz4.level", "compression.lz4.level", Type::int32,
      "The level for compression.type=lz4."},
     &LogConfig::compression_lz4_level,
     1,
     17},
    {{"compression.type", "compression.type", Type::string,
      "The codec of stored batches; producer keeps what the producer chose."},
     &LogConfig::compression_type},
    {{"compression.zstd.level", "compression.zstd.level", Type::int32,
      "The level for compression.type=zstd."},
     &LogConfig::compression_zstd_level,
     -131072,
     22},
    {{"delete.retention.ms", "log.cleaner.delete.retention.ms", Type::int64,
      "How long tombstones and markers outlive compaction."},
     &LogConfig::delete_retention_ms},
    {{"file.delete.delay.ms", "log.segment.delete.delay.ms", Type::int64,
      "How long a deleted segment's files stay."},
     &LogConfig::file_delete_delay_ms},
    {{"flush.messages", "log.flush.interval.messages", Type::int64,
      "How many offsets may wait for a sync."},
     &LogConfig::flush_messages,
     1},
    {{"flush.ms", "log.flush.interval.ms", Type::int64, "How long an offset may wait for a sync."},
     &LogConfig::flush_ms},
    {{"follower.replication.throttled.replicas", "follower.replication.throttled.replicas",
      Type::list, "Replicas whose replication is throttled on the follower's side."},
     &LogConfig::follower_replication_throttled_replicas},
    {{"index.interval.bytes", "log.index.interval.bytes", Type::int32,
      "Bytes of log between two entries of the offset index."},
     &LogConfig::index_interval_bytes,
     0,
     kMaxInt32},
    {{"leader.replication.throttled.replicas", "leader.replication.throttled.replicas", Type::list,
      "Replicas whose replication is throttled on the leader's side."},
     &LogConfig::leader_replication_throttled_replicas},
    {{"local.retention.bytes", "log.local.retention.bytes", Type::int64,
      "Bytes kept locally with tiered storage; -2: retention.bytes."},
     &LogConfig::local_retention_bytes,
     -2},
    {{"local.retention.ms", "log.local.retention.ms", Type::int64,
      "Time kept locally with tiered storage; -2: retention.ms."},
     &LogConfig::local_retention_ms,
     -2},
    {{"max.compaction.lag.ms", "log.cleaner.max.compaction.lag.ms", Type::int64,
      "After how long a record must have been compacted."},
     &LogConfig::max_compaction_lag_ms,
     1},
    {{"max.message.bytes", "message.max.bytes", Type::int32, "The largest batch that is taken."},
     &LogConfig::max_message_bytes,
     0,
     kMaxInt32},
    {{"message.timestamp.after.max.ms", "log.message.timestamp.after.max.ms", Type::int64,
      "How far a record's timestamp may be ahead of the broker's clock."},
     &LogConfig::message_timestamp_after_max_ms},
    {{"message.timestamp.before.max.ms", "log.message.timestamp.before.max.ms", Type::int64,
      "How far a record's timestamp may be behind the broker's clock."},
     &LogConfig::message_timestamp_before_max_ms},
    {{"message.timestamp.type", "log.message.timestamp.type", Type::string,
      "CreateTime or LogAppendTime."},
     {}},
    {{"min.cleanable.dirty.ratio", "log.cleaner.min.cleanable.ratio", Type::double_number,
      "How much of a log must be dirty before it is compacted."},
     {}},
    {{"min.compaction.lag.ms", "log.cleaner.min.compaction.lag.ms", Type::int64,
      "For how long a record is not compacted."},
     &LogConfig::min_compaction_lag_ms},
    {{"min.insync.replicas", "min.insync.replicas", Type::int32,
      "How many replicas must have a batch before acks=all is answered."},
     &LogConfig::min_insync_replicas,
     1,
     kMaxInt32},
    {{"preallocate", "log.preallocate", Type::boolean, "Whether files are allocated in advance."},
     &LogConfig::preallocate},
    {{"remote.log.copy.disable", "remote.log.copy.disable", Type::boolean,
      "Whether tiered storage is read only."},
     &LogConfig::remote_log_copy_disable},
    {{"remote.log.delete.on.disable", "remote.log.delete.on.disable", Type::boolean,
      "Whether tiered data is deleted when tiered storage is switched off."},
     &LogConfig::remote_log_delete_on_disable},
    {{"remote.storage.enable", "remote.storage.enable", Type::boolean,
      "Whether the topic uses tiered storage."},
     &LogConfig::remote_storage_enable},
    {{"retention.bytes", "log.retention.bytes", Type::int64,
      "Bytes of a partition that are kept; -1: no limit."},
     &LogConfig::retention_bytes,
     -1},
    {{"retention.ms", "log.retention.ms", Type::int64, "How long records are kept; -1: no limit."},
     &LogConfig::retention_ms,
     -1},
    {{"segment.bytes", "log.segment.bytes", Type::int32, "The size of a segment's file."},
     &LogConfig::segment_bytes,
     14,
     kMaxInt32},
    {{"segment.index.bytes", "log.index.size.max.bytes", Type::int32,
      "The size of a segment's index files."},
     &LogConfig::segment_index_bytes,
     4,
     kMaxInt32},
    {{"segment.jitter.ms", "log.roll.jitter.ms", Type::int64,
      "The largest random time by which a segment is rolled early."},
     &LogConfig::segment_jitter_ms},
    {{"segment.ms", "log.roll.ms", Type::int64, "After how long a segment is rolled."},
     &LogConfig::segment_ms,
     1},
    {{"unclean.leader.election.enable", "unclean.leader.election.enable", Type::boolean,
      "Whether a replica outside the ISR may lead, at the price of lost records."},
     &LogConfig::unclean_leader_election_enable},
});

const Setting* find_setting(std::string_view key) {
    const auto at = std::lower_bound(
        kSettings.begin(), kSettings.end(), key,
        [](const Setting& setting, std::string_view wanted) { return setting.key.name < wanted; });
    return at != kSettings.end() && at->key.name == key ? &*at : nullptr;
}

std::string_view trimmed(std::string_view text) {
    while (text.starts_with(' ')) text.remove_prefix(1);
    while (text.ends_with(' ')) text.remove_suffix(1);
    return text;
}

/// "0.5" as parts of a million; more than six digits after the point are cut.
std::optional<Chance> parse_ratio(std::string_view text) {
    const std::size_t point = text.find('.');
    const std::string_view whole = text.substr(0, point);
    std::string digits(point == std::string_view::npos ? "" : text.substr(point + 1));
    const auto is_digits = [](std::string_view part) {
        return std::all_of(part.begin(), part.end(), [](char c) { return c >= '0' && c <= '9'; });
    };
    if (whole.empty() && digits.empty()) return std::nullopt;
    if (!is_digits(whole) || !is_digits(digits) || whole.size() > 6) return std::nullopt;
    digits.resize(6, '0');
    const std::int64_t parts =
        (whole.empty() ? 0 : std::stoll(std::string(whole))) * 1'000'000 + std::stoll(digits);
    if (parts > 1'000'000) return std::nullopt;
    return Chance{static_cast<std::uint32_t>(parts)};
}

std::string format_ratio(Chance ratio) {
    std::string text =
        fmt::format("{}.{:06}", ratio.per_million / 1'000'000, ratio.per_million % 1'000'000);
    while (text.ends_with('0') && !text.ends_with(".0")) text.pop_back();
    return text;
}

bool set_cleanup_policy(LogConfig& config, std::string_view value) {
    bool remove = false;
    bool compact = false;
    while (!value.empty()) {
        const std::size_t comma = value.find(',');
        const std::string_view word = trimmed(value.substr(0, comma));
        value.remove_prefix(comma == std::string_view::npos ? value.size() : comma + 1);
        if (word == "delete") {
            remove = true;
        } else if (word == "compact") {
            compact = true;
        } else {
            return false;
        }
    }
    config.cleanup_delete = remove;
    config.cleanup_compact = compact;
    return remove || compact;
}

bool is_compression_type(std::string_view value) {
    constexpr std::string_view kTypes[] = {"uncompressed", "zstd", "lz4",
                                           "snappy",       "gzip", "producer"};
    return std::find(std::begin(kTypes), std::end(kTypes), value) != std::end(kTypes);
}

/// False if `value` is none for this setting.
bool set_value(LogConfig& config, const Setting& setting, std::string_view value) {
    value = trimmed(value);
    const std::string_view key = setting.key.name;
    if (key == "cleanup.policy") return set_cleanup_policy(config, value);
    if (key == "compression.type" && !is_compression_type(value)) return false;
    if (key == "message.timestamp.type") {
        const bool append_time = value == "LogAppendTime";
        config.message_timestamp_type = append_time ? records::TimestampType::log_append_time
                                                    : records::TimestampType::create_time;
        return append_time || value == "CreateTime";
    }
    if (key == "min.cleanable.dirty.ratio") {
        const auto ratio = parse_ratio(value);
        if (ratio) config.min_cleanable_dirty_ratio = *ratio;
        return ratio.has_value();
    }
    if (const auto* member = std::get_if<std::string LogConfig::*>(&setting.member)) {
        config.** member = value;
        return true;
    }
    if (const auto* member = std::get_if<bool LogConfig::*>(&setting.member)) {
        config.** member = value == "true";
        return value == "true" || value == "false";
    }
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
    if (error != std::errc() || end != value.data() + value.size()) return false;
    if (number < setting.low || number > setting.high) return false;
    // zlib's "default" is -1, and 0 is no level of it.
    if (key == "compression.gzip.level" && number == 0) return false;
    if (const auto* member = std::get_if<std::int32_t LogConfig::*>(&setting.member)) {
        config.** member = static_cast<std::int32_t>(number);
    } else {
        config.*std::get<std::int64_t LogConfig::*>(setting.member) = number;
    }
    return true;
}

}  // namespace

Result<LogConfig, std::string> LogConfig::with(
    LogConfig base, const std::map<std::string, std::string>& overrides) {
    for (const auto& [key, value] : overrides) {
        const Setting* setting = find_setting(key);
        if (setting == nullptr) return fail(fmt::format("Unknown topic config name: {}", key));
        if (!set_value(base, *setting, value)) {
            return fail(fmt::format("Invalid value {} for configuration {}", value, key));
        }
    }
    if (base.min_compaction_lag_ms > base.max_compaction_lag_ms) {
        return fail(fmt::format(
            "conflict topic config setting min.compaction.lag.ms ({}) > max.compaction.lag.ms ({})",
            base.min_compaction_lag_ms, base.max_compaction_lag_ms));
    }
    return base;
}

std::string LogConfig::value_of(std::string_view key) const {
    const Setting* setting = find_setting(key);
    CHECK(setting != nullptr, "no topic config {}", key);
    if (key == "cleanup.policy") {
        if (cleanup_delete && cleanup_compact) return "compact,delete";
        return cleanup_compact ? "compact" : "delete";
    }
    if (key == "message.timestamp.type") {
        return message_timestamp_type == records::TimestampType::create_time ? "CreateTime"
                                                                             : "LogAppendTime";
    }
    if (key == "min.cleanable.dirty.ratio") return format_ratio(min_cleanable_dirty_ratio);
    if (const auto* text = std::get_if<std::string LogConfig::*>(&setting->member)) {
        return this->**text;
    }
    if (const auto* flag = std::get_if<bool LogConfig::*>(&setting->member)) {
        return this->**flag ? "true" : "false";
    }
    if (const auto* number = std::get_if<std::int32_t LogConfig::*>(&setting->member)) {
        return std::to_string(this->**number);
    }
    return std::to_string(this->*std::get<std::int64_t LogConfig::*>(setting->member));
}

std::span<const LogConfigKey> log_config_keys() {
    static const auto kKeys = [] {
        std::array<LogConfigKey, kSettings.size()> keys{};
        for (std::size_t i = 0; i < keys.size(); ++i) keys[i] = kSettings[i].key;
        return keys;
    }();
    return kKeys;
}

}  // namespace gregor::log
