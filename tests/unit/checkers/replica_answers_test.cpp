// Answers made by hand: for each that may not be given one that is wrong, and those beside it that
// are right.
#include "scenarios/checkers/replica_answers.h"

#include "tests/support/catch.h"

using namespace gregor;
using namespace gregor::scenarios;

namespace {

/// n1 leads in epoch 7. Its log goes from 10 to 60, readable is what is below 50, decided what is
/// below 45; epochs 3, 5 and 7 began at 10, 30 and 40.
ReplicaMoment a_leader() {
    ReplicaMoment leader;
    leader.is_there = true;
    leader.role = SeenRole::leader;
    leader.leader_epoch = LeaderEpoch(7);
    leader.marks = {.log_start_offset = Offset(10),
                    .last_stable_offset = Offset(45),
                    .high_watermark = Offset(50),
                    .log_end_offset = Offset(60)};
    leader.epochs = {
        {LeaderEpoch(3), Offset(10)}, {LeaderEpoch(5), Offset(30)}, {LeaderEpoch(7), Offset(40)}};
    leader.epoch_start_offset = Offset(40);
    leader.rack = "r1";
    leader.in_sync[NodeId(2)] = {
        .log_start_offset = Offset(10), .log_end_offset = Offset(50), .rack = "r2"};
    return leader;
}

ReplicaMoment later(ReplicaMoment moment, std::int64_t records) {
    moment.marks.last_stable_offset = moment.marks.last_stable_offset + records;
    moment.marks.high_watermark = moment.marks.high_watermark + records;
    moment.marks.log_end_offset = moment.marks.log_end_offset + records;
    return moment;
}

/// One for each ten offsets, each ten milliseconds later than the one before.
std::vector<SeenBatch> batches() {
    std::vector<SeenBatch> all;
    for (std::int64_t base = 0; base < 60; base += 10) {
        SeenBatch batch;
        batch.base_offset = Offset(base);
        batch.last_offset = Offset(base + 9);
        batch.max_timestamp = 1'000 + base;
        all.push_back(batch);
    }
    return all;
}

std::string invariant(const ReplicaAnswers::Verdict& verdict) {
    return verdict ? std::string(verdict->invariant) : "pass";
}

ReplicaAnswers::EpochEnd epoch_end(int asked, int epoch, std::int64_t end) {
    return {
        .asked = LeaderEpoch(asked), .leader_epoch = LeaderEpoch(epoch), .end_offset = Offset(end)};
}

ReplicaAnswers::Listed listed(std::int64_t asked, std::int64_t offset, int epoch) {
    return {.asked = asked,
            .timestamp = asked,
            .offset = Offset(offset),
            .leader_epoch = LeaderEpoch(epoch)};
}

ReplicaAnswers::Fetched fetched(std::int64_t asked, std::optional<Offset> end) {
    return {.asked = Offset(asked),
            .rack = "r9",
            .selects_by_rack = true,
            .high_watermark = Offset(50),
            .end_offset = end};
}

}  // namespace

TEST_CASE("an epoch ends where the next one that wrote begins") {
    const ReplicaMoment leader = a_leader();
    const ReplicaMoment after = later(leader, 5);
    const ReplicaAnswers answers(leader, after);
    CHECK(invariant(answers.check(epoch_end(5, 5, 40))) == "pass");
    CHECK(invariant(answers.check(epoch_end(6, 5, 40))) == "pass");
    CHECK(invariant(answers.check(epoch_end(2, 2, 10))) == "pass");
    CHECK(invariant(answers.check(epoch_end(7, 7, 63))) == "pass");
    CHECK(invariant(answers.check(epoch_end(8, -1, -1))) == "pass");
    CHECK(invariant(answers.check(epoch_end(6, 6, 40))) == "L4");
    CHECK(invariant(answers.check(epoch_end(5, 5, 30))) == "L4");
    CHECK(invariant(answers.check(epoch_end(7, 7, 66))) == "L4");
    CHECK(invariant(answers.check(epoch_end(8, 8, 60))) == "L4");
}

