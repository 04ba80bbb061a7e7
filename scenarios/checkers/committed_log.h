// CommittedLog: what a replicated log holds for good, as its members have shown it: every batch
// below the highest high watermark of a leader. A ghost: kept by the checker, never by the system.
//
//     leader   | a | b | c | d |            ghost  | a | b |  ends at true_high_watermark
//                      ^ high watermark
//
// Of partitions and of the metadata log alike.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "scenarios/checkers/cluster_view.h"

namespace gregor::scenarios {

/// How far a log was found to agree; belongs to one log, whose first batches it counts.
struct Agreement {
    std::size_t batches = 0;
};

class CommittedLog {
public:
    /// The largest high watermark of a leader so far.
    [[nodiscard]] Offset true_high_watermark() const { return end_; }
    /// Of the last committed batch.
    [[nodiscard]] LeaderEpoch last_epoch() const {
        return batches_.empty() ? LeaderEpoch(0) : batches_.back().leader_epoch;
    }

    /// The committed batches that end above `from` and begin below `to`.
    [[nodiscard]] std::span<const SeenBatch> between(Offset from, Offset to) const;

    /// Holds the batches of `log` that end below `limit` against what is committed, from where
    /// `agreement` ends. The first difference, or nothing.
    [[nodiscard]] std::optional<std::string> compare(const SeenLog& log, Offset limit,
                                                     Agreement& agreement) const;
    /// Whether a log that agrees holds everything committed at or above its start; what is missing.
    [[nodiscard]] std::optional<std::string> find_missing(const SeenLog& log, Offset log_start,
                                                          const Agreement& agreement) const;
    /// A leader shows `high_watermark`: what of its log is below it and new is committed now. The
    /// log agrees with what was committed before.
    void extend(const SeenLog& log, Offset high_watermark);
    /// Forgets: nothing is promised any more.
    void clear();

private:
    std::vector<SeenBatch> batches_;
    Offset end_{0};
};

/// Every batch ever seen on any replica: the bytes at one offset in one epoch are the same
/// everywhere and always (L7, L12).
class EverWritten {
public:
    /// Takes the batches of `log` from number `from` on. The first that contradicts, or nothing.
    [[nodiscard]] std::optional<std::string> add(const SeenLog& log, std::size_t from);

private:
    std::map<std::pair<Offset, LeaderEpoch>, SeenBatch> batches_;
};

}  // namespace gregor::scenarios
