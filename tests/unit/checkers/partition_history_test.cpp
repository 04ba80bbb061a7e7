// Histories made by hand: for each invariant that PartitionHistory reports, one that breaks it and
// those beside it that must pass, above all what a power loss, damage or a deletion excuses.
#include "scenarios/checkers/partition_history.h"

#include "tests/support/catch.h"

using namespace gregor;
using namespace gregor::scenarios;

namespace {

constexpr std::uint32_t kProducer = 1;

/// A partition's history and its judge. Values are numbers of one producer, sent before the test
/// starts.
class Partition {
public:
    explicit Partition(bool synced_before_answer = false, Invariants muted = {})
        : judge_([this] { return now_; }, {}, std::move(muted)),
          history(judge_, {.name = "t0-0", .synced_before_answer = synced_before_answer}) {
        for (std::uint64_t number = 1; number <= kSent; ++number) history.sent(value(number), true);
    }

    static ValueId value(std::uint64_t number) { return value_id(kProducer, number); }

    /// Numbers 1 … count acknowledged at offsets 0 … count - 1.
    void acknowledge_first(std::uint64_t count) {
        for (std::uint64_t i = 0; i < count; ++i) acknowledge(i + 1, static_cast<std::int64_t>(i));
    }
    void acknowledge(std::uint64_t number, std::int64_t offset) {
        history.acknowledged(value(number), offset, history.losses());
    }
    void read(std::int64_t offset, std::uint64_t number) {
        history.read(offset, offset, value(number), history.known());
    }
    /// The log holds these numbers from `log_start` on.
    void drain(std::int64_t log_start, const std::vector<std::uint64_t>& numbers) {
        history.begin_drain();
        std::int64_t offset = log_start;
        for (const std::uint64_t number : numbers) history.drained(offset++, value(number), 1000);
        history.end_drain(log_start, offset);
    }

    [[nodiscard]] std::string verdict() const {
        return judge_.violation() ? judge_.violation()->invariant : "pass";
    }
    [[nodiscard]] const MutedViolations& muted() const { return judge_.muted(); }
    [[nodiscard]] std::uint64_t comparisons() const { return judge_.comparisons(); }

private:
    static constexpr std::uint64_t kSent = 100;

    Instant now_{};
    Judge judge_;

public:
    PartitionHistory history;
};

}  // namespace

TEST_CASE("a history in which all is well passes, and was compared") {
    Partition partition;
    partition.acknowledge_first(3);
    partition.read(0, 1);
    partition.read(1, 2);
    partition.history.high_watermark(3, -1, partition.history.known());
    partition.drain(0, {1, 2, 3, 4});
    REQUIRE(partition.verdict() == "pass");
    REQUIRE(partition.comparisons() > 8);
    REQUIRE(partition.history.acknowledged_count() == 3);
    REQUIRE(partition.history.excused_count() == 0);
}

// H1: lost writes. --------------------------------------------------------------------------------

TEST_CASE("H1: an acknowledged record that the log does not hold is lost") {
    Partition partition;
    partition.acknowledge_first(3);
    partition.drain(0, {1, 2});
    REQUIRE(partition.verdict() == "H1");
}

TEST_CASE("H1: a record that was read and whose place the log passes over is lost") {
    Partition partition;
    partition.acknowledge_first(1);
    partition.read(1, 2);
    partition.history.begin_drain();
    partition.history.drained(0, Partition::value(1), 1000);
    partition.history.drained(2, Partition::value(3), 1000);
    partition.history.end_drain(0, 3);
    REQUIRE(partition.verdict() == "H1");
}

TEST_CASE("H1: what a power loss took above the durable end is excused, what is below is not") {
    for (const std::int64_t durable_end : {2, 3}) {
        Partition partition;
        partition.acknowledge_first(3);
        partition.history.lost_power(durable_end);
        partition.drain(0, {1, 2});
        REQUIRE(partition.verdict() == (durable_end == 2 ? "pass" : "H1"));
        REQUIRE(partition.history.excused_count() == (durable_end == 2 ? 1 : 0));
    }
}

