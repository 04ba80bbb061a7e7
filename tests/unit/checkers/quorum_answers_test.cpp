// What may be told of a quorum that n1 leads in epoch 7.
#include "scenarios/checkers/quorum_answers.h"

#include "tests/support/catch.h"

using namespace gregor;
using namespace gregor::scenarios;
using protocol::LeaderEpoch;
using protocol::NodeId;
using protocol::Offset;
using protocol::Uuid;

namespace {

QuorumMoment a_quorum() {
    QuorumMoment::Leader leader{.epoch = LeaderEpoch(7),
                                .high_watermark = Offset(40),
                                .log_end_offset = Offset(45),
                                .now = Instant(10s),
                                .wall_ms = 1'000'000};
    leader.voters[{NodeId(1), Uuid()}] = {};
    leader.voters[{NodeId(2), Uuid()}] = {
        .end_offset = Offset(40), .last_fetch = Instant(9s), .last_caught_up = Instant(8s)};
    leader.observers[{NodeId(3), Uuid()}] = {};
    QuorumMoment moment;
    moment.leaders[NodeId(1)] = leader;
    moment.newest_epoch = LeaderEpoch(7);
    return moment;
}

protocol::DescribeQuorumResponse an_answer() {
    protocol::DescribeQuorumResponse told;
    auto& partition = told.topics.emplace_back().partitions.emplace_back();
    partition.leader_id = NodeId(1);
    partition.leader_epoch = LeaderEpoch(7);
    partition.high_watermark = Offset(40);
    partition.current_voters = {{.replica_id = NodeId(1), .log_end_offset = Offset(45)},
                                {.replica_id = NodeId(2),
                                 .log_end_offset = Offset(40),
                                 .last_fetch_timestamp = 999'000,
                                 .last_caught_up_timestamp = 998'000}};
    partition.observers = {{.replica_id = NodeId(3), .log_end_offset = protocol::kNoOffset}};
    told.nodes = {{.node_id = NodeId(1)}, {.node_id = NodeId(2)}};
    return told;
}

std::string check(const protocol::DescribeQuorumResponse& told, const QuorumMoment& after) {
    const QuorumMoment before = a_quorum();
    const AnswerVerdict verdict = QuorumAnswers(before, after).check(told);
    return verdict ? std::string(verdict->invariant) : "pass";
}

}  // namespace

TEST_CASE("a quorum is as its leader knows it") {
    auto told = an_answer();
    auto& partition = told.topics[0].partitions[0];
    REQUIRE(check(told, a_quorum()) == "pass");
    SECTION("the high watermark") {
        partition.high_watermark = Offset(39);
        CHECK(check(told, a_quorum()) == "M1");
    }
    SECTION("the leader's log") {
        partition.current_voters[0].log_end_offset = Offset(40);
        CHECK(check(told, a_quorum()) == "M1");
    }
    SECTION("a follower's log") {
        partition.current_voters[1].log_end_offset = Offset(45);
        CHECK(check(told, a_quorum()) == "M1");
    }
    SECTION("when a follower has fetched") {
        partition.current_voters[1].last_fetch_timestamp = 1'000'000;
        CHECK(check(told, a_quorum()) == "M1");
    }
    SECTION("a voter that is missing") {
        partition.current_voters.pop_back();
        CHECK(check(told, a_quorum()) == "M3");
        told.nodes.pop_back();
        CHECK(check(told, a_quorum()) == "M3");
    }
    SECTION("an observer that is a voter") {
        partition.observers[0].replica_id = NodeId(2);
        CHECK(check(told, a_quorum()) == "M3");
    }
}

TEST_CASE("what has risen meanwhile may be told as of any moment") {
    QuorumMoment after = a_quorum();
    auto& leader = after.leaders.at(NodeId(1));
    leader.high_watermark = leader.log_end_offset = Offset(50);
    leader.voters.at({NodeId(2), Uuid()}) = {.end_offset = Offset(50), .last_fetch = Instant(10s)};
    auto told = an_answer();
    told.topics[0].partitions[0].high_watermark = Offset(47);
    told.topics[0].partitions[0].current_voters[1].log_end_offset = Offset(47);
    CHECK(check(told, after) == "pass");
    told.topics[0].partitions[0].high_watermark = Offset(51);
    CHECK(check(told, after) == "M1");
}

TEST_CASE("who came and went while voters changed may be told of") {
    QuorumMoment after = a_quorum();
    auto told = an_answer();
    auto& partition = told.topics[0].partitions[0];
    partition.current_voters.push_back({.replica_id = NodeId(3)});
    told.nodes.push_back({.node_id = NodeId(3)});
    partition.observers.clear();
    CHECK(check(told, after) == "M3");
    after.leaders.at(NodeId(1)).voters_since = Offset(44);
    CHECK(check(told, after) == "pass");
}

TEST_CASE("one leads in one epoch") {
    auto told = an_answer();
    told.topics[0].partitions[0].leader_id = NodeId(2);
    CHECK(check(told, a_quorum()) == "M3");
    told.topics[0].partitions[0].leader_epoch = LeaderEpoch(6);
    CHECK(check(told, a_quorum()) == "pass");
    told.topics[0].partitions[0].leader_epoch = LeaderEpoch(8);
    CHECK(check(told, a_quorum()) == "M3");
    told.topics.clear();
    CHECK(check(told, a_quorum()) == "M3");
}
