// The events of a history, one a line (HISTORY.md): what clients did and were told. Texts are views
// of the line, good until the next one is read.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string_view>
#include <variant>

#include "scenarios/checkers/anomalies/findings.h"
#include "scenarios/checkers/anomalies/history_settings.h"

namespace gregor::scenarios {

/// Nanoseconds, from any origin. What has no `began` may have begun at any time before, what has no
/// `ended` may have ended at any time after.
using HistoryTime = std::int64_t;
inline constexpr HistoryTime kLongAgo = std::numeric_limits<HistoryTime>::min();
inline constexpr HistoryTime kNever = std::numeric_limits<HistoryTime>::max();

struct PartitionName {
    std::string_view topic;
    std::int32_t partition = 0;
};

enum class Outcome : std::uint8_t {
    ok,
    fail,     // certainly without effect
    unknown,  // nobody can say
};

/// A running number of the producer's own.
using TransactionNumber = std::uint64_t;

struct SendEvent {
    PartitionName partition;
    std::string_view producer;
    /// Grows with each send of the producer.
    std::uint64_t number = 0;
    /// Names the record; no other send has it.
    std::string_view value;
    std::optional<std::string_view> key;
    Outcome result = Outcome::unknown;
    std::optional<std::int64_t> offset;  // only of ok, and not always known then
    std::optional<std::int64_t> timestamp;
    std::optional<TransactionNumber> transaction;
    /// The record is the effect of this one, of another topic.
    std::optional<PartitionName> input;
    std::int64_t input_offset = 0;
    std::int64_t bytes = 0;
    bool tombstone = false;
};

/// The consumer goes on from here.
struct SeekEvent {
    PartitionName partition;
    std::string_view consumer;
    std::int64_t offset = 0;
};

struct PolledRecord {
    std::int64_t offset = 0;
    std::string_view value;
    std::optional<std::string_view> key;
    std::optional<std::int64_t> timestamp;
};

/// What one poll gave of one partition.
struct PollEvent {
    PartitionName partition;
    std::string_view consumer;
    std::optional<std::int64_t> position;  // before it
    std::span<const PolledRecord> records;
    /// The poll is a part of this transaction.
    std::string_view producer;
    std::optional<TransactionNumber> transaction;
};

/// What the consumer has read of the partition since its seek is the whole log, which goes from
/// log_start to log_end. Nothing is sent to the partition any more.
struct EndEvent {
    PartitionName partition;
    std::string_view consumer;
    std::int64_t log_start = 0;
    std::int64_t log_end = 0;
    std::optional<std::int64_t> position;  // that it reached; else behind its last record
    /// This group has been given everything, too.
    std::optional<std::string_view> group;
};

/// InitProducerId was answered.
struct InitEvent {
    std::string_view producer;
    std::string_view transactional_id;
    Outcome result = Outcome::unknown;
    std::optional<std::int64_t> producer_id;
    std::int64_t producer_epoch = 0;
};

struct BeginEvent {
    std::string_view producer;
    TransactionNumber transaction = 0;
};

/// commitTransaction or abortTransaction was answered.
struct FinishEvent {
    std::string_view producer;
    TransactionNumber transaction = 0;
    bool commit = false;
    Outcome result = Outcome::unknown;
};

/// A committed offset: by the group's member, or by a transaction.
struct OffsetCommitEvent {
    PartitionName partition;
    std::string_view group;
    std::string_view consumer;
    std::int64_t offset = 0;
    std::optional<std::int64_t> generation;
    Outcome result = Outcome::unknown;
    std::string_view producer;
    std::optional<TransactionNumber> transaction;
};

/// The group's offset was asked for; -1: it has none.
struct OffsetFetchEvent {
    PartitionName partition;
    std::string_view group;
    std::int64_t offset = 0;
    /// As none that a transaction may yet change (KIP-447).
    bool stable = false;
};

/// The consumer has the partition from here on: from its group, or by its own choice.
struct AssignEvent {
    PartitionName partition;
    std::string_view consumer;
    std::optional<std::string_view> group;
    std::optional<std::int64_t> generation;
    std::optional<std::int64_t> offset;  // where it begins
};

struct ReleaseEvent {
    enum class Why : std::uint8_t {
        revoked,
        lost,   // it learns that it had lost it
        ended,  // the consumer was closed or killed; of all its partitions
    };
    std::optional<PartitionName> partition;
    std::string_view consumer;
    Why why = Why::revoked;
};

/// An answer that tells where a log starts and ends.
struct WatermarksEvent {
    PartitionName partition;
    std::string_view client;
    std::optional<std::int64_t> leader_epoch;
    std::optional<std::int64_t> log_start;
    std::optional<std::int64_t> high_watermark;
    std::optional<std::int64_t> last_stable_offset;
};

/// DeleteRecords below this offset.
struct DeleteRecordsEvent {
    PartitionName partition;
    std::int64_t offset = 0;
    Outcome result = Outcome::unknown;
};

/// Settings of one of these; before anything else is told of it.
struct ConfigEvent {
    enum class Of : std::uint8_t { topic, producer, consumer, group };
    Of of = Of::topic;
    std::string_view name;
    HistorySettings settings;
};

/// Each visible record of the input has its effects in the output, by `commit` of these settings.
struct PipelineEvent {
    std::string_view input;
    std::string_view output;
    std::string_view group;
    HistorySettings settings;
};

using HistoryEventBody =
    std::variant<SendEvent, PollEvent, SeekEvent, EndEvent, InitEvent, BeginEvent, FinishEvent,
                 OffsetCommitEvent, OffsetFetchEvent, AssignEvent, ReleaseEvent, WatermarksEvent,
                 DeleteRecordsEvent, ConfigEvent, PipelineEvent>;

struct HistoryEvent {
    Line line = 0;
    HistoryTime began = kLongAgo;
    HistoryTime ended = kNever;
    HistoryEventBody body;
};

}  // namespace gregor::scenarios