TEST_CASE("who believes in another leader epoch is told so") {
    const ReplicaMoment leader = a_leader();
    const ReplicaAnswers answers(leader, leader);
    ReplicaAnswers::EpochEnd told = epoch_end(5, 5, 40);
    told.current_leader_epoch = LeaderEpoch(6);
    CHECK(invariant(answers.check(told)) == "M6");
    told.error = ErrorCode::fenced_leader_epoch;
    CHECK(invariant(answers.check(told)) == "pass");
    told.current_leader_epoch = LeaderEpoch(8);
    CHECK(invariant(answers.check(told)) == "M6");
    told.error = ErrorCode::unknown_leader_epoch;
    CHECK(invariant(answers.check(told)) == "pass");
    told.error = ErrorCode::kafka_storage_error;
    CHECK(invariant(answers.check(told)) == "pass");
}

TEST_CASE("a follower tells nobody where epochs end, and serves consumers") {
    ReplicaMoment follower = a_leader();
    follower.role = SeenRole::follower;
    const ReplicaAnswers answers(follower, follower);
    CHECK(invariant(answers.check(epoch_end(5, 5, 40))) == "M6");
    CHECK(invariant(answers.check(fetched(20, Offset(50)))) == "pass");
    ReplicaAnswers::Fetched refused = fetched(20, std::nullopt);
    refused.error = ErrorCode::not_leader_or_follower;
    CHECK(invariant(answers.check(refused)) == "M6");
}

TEST_CASE("nothing is said of a replica that has changed") {
    const ReplicaMoment leader = a_leader();
    ReplicaMoment after = leader;
    after.leader_epoch = LeaderEpoch(8);
    CHECK(invariant(ReplicaAnswers(leader, after).check(epoch_end(5, 5, 99))) == "pass");
    after = leader;
    after.truncations = 1;
    CHECK(invariant(ReplicaAnswers(leader, after).check(listed(-1, 99, 7), {})) == "pass");
}

TEST_CASE("the latest offset is the high watermark, or what is decided") {
    const ReplicaMoment leader = a_leader();
    const ReplicaMoment after = later(leader, 3);
    const ReplicaAnswers answers(leader, after);
    CHECK(invariant(answers.check(listed(-1, 52, 7), {})) == "pass");
    CHECK(invariant(answers.check(listed(-1, 54, 7), {})) == "T7");
    CHECK(invariant(answers.check(listed(-1, 49, 7), {})) == "T7");
    CHECK(invariant(answers.check(listed(-1, 52, 5), {})) == "L10");
    ReplicaAnswers::Listed committed = listed(-1, 50, 7);
    committed.read_committed = true;
    CHECK(invariant(answers.check(committed, {})) == "T7");
    committed.offset = Offset(47);
    CHECK(invariant(answers.check(committed, {})) == "pass");
}

TEST_CASE("a leader that lags behind its own epoch does not know the latest offset") {
    ReplicaMoment leader = a_leader();
    leader.epoch_start_offset = Offset(55);
    const ReplicaAnswers answers(leader, leader);
    CHECK(invariant(answers.check(listed(-1, 50, 7), {})) == "T7");
    ReplicaAnswers::Listed told = listed(-1, -1, -1);
    told.error = ErrorCode::offset_not_available;
    CHECK(invariant(answers.check(told, {})) == "pass");
}