TEST_CASE("H1: the log's head may go as far as a deletion was asked for, answered or not") {
    for (const std::int64_t asked : {2, 1}) {
        Partition deleted;
        deleted.acknowledge_first(3);
        deleted.history.deletion_asked(asked);
        deleted.drain(2, {3});
        REQUIRE(deleted.verdict() == (asked == 2 ? "pass" : "H1"));
    }
}

TEST_CASE("H1: what was damaged is excused") {
    Partition damaged;
    damaged.acknowledge_first(3);
    damaged.history.damaged();
    damaged.drain(0, {1});
    REQUIRE(damaged.verdict() == "pass");
}

TEST_CASE("H1: a lying sync excuses a loss only once the power was lost") {
    for (const bool lost : {false, true}) {
        Partition partition;
        partition.acknowledge_first(3);
        partition.history.syncs_lie();
        if (lost) partition.history.lost_power(3);
        partition.drain(0, {1, 2});
        REQUIRE(partition.verdict() == (lost ? "pass" : "H1"));
        REQUIRE(partition.history.is_damaged() == lost);
    }
}

// H2: one offset, one value. ----------------------------------------------------------------------

TEST_CASE("H2: an offset that was acknowledged for one value and read as another is inconsistent") {
    Partition partition;
    partition.acknowledge_first(1);
    partition.read(0, 2);
    REQUIRE(partition.verdict() == "H2");
}

TEST_CASE("H2: an offset that no log could have reached is refused, not remembered") {
    for (const std::int64_t offset : {std::int64_t{-1}, std::int64_t{100}, INT64_MAX}) {
        Partition partition;
        partition.acknowledge(1, offset);
        REQUIRE(partition.verdict() == "H2");
    }
    Partition last;
    last.acknowledge(1, 99);
    REQUIRE(last.verdict() == "pass");
}

TEST_CASE("H2: what a loss took may still be read from a replica that has not heard of it") {
    for (const std::int32_t epoch : {1, 2}) {
        Partition partition;
        partition.acknowledge_first(3);
        partition.history.lost_power(1, 1);
        const Known asked = partition.history.known();
        const LossCount outlived = partition.history.read(1, 1, Partition::value(2), asked, epoch);
        REQUIRE((outlived == asked.losses) == (epoch == 2));
        partition.acknowledge(4, 1);
        REQUIRE(partition.verdict() == (epoch == 2 ? "H2" : "pass"));
    }
}

TEST_CASE("H2: an offset that a power loss freed may be taken by another value") {
    Partition partition;
    partition.acknowledge_first(2);
    partition.history.lost_power(1);
    partition.acknowledge(3, 1);
    partition.read(1, 3);
    partition.drain(0, {1, 3});
    REQUIRE(partition.verdict() == "pass");
}

TEST_CASE("H2: an answer that a power loss overtook says nothing about the offsets it took") {
    Partition partition;
    const Known before = partition.history.known();
    partition.history.lost_power(0);
    partition.acknowledge(3, 0);
    partition.history.acknowledged(Partition::value(1), 0, before.losses);
    partition.history.read(0, 0, Partition::value(1), before);
    REQUIRE(partition.verdict() == "pass");
    REQUIRE(partition.history.excused_count() == 1);
    // Below the durable end it still holds.
    Partition kept;
    kept.acknowledge_first(1);
    const Known asked = kept.history.known();
    kept.history.lost_power(1);
    kept.history.read(0, 0, Partition::value(2), asked);
    REQUIRE(kept.verdict() == "H2");
}

// P1: no duplicates. ------------------------------------------------------------------------------

TEST_CASE("P1: a value at two offsets is a duplicate, told twice of one offset it is none") {
    Partition twice;
    twice.acknowledge_first(1);
    twice.acknowledge(1, 0);
    twice.read(0, 1);
    REQUIRE(twice.verdict() == "pass");
    twice.read(1, 1);
    REQUIRE(twice.verdict() == "P1");

    Partition drained;
    drained.drain(0, {1, 2, 1});
    REQUIRE(drained.verdict() == "P1");
}

