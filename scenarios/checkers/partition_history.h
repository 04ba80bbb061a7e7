// PartitionHistory: what clients were told about one partition, held against itself as it grows. It
// knows nothing of the broker: sends with their outcome, reads, deletions, and the crashes that
// excuse.
//
// Each record carries a unique value, sent once on the wire or, by an idempotent producer, again
// with the same sequence number. A slot is what an offset is known to hold:
//
//     offset        0    1    2    3    4
//     slot          v1   v2   -    v9   -        "-": nobody was told
//                   ^read     ^unknown  ^acked
//
// Checks, by their id in INVARIANTS.md: H1 lost write, H2 inconsistent offsets, P1 duplicate, H6/H7
// a consumer's poll goes back or skips, P6 a failed send is visible, P7 order of one producer, T7 a
// high watermark below what was told before, L8 what must survive a crash, R8 a read of something
// never sent, C8 a read below the log start.
//
// Answers overtake each other and what happens to the machine: each is judged by what was known
// when its question was asked.
//
// A power loss without flush may take the unsynced tail, and only that: everything at or above the
// durable end is forgotten here, and what was told about it before excuses nothing below. An
// acknowledged deletion outlives it: a log that lost its tail below its start begins anew there.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "scenarios/judge.h"
#include "sim/base/hash_map.h"
#include "sim/base/strong_id.h"

namespace gregor::scenarios {

/// A record's value: the producer in the upper 24 bits, its running number below.
using ValueId = StrongId<struct ValueIdTag, std::uint64_t>;

[[nodiscard]] constexpr ValueId value_id(std::uint32_t producer, std::uint64_t number) {
    return ValueId(std::uint64_t{producer} << 40 | number);
}
[[nodiscard]] constexpr std::uint32_t producer_of(ValueId value) {
    return static_cast<std::uint32_t>(value.value() >> 40);
}
[[nodiscard]] constexpr std::uint64_t number_of(ValueId value) {
    return value.value() & ((std::uint64_t{1} << 40) - 1);
}

/// Counts the crashes that may have taken something from the partition.
using LossCount = StrongId<struct LossCountTag, std::uint32_t>;

/// What was known of a partition at some moment: what binds the answer to a question asked then.
struct Known {
    LossCount losses;
    /// Acknowledged deletions reach up to here.
    std::int64_t log_start = 0;
    /// One past the highest offset that somebody was told of.
    std::int64_t end = 0;
    /// The highest high watermark that a leader of the newest epoch known then has told.
    std::int32_t leader_epoch = -1;
    std::int64_t high_watermark = 0;
    /// And the highest of any leader up to then.
    std::int64_t told = 0;
};

class PartitionHistory {
public:
    struct Options {
        std::string name;
        /// How messages name a value; empty: "p<producer>-<number>".
        std::function<std::string(ValueId)> value_text;
        /// flush.messages=1: an answered send is on the platter.
        bool synced_before_answer = false;
        /// Leaders change: a new one may know of a lower high watermark than the old one told, and
        /// only those of one epoch are held against each other (T7).
        bool has_elections = false;
    };

    PartitionHistory(Judge& judge, Options options) : judge_(judge), options_(std::move(options)) {}

    [[nodiscard]] const std::string& name() const { return options_.name; }
    [[nodiscard]] LossCount losses() const {
        return LossCount(static_cast<std::uint32_t>(losses_.size()));
    }
    /// To be kept with a question until its answer comes.
    [[nodiscard]] Known known() const {
        return {.losses = losses(),
                .log_start = log_start_,
                .end = known_end_,
                .leader_epoch = leader_epoch_,
                .high_watermark = high_watermark_,
                .told = told_};
    }

    // What clients did and were told. -------------------------------------------------------------

