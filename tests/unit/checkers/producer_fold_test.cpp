// Logs made by hand, and what a broker may and may not remember of who wrote to them.
#include "scenarios/checkers/producer_fold.h"

#include "tests/support/catch.h"

using namespace gregor;
using namespace gregor::scenarios;

namespace {

using Kind = SeenWriter::Kind;

constexpr protocol::ProducerId kProducer{7};

/// A log with the broker's own state of its producers beside it.
class Fold {
public:
    /// A batch of one record, the producer's `sequence`.
    void write(Kind kind, std::int32_t sequence, std::int16_t epoch = 0) {
        log_.unchanged = log_.batches.size();
        log_.batches.push_back({.base_offset = end_,
                                .last_offset = end_,
                                .leader_epoch = LeaderEpoch(0),
                                .writer = {.kind = kind,
                                           .producer_id = kProducer,
                                           .producer_epoch = protocol::ProducerEpoch(epoch),
                                           .last_sequence = sequence,
                                           .coordinator_epoch = kind == Kind::marker ? 3 : -1}});
        end_ = end_ + 1;
    }
    void begin_at(std::int64_t offset) { end_ = Offset(offset); }
    void truncate_by_one() {
        log_.batches.pop_back();
        log_.unchanged = log_.batches.size();
        end_ = end_ - std::int64_t{1};
    }

    /// Looks at the log without following it.
    void look() {
        fold_.keep(log_.unchanged);
        log_.unchanged = log_.batches.size();
    }

    /// What is wrong with a broker that remembers these.
    std::string with(const std::vector<log::ProducerEntry>& entries, bool may_forget = false) {
        log::ProducerState state(86'400'000);
        state.load(entries, end_, 0);
        fold_.follow(log_, end_);
        return fold_.find_difference(state, may_forget).value_or("");
    }

    /// Where the first transaction begins that is not stable; -1: there is none.
    std::int64_t first_unstable(std::int64_t high_watermark) {
        fold_.follow(log_, end_);
        return fold_.first_unstable(Offset(high_watermark)).value_or(Offset(-1)).value();
    }

    [[nodiscard]] static log::ProducerEntry entry(std::int32_t sequence, std::int64_t offset,
                                                  std::int16_t epoch = 0) {
        log::ProducerEntry entry;
        entry.producer_id = kProducer;
        entry.producer_epoch = protocol::ProducerEpoch(epoch);
        if (sequence >= 0) {
            entry.batches.push({.last_sequence = sequence, .last_offset = Offset(offset)});
        }
        return entry;
    }

private:
    SeenLog log_;
    Offset end_{0};
    ProducerFold fold_;
};

}  // namespace

TEST_CASE("L9: a producer's last batch is remembered as the log has it") {
    Fold fold;
    fold.write(Kind::idempotent, 0);
    fold.write(Kind::idempotent, 1);
    REQUIRE(fold.with({Fold::entry(1, 1)}).empty());
    fold.write(Kind::idempotent, 2);
    REQUIRE(fold.with({Fold::entry(1, 1)}).contains("last sequence number 1"));
    REQUIRE(fold.with({Fold::entry(2, 2, 1)}).contains("epoch 1"));
    REQUIRE(fold.with({}).contains("not known"));
    REQUIRE(fold.with({}, true).empty());
}

TEST_CASE("L9: what a truncation took is forgotten") {
    Fold fold;
    fold.write(Kind::idempotent, 0);
    fold.write(Kind::idempotent, 1);
    REQUIRE(fold.with({Fold::entry(1, 1)}).empty());
    fold.truncate_by_one();
    REQUIRE(fold.with({Fold::entry(1, 1)}).contains("last sequence number 1"));
    fold.truncate_by_one();
    REQUIRE(fold.with({Fold::entry(0, 0)}).contains("nothing that is in the log"));
    REQUIRE(fold.with({}).empty());
}

TEST_CASE("L9: a log that was cut and has grown again while nobody followed it is read anew") {
    Fold fold;
    fold.write(Kind::idempotent, 0);
    fold.write(Kind::idempotent, 1);
    REQUIRE(fold.with({Fold::entry(1, 1)}).empty());
    fold.truncate_by_one();
    fold.look();
    fold.write(Kind::idempotent, 7);
    fold.look();
    REQUIRE(fold.with({Fold::entry(7, 1)}).empty());
}

TEST_CASE("L9: a marker gives its epoch and its coordinator's, and ends the transaction") {
    Fold fold;
    fold.write(Kind::transactional, 0);
    log::ProducerEntry open = Fold::entry(0, 0);
    REQUIRE(fold.with({open}).contains("none open"));
    open.current_txn_first_offset = Offset(0);
    REQUIRE(fold.with({open}).empty());
    fold.write(Kind::marker, -1, 1);
    REQUIRE(fold.with({open}).contains("epoch 0"));
    log::ProducerEntry ended = Fold::entry(-1, -1, 1);
    ended.coordinator_epoch = 2;
    REQUIRE(fold.with({ended}).contains("coordinator epoch 2"));
    ended.coordinator_epoch = 3;
    REQUIRE(fold.with({ended}).empty());
}

TEST_CASE("L9: of what stood before the log's start a broker may know more") {
    Fold fold;
    fold.begin_at(10);
    log::ProducerEntry before = Fold::entry(4, 9);
    before.current_txn_first_offset = Offset(8);
    REQUIRE(fold.with({before}).empty());
    fold.write(Kind::transactional, 5);
    log::ProducerEntry now = Fold::entry(5, 10);
    now.current_txn_first_offset = Offset(8);
    REQUIRE(fold.with({now}).empty());
    log::ProducerEntry other = Fold::entry(0, 10);
    other.producer_id = protocol::ProducerId(8);
    Fold anew;
    anew.begin_at(10);
    anew.write(Kind::transactional, 5);
    REQUIRE(anew.with({now, other}).contains("nothing from 10 on"));
}

TEST_CASE("L3: a transaction is unstable until its marker is below the high watermark") {
    Fold fold;
    fold.write(Kind::idempotent, 0);
    REQUIRE(fold.first_unstable(0) == -1);
    fold.write(Kind::transactional, 1);
    fold.write(Kind::transactional, 2);
    REQUIRE(fold.first_unstable(3) == 1);
    fold.write(Kind::marker, -1);
    REQUIRE(fold.first_unstable(3) == 1);
    SECTION("then it is stable") { REQUIRE(fold.first_unstable(4) == -1); }
    SECTION("the next one begins behind it") {
        fold.write(Kind::transactional, 3);
        REQUIRE(fold.first_unstable(3) == 1);
        REQUIRE(fold.first_unstable(4) == 4);
    }
    SECTION("a log that was cut says nothing of markers that it had before") {
        fold.write(Kind::idempotent, 3);
        REQUIRE(fold.first_unstable(3) == 1);
        fold.truncate_by_one();
        REQUIRE(fold.first_unstable(3) == -1);
    }
}