TEST_CASE("P1: a value whose first place a power loss took may be written again") {
    Partition partition;
    partition.acknowledge_first(2);
    partition.history.lost_power(1);
    partition.acknowledge(3, 1);
    partition.acknowledge(2, 2);
    partition.drain(0, {1, 3});
    REQUIRE(partition.verdict() == "H1");  // and nothing before
}

// P6: a send that failed for good is never visible. -----------------------------------------------

TEST_CASE("P6: a value is seen whose send had failed, or fails after it was seen") {
    Partition seen;
    seen.history.failed(Partition::value(1));
    seen.read(0, 1);
    REQUIRE(seen.verdict() == "P6");

    Partition fails;
    fails.read(0, 1);
    fails.history.failed(Partition::value(1));
    REQUIRE(fails.verdict() == "P6");
}

TEST_CASE("P6: a failed send that is not visible passes, and so does one in a damaged partition") {
    Partition hidden;
    hidden.history.failed(Partition::value(1));
    hidden.drain(0, {2, 3});
    REQUIRE(hidden.verdict() == "pass");

    Partition damaged;
    damaged.read(0, 1);
    damaged.history.damaged();
    damaged.history.failed(Partition::value(1));
    REQUIRE(damaged.verdict() == "pass");
}

// H6, H7: a consumer's poll. ----------------------------------------------------------------------

TEST_CASE("H6: a consumer is given an offset below its position") {
    Partition partition;
    partition.history.read(1, 1, Partition::value(2), partition.history.known());
    REQUIRE(partition.verdict() == "pass");
    partition.history.read(2, 1, Partition::value(2), partition.history.known());
    REQUIRE(partition.verdict() == "H6");
}

TEST_CASE("H7: a consumer is given an offset above its position") {
    Partition partition;
    partition.history.read(1, 2, Partition::value(3), partition.history.known());
    REQUIRE(partition.verdict() == "H7");
}

TEST_CASE("H7: a power loss in the past does not excuse a skip of today") {
    Partition partition;
    partition.acknowledge_first(3);
    partition.history.lost_power(1);
    partition.history.read(1, 2, Partition::value(5), partition.history.known());
    REQUIRE(partition.verdict() == "H7");
}

TEST_CASE("H6, H7: a deletion excuses a skip, a power loss after the question excuses both") {
    Partition deleted;
    deleted.history.deleted_up_to(2);
    deleted.history.read(1, 2, Partition::value(3), deleted.history.known());
    REQUIRE(deleted.verdict() == "pass");

    Partition overtaken;
    const Known before = overtaken.history.known();
    overtaken.history.lost_power(1);
    overtaken.history.read(1, 2, Partition::value(3), before);
    overtaken.history.read(2, 1, Partition::value(2), before);
    REQUIRE(overtaken.verdict() == "pass");
}

// P7: order of one idempotent producer. -----------------------------------------------------------

TEST_CASE("P7: values of one idempotent producer stand in another order than they were sent in") {
    Partition partition;
    partition.drain(0, {1, 3, 2});
    REQUIRE(partition.verdict() == "P7");
}

TEST_CASE("P7: gaps, other producers and producers without a promise of order pass") {
    Partition partition;
    const ValueId other = value_id(2, 7);
    const ValueId later = value_id(3, 2);
    const ValueId earlier = value_id(3, 1);
    partition.history.sent(other, true);
    partition.history.sent(earlier, false);
    partition.history.sent(later, false);
    partition.history.begin_drain();
    std::int64_t offset = 0;
    for (const ValueId each : {Partition::value(5), other, later, Partition::value(9), earlier}) {
        partition.history.drained(offset++, each, 1000);
    }
    partition.history.end_drain(0, offset);
    REQUIRE(partition.verdict() == "pass");
}

TEST_CASE("P7: a second drain begins anew") {
    Partition partition;
    partition.drain(0, {1, 2});
    partition.drain(0, {1, 2});
    REQUIRE(partition.verdict() == "pass");
}

// L8: what must survive a power loss. -------------------------------------------------------------

TEST_CASE("L8: under flush.messages=1 an acknowledged record is not durable when the power goes") {
    Partition partition(true);
    partition.acknowledge_first(3);
    partition.history.lost_power(2);
    REQUIRE(partition.verdict() == "L8");
}

