// A client history: what the clients of some cluster did and were told, from a file that anybody
// may have written (HISTORY.md), judged by one PartitionHistory for each partition.
//
//     head: the configuration ──> what is promised
//     events, in the order of the file ──> PartitionHistory of each partition ──> violations
//
// What is promised follows from the head alone: not from what was killed, cut off or paused.
//
//     acks=all, clean elections      acknowledged records stay; so do those that were read
//     acks=0 or 1, clean elections   those that were read stay
//     enable.idempotence             besides: no record twice, each producer's in their order
//     unclean elections              only what was sent is there, and nothing that has failed
//
// Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "sim/base/result.h"

namespace gregor::scenarios {

struct HistoryHead {
    bool acks_all = true;
    bool idempotence = true;
    bool unclean_elections = false;
    /// Retention or DeleteRecords may take the logs' beginnings.
    bool retention = false;
};

struct HistoryPartition {
    std::string topic;
    std::int32_t partition = 0;

    friend auto operator<=>(const HistoryPartition&, const HistoryPartition&) = default;
};

enum class SendResult : std::uint8_t {
    ok,
    fail,     // certainly not written
    unknown,  // nobody can say
};

struct SendEvent {
    HistoryPartition partition;
    std::string producer;
    /// Grows with each send of the producer.
    std::uint64_t number = 0;
    /// Of the record; no other send has it.
    std::string value;
    SendResult result = SendResult::unknown;
    std::optional<std::int64_t> offset;  // only of ok, and not always known then
};

/// The consumer goes on from here.
struct SeekEvent {
    HistoryPartition partition;
    std::string consumer;
    std::int64_t offset = 0;
};

struct ReadEvent {
    HistoryPartition partition;
    std::string consumer;
    std::int64_t offset = 0;
    std::string value;
};

/// What the consumer has read of the partition since its seek is the whole log, which goes from
/// log_start to log_end. Nothing is sent to the partition any more.
struct EndEvent {
    HistoryPartition partition;
    std::string consumer;
    std::int64_t log_start = 0;
    std::int64_t log_end = 0;
};

using HistoryEvent = std::variant<SendEvent, SeekEvent, ReadEvent, EndEvent>;

struct HistoryLine {
    std::size_t line = 0;  // in the file, from 1
    HistoryEvent event;
};

struct HistoryFile {
    HistoryHead head;
    std::vector<HistoryLine> lines;
};

struct HistoryVerdict {
    struct Violation {
        std::string invariant;  // as PartitionHistory names them
        std::string message;
        std::size_t line = 0;
    };
    /// The first of each partition, by their lines: what follows from it is not worth reading.
    std::vector<Violation> violations;
    /// Why the history proves nothing, if no violation was found; empty: it passes.
    std::string shortfall;

    std::map<SendResult, std::uint64_t> sends;
    std::uint64_t reads = 0;
    std::size_t partitions = 0;
    std::uint64_t comparisons = 0;
};

/// An error if the events contradict the format: a value or a number that is used twice, a send
/// behind the end of its partition.
[[nodiscard]] Result<HistoryVerdict, std::string> judge_history(const HistoryFile& file);

}  // namespace gregor::scenarios