TEST_CASE("an offset by time is in the first batch that is as late") {
    const ReplicaMoment leader = a_leader();
    const ReplicaAnswers answers(leader, leader);
    const std::vector<SeenBatch> all = batches();
    CHECK(invariant(answers.check(listed(1'025, 30, 5), all)) == "pass");
    CHECK(invariant(answers.check(listed(1'025, 30, 7), all)) == "L10");
    CHECK(invariant(answers.check(listed(1'025, 40, 7), all)) == "L10");
    CHECK(invariant(answers.check(listed(1'025, 29, 3), all)) == "L10");
    CHECK(invariant(answers.check(listed(1'025, -1, -1), all)) == "L10");
    // What is not committed yet is as late as that, and nobody may be told of it.
    CHECK(invariant(answers.check(listed(1'045, 50, 7), all)) == "L10");
    CHECK(invariant(answers.check(listed(1'045, -1, -1), all)) == "pass");
}

TEST_CASE("a fetch gives what is readable, all of it and no more") {
    const ReplicaMoment leader = a_leader();
    const ReplicaAnswers answers(leader, leader);
    CHECK(invariant(answers.check(fetched(20, Offset(50)))) == "pass");
    CHECK(invariant(answers.check(fetched(20, Offset(51)))) == "L13");
    CHECK(invariant(answers.check(fetched(20, std::nullopt))) == "L13");
    CHECK(invariant(answers.check(fetched(50, std::nullopt))) == "pass");
    ReplicaAnswers::Fetched committed = fetched(20, Offset(46));
    committed.read_committed = true;
    CHECK(invariant(answers.check(committed)) == "L13");
    ReplicaAnswers::Fetched marked = fetched(20, Offset(50));
    marked.high_watermark = Offset(51);
    CHECK(invariant(answers.check(marked)) == "T7");
}

TEST_CASE("a leader points to a follower in the client's rack that has what is asked for") {
    ReplicaMoment leader = a_leader();
    ReplicaAnswers::Fetched told = fetched(20, std::nullopt);
    told.rack = "r2";
    told.preferred_read_replica = NodeId(2);
    CHECK(invariant(ReplicaAnswers(leader, leader).check(told)) == "pass");
    told.asked = Offset(51);
    CHECK(invariant(ReplicaAnswers(leader, leader).check(told)) == "L13");
    told.asked = Offset(20);
    told.rack = "r1";
    CHECK(invariant(ReplicaAnswers(leader, leader).check(told)) == "L13");
    told.rack = "r2";
    told.preferred_read_replica = protocol::kNoNode;
    told.end_offset = Offset(50);
    CHECK(invariant(ReplicaAnswers(leader, leader).check(told)) == "L13");
    leader.in_sync.clear();
    CHECK(invariant(ReplicaAnswers(leader, leader).check(told)) == "pass");
    told.preferred_read_replica = NodeId(2);
    CHECK(invariant(ReplicaAnswers(leader, leader).check(told)) == "L13");
}

TEST_CASE("who has written to a log is told of as the log knows it") {
    constexpr protocol::ProducerId kEarly{1};
    constexpr protocol::ProducerId kLate{2};
    ReplicaMoment before = a_leader();
    before.producers[kEarly] = {.producer_epoch = protocol::ProducerEpoch(3),
                                .last_sequence = 9,
                                .current_txn_start_offset = Offset(45)};
    ReplicaMoment after = later(before, 5);
    after.producers[kLate] = {.producer_epoch = protocol::ProducerEpoch(0)};
    const ReplicaAnswers answers(before, after);
    ReplicaAnswers::Described told{.producers = before.producers};
    CHECK(invariant(answers.check(told)) == "pass");
    CHECK(invariant(answers.check(ReplicaAnswers::Described{.producers = after.producers})) ==
          "pass");
    CHECK(invariant(answers.check(ReplicaAnswers::Described{})) == "L9");
    told.producers[kEarly].current_txn_start_offset = protocol::kNoOffset;
    CHECK(invariant(answers.check(told)) == "L9");
    CHECK(invariant(ReplicaAnswers(before, before)
                        .check(ReplicaAnswers::Described{.producers = after.producers})) == "L9");
    CHECK(invariant(answers.check(
              ReplicaAnswers::Described{.error = ErrorCode::not_leader_or_follower})) == "M6");
}