TEST_CASE("L8: what nobody acknowledged, synced, or promised may go with the power") {
    Partition synced(true);
    synced.acknowledge_first(3);
    synced.history.lost_power(3);
    REQUIRE(synced.verdict() == "pass");

    Partition read_only(true);
    read_only.acknowledge_first(2);
    read_only.read(2, 3);
    read_only.history.lost_power(2);
    REQUIRE(read_only.verdict() == "pass");

    Partition unpromised(false);
    unpromised.acknowledge_first(3);
    unpromised.history.lost_power(0);
    REQUIRE(unpromised.verdict() == "pass");
}

TEST_CASE("L8: a lying sync, damage and a deletion excuse") {
    Partition lied(true);
    lied.acknowledge_first(3);
    lied.history.syncs_lie();
    lied.history.lost_power(0);
    REQUIRE(lied.verdict() == "pass");

    Partition damaged(true);
    damaged.acknowledge_first(3);
    damaged.history.damaged();
    damaged.history.lost_power(0);
    REQUIRE(damaged.verdict() == "pass");

    Partition deleted(true);
    deleted.acknowledge_first(3);
    deleted.history.deleted_up_to(3);
    deleted.history.lost_power(0);
    REQUIRE(deleted.verdict() == "pass");
}

// R8: reads of what was never written, and of what does not last. ---------------------------------

TEST_CASE("R8: a value is read that nobody sent") {
    Partition partition;
    partition.history.read(0, 0, value_id(9, 1), partition.history.known());
    REQUIRE(partition.verdict() == "R8");
}

TEST_CASE("R8: a record was read and the log ends before it, unless a power loss took it") {
    for (const bool lost : {false, true}) {
        Partition partition;
        partition.acknowledge_first(1);
        partition.read(1, 2);
        if (lost) partition.history.lost_power(1);
        partition.drain(0, {1});
        REQUIRE(partition.verdict() == (lost ? "pass" : "R8"));
    }
}

// C8: deleted records. ----------------------------------------------------------------------------

TEST_CASE("C8: a record is read below a log start that was acknowledged before the question") {
    Partition partition;
    partition.acknowledge_first(3);
    partition.history.deleted_up_to(2);
    partition.read(2, 3);
    REQUIRE(partition.verdict() == "pass");
    partition.read(1, 2);
    REQUIRE(partition.verdict() == "C8");
}

TEST_CASE("C8: an answer that a deletion overtook may hold what was deleted") {
    Partition partition;
    partition.acknowledge_first(3);
    const Known before = partition.history.known();
    partition.history.deleted_up_to(2);
    partition.history.read(1, 1, Partition::value(2), before);
    REQUIRE(partition.verdict() == "pass");
}

TEST_CASE("C8: the log start that was acknowledged never falls") {
    Partition partition;
    partition.acknowledge_first(3);
    partition.history.deleted_up_to(2);
    partition.history.deleted_up_to(1);
    partition.read(1, 2);
    REQUIRE(partition.verdict() == "C8");
}

TEST_CASE("C8: a power loss takes no deletion back, whatever it takes of the log") {
    for (const std::int64_t durable_end : {0, 2}) {
        Partition partition;
        partition.acknowledge_first(3);
        partition.history.deleted_up_to(2);
        partition.history.lost_power(durable_end);
        partition.read(1, durable_end == 0 ? 5 : 2);
        REQUIRE(partition.verdict() == "C8");
    }
}

// T7: the high watermark. -------------------------------------------------------------------------

TEST_CASE("T7: a high watermark is at or below an offset that was told before the question") {
    for (const bool by_read : {false, true}) {
        Partition partition;
        partition.acknowledge_first(2);
        if (by_read) {
            partition.read(2, 3);
        } else {
            partition.acknowledge(3, 2);
        }
        partition.history.high_watermark(3, -1, partition.history.known());
        REQUIRE(partition.verdict() == "pass");
        partition.history.high_watermark(2, -1, partition.history.known());
        REQUIRE(partition.verdict() == "T7");
    }
}