    /// About to leave the producer; `ordered` promises P7 among this producer's values.
    void sent(ValueId value, bool ordered);
    /// The answer said ok and this offset; asked when `asked` losses had happened.
    void acknowledged(ValueId value, std::int64_t offset, LossCount asked);
    /// The answer said ok and no offset: clients do not know it of a retry whose first answer was
    /// lost.
    void acknowledged_somewhere(ValueId value);
    /// The answer was an error that says the record was not written (P6).
    void failed(ValueId value);
    /// The broker was right to lose track of the value's producer, which sends it again under
    /// another id: it may stand twice, and behind what was sent later.
    void may_repeat(ValueId value) {
        sent_[value.value()].repeats = true;
        ++repeats_;
    }
    /// A fetch of this consumer returned this record, written by a leader of `epoch`; it expected
    /// `position` or later. How many losses the record has outlived: a replica that has not heard
    /// of a loss serves on what is gone.
    LossCount read(std::int64_t position, std::int64_t offset, ValueId value, const Known& asked,
                   std::int32_t epoch = INT32_MAX);
    /// A fetch answer's high watermark: never below what was told before the question (T7). Nothing
    /// is owed by an answer that a loss overtook.
    /// `leader_epoch`: the one that the question named, -1 if it named none.
    void high_watermark(std::int64_t high_watermark, std::int32_t leader_epoch, const Known& asked);
    /// The end of the log as ListOffsets was answered. A new leader does not tell it before it
    /// knows of all that those before it have told (KIP-207, T7).
    void latest(std::int64_t end, std::int32_t leader_epoch, const Known& asked);
    /// DeleteRecords is about to be asked for everything below this offset.
    void deletion_asked(std::int64_t upto) { deletable_ = std::max(deletable_, upto); }
    /// DeleteRecords was answered with this low watermark.
    void deleted_up_to(std::int64_t log_start);
    /// A deletion may have taken it; from here on the log never loses its head.
    [[nodiscard]] bool is_deletable(std::int64_t offset) const { return offset < deletable_; }

    // What happened to the machine. ---------------------------------------------------------------

    /// Power was lost; everything below `durable_end` was on the platter. From there on, what
    /// leaders up to `epoch` have written is gone.
    void lost_power(std::int64_t durable_end, std::int32_t epoch = -1);
    /// Syncs of this partition's files are answered without effect: after a power loss nothing that
    /// they were to keep is promised any more.
    void syncs_lie() { syncs_lied_ = true; }
    [[nodiscard]] bool do_syncs_lie() const { return syncs_lied_; }
    /// The disk itself damaged this partition (bit rot and the like): nothing holds any more but
    /// that damage is noticed.
    void damaged() { damaged_ = true; }
    [[nodiscard]] bool is_damaged() const { return damaged_; }

    // The final drain: every record from log start to end, in order. ------------------------------

    void begin_drain();
    void drained(std::int64_t offset, ValueId value, std::int64_t timestamp_ms);
    void end_drain(std::int64_t log_start, std::int64_t log_end);
    /// The smallest drained offset whose timestamp is at least this; nothing if there is none
    /// (L10).
    [[nodiscard]] std::optional<std::int64_t> offset_for_time(std::int64_t timestamp_ms) const;

    [[nodiscard]] std::uint64_t acknowledged_count() const { return acknowledged_; }
    [[nodiscard]] std::uint64_t excused_count() const { return excused_; }

private:
    struct Slot {
        ValueId value;
        bool known = false;
        bool acknowledged = false;
        bool drained = false;
    };
    struct Loss {
        std::int64_t durable_end = 0;
        std::int32_t epoch = -1;
    };
    struct Sent {
        bool ordered = false;
        bool failed = false;
        bool repeats = false;
        std::int64_t offset = -1;  // where it is known to stand
    };

    /// The first loss that took this record, or may have as it happened since `asked`; else all.
    [[nodiscard]] LossCount outlived(std::int64_t offset, LossCount asked,
                                     std::int32_t epoch = INT32_MAX) const;
    void told_in_epoch(std::int64_t high_watermark, std::int32_t leader_epoch, const Known& asked);
    /// Without what losses took of what this epoch's leader knew.
    [[nodiscard]] std::int64_t durable(std::int64_t end, std::int32_t leader_epoch) const;
    [[nodiscard]] std::string text(ValueId value) const;
    /// False: nothing may be known by this, the offset or the value is nobody's.
    bool learn(std::int64_t offset, ValueId value, bool acknowledged, std::string_view how);
    Slot& slot(std::int64_t offset);

    Judge& judge_;
    Options options_;
    std::vector<Slot> slots_;
    HashMap<std::uint64_t, Sent> sent_;
    std::vector<ValueId> somewhere_;  // acknowledged without an offset
    std::vector<Loss> losses_;
    std::int64_t known_end_ = 0;
    std::int64_t log_start_ = 0;
    std::int64_t deletable_ = 0;
    std::int32_t leader_epoch_ = -1;
    std::int64_t high_watermark_ = 0;  // told in that epoch
    std::int64_t told_ = 0;            // in any epoch that a question named
    bool damaged_ = false;
    bool syncs_lied_ = false;
    std::uint64_t repeats_ = 0;
    std::uint64_t acknowledged_ = 0;
    std::uint64_t excused_ = 0;
    std::vector<std::pair<std::int64_t, std::int64_t>> drained_;  // offset, timestamp
    std::map<std::uint32_t, ValueId> last_drained_of_;
};

}  // namespace gregor::scenarios