TEST_CASE("T7: what was told only after the question does not bind its answer") {
    Partition partition;
    partition.acknowledge_first(2);
    const Known before = partition.history.known();
    partition.acknowledge(3, 2);
    partition.history.high_watermark(2, -1, before);
    REQUIRE(partition.verdict() == "pass");
}

TEST_CASE("T7: a power loss lowers what binds to the durable end, damage unbinds") {
    Partition lost;
    lost.acknowledge_first(3);
    const Known before = lost.history.known();
    lost.history.lost_power(1);
    lost.history.high_watermark(0, -1, before);
    lost.history.high_watermark(1, -1, lost.history.known());
    REQUIRE(lost.verdict() == "pass");
    lost.history.high_watermark(0, -1, lost.history.known());
    REQUIRE(lost.verdict() == "T7");

    Partition damaged;
    damaged.acknowledge_first(3);
    damaged.history.damaged();
    damaged.history.high_watermark(0, -1, damaged.history.known());
    REQUIRE(damaged.verdict() == "pass");
}

TEST_CASE("T7: a new leader's end of the log is no less than what those before it told") {
    Judge judge([] { return Instant(); }, {});
    PartitionHistory history(judge, {.name = "t0-0", .has_elections = true});
    history.high_watermark(7, 1, history.known());
    const Known before = history.known();
    // What it tells of its high watermark may be less, as long as it says so.
    history.high_watermark(5, 2, history.known());
    history.high_watermark(9, 2, history.known());
    history.latest(7, 2, before);            // asked before 9 was told
    history.latest(6, 1, history.known());   // asked for a leader of before
    history.latest(6, -1, history.known());  // of nobody knows which
    history.latest(9, 3, history.known());
    REQUIRE(!judge.violation());
    history.lost_power(/*durable_end=*/4, /*epoch=*/3);
    history.high_watermark(9, 3, history.known());  // of one that has not heard of the loss
    history.latest(4, 4, history.known());
    REQUIRE(!judge.violation());
    history.latest(3, 5, history.known());
    REQUIRE(judge.violation()->invariant == "T7");
}

// L10: offsets by time. ---------------------------------------------------------------------------

TEST_CASE("the offset for a time is the first in the log that is not earlier") {
    Partition partition;
    partition.history.begin_drain();
    std::int64_t offset = 0;
    for (const std::int64_t timestamp : {100, 300, 200, 400}) {
        partition.history.drained(offset, Partition::value(static_cast<std::uint64_t>(offset) + 1),
                                  timestamp);
        ++offset;
    }
    REQUIRE(partition.history.offset_for_time(0) == 0);
    REQUIRE(partition.history.offset_for_time(150) == 1);
    REQUIRE(partition.history.offset_for_time(301) == 3);
    REQUIRE(partition.history.offset_for_time(401) == std::nullopt);
}

TEST_CASE("what is muted is counted, and what is behind it is found") {
    Partition partition(false, {"H2", "R8"});
    partition.acknowledge_first(3);
    partition.read(1, 2);
    partition.read(1, 5);
    partition.read(1, 6);
    REQUIRE(partition.verdict() == "pass");
    REQUIRE(partition.muted().at("H2").times == 2);
    REQUIRE(partition.muted().at("H2").first.message.ends_with("was read as p1-5"));
    REQUIRE(!partition.muted().contains("R8"));
    SECTION("a duplicate") {
        partition.read(3, 3);
        REQUIRE(partition.verdict() == "P1");
    }
    SECTION("a loss, behind records at offsets and of values that nobody knows") {
        partition.history.begin_drain();
        partition.history.drained(0, Partition::value(1), 1000);
        partition.history.drained(std::int64_t{1} << 60, Partition::value(6), 1000);
        partition.history.drained(-1, Partition::value(6), 1000);
        partition.history.drained(1, Partition::value(9999), 1000);
        partition.history.end_drain(0, 2);
        REQUIRE(partition.muted().at("H2").times == 4);
        REQUIRE(partition.muted().at("R8").times == 1);
        REQUIRE(partition.verdict() == "H1");
    }
}
