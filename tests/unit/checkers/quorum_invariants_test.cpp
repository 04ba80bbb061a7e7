// The metadata quorum: for each invariant views that break it, and those beside them that must
// pass.
#include "tests/unit/checkers/cluster_by_hand.h"

using namespace gregor;
using namespace gregor::scenarios;
using namespace gregor::scenarios::test;

TEST_CASE("M1: what the quorum has committed stays, on everyone and with whoever leads") {
    Cluster cluster;
    for (int id : {1, 2}) cluster.write_metadata(id, {batch(0, 1), batch(1, 1)}, 2);
    cluster.write_metadata(3, {batch(0, 1)}, 1);
    cluster.member(1).is_leader = true;
    REQUIRE(cluster.look() == "pass");
    cluster.member(1).is_leader = false;
    SECTION("a follower has something else there") {
        cluster.write_metadata(3, {batch(0, 1), batch(1, 2)}, 2);
        REQUIRE(cluster.look() == "M1");
    }
    SECTION("a new leader lacks it") {
        cluster.member(3).epoch = LeaderEpoch(2);
        cluster.member(3).leader_id = n(3);
        cluster.member(3).is_leader = true;
        REQUIRE(cluster.look() == "M1");
    }
    SECTION("a new leader that has it may have more") {
        cluster.write_metadata(2, {batch(0, 1), batch(1, 1), batch(2, 1)}, 2);
        cluster.member(2).epoch = LeaderEpoch(2);
        cluster.member(2).leader_id = n(2);
        cluster.member(2).is_leader = true;
        REQUIRE(cluster.look() == "pass");
    }
}

TEST_CASE("M1: a new leader shows nothing before a record of its own epoch is committed") {
    Cluster cluster;
    for (int id : {1, 2, 3}) cluster.write_metadata(id, {batch(0, 1), batch(1, 1)}, 1);
    cluster.look();
    cluster.member(2).epoch = LeaderEpoch(2);
    cluster.member(2).leader_id = n(2);
    cluster.member(2).is_leader = true;
    const std::vector<SeenBatch> with_own{batch(0, 1), batch(1, 1), batch(2, 2)};
    cluster.write_metadata(2, with_own, 1);
    REQUIRE(cluster.look() == "pass");
    SECTION("not what the one before it wrote") {
        cluster.write_metadata(2, with_own, 2);
        REQUIRE(cluster.look() == "M1");
    }
    SECTION("with its own it does") {
        cluster.write_metadata(2, with_own, 3);
        REQUIRE(cluster.look() == "pass");
    }
}

TEST_CASE("M1: what the quorum shows the disks of a majority have for good") {
    Cluster cluster;
    cluster.member(1).is_leader = true;
    cluster.member(1).voters = {n(1), n(2), n(3)};
    for (int id : {1, 2, 3}) cluster.write_metadata(id, {batch(0, 1), batch(1, 1)}, 0);
    for (int id : {1, 2}) cluster.member(id).synced_end = Offset(1);
    cluster.write_metadata(1, {batch(0, 1), batch(1, 1)}, 1);
    REQUIRE(cluster.look() == "pass");
    cluster.write_metadata(1, {batch(0, 1), batch(1, 1)}, 2);
    SECTION("two of three could lose it") {
        cluster.member(1).synced_end = Offset(2);
        REQUIRE(cluster.look() == "M1");
    }
    SECTION("one of three could") {
        cluster.member(2).synced_end = cluster.member(3).synced_end = Offset(2);
        REQUIRE(cluster.look() == "pass");
    }
    SECTION("of a voter that does not run nothing is known") {
        cluster.member(1).synced_end = Offset(2);
        cluster.view.quorum.erase(n(3));
        REQUIRE(cluster.look() == "pass");
    }
    SECTION("with voters that change it may have been another majority") {
        cluster.member(1).synced_end = Offset(2);
        cluster.member(1).voter_changes = {Offset(2)};
        cluster.member(1).is_established = true;
        REQUIRE(cluster.look() == "pass");
    }
    SECTION("a voter alone") {
        cluster.member(1).voters = {n(1)};
        REQUIRE(cluster.look() == "M1");
    }
}

TEST_CASE("V4: a quorum leader that was replaced notices that no majority fetches from it") {
    Cluster cluster;
    for (int id : {1, 2}) {
        cluster.member(id).check_quorum_timeout = 2s;
        cluster.member(id).is_leader = true;
    }
    cluster.member(2).epoch = LeaderEpoch(2);
    cluster.member(2).leader_id = n(2);
    cluster.view.now = Instant(10s);
    REQUIRE(cluster.look() == "pass");
    cluster.view.now = Instant(16s);
    REQUIRE(cluster.look() == "pass");
    cluster.view.now = Instant(18s);
    SECTION("in time") { REQUIRE(cluster.look() == "V4"); }
    SECTION("but for one that stands still") {
        cluster.member(1).is_paused = true;
        REQUIRE(cluster.look() == "pass");
    }
    SECTION("or waits for its disk") {
        cluster.member(1).is_busy = true;
        REQUIRE(cluster.look() == "pass");
    }
}

TEST_CASE("M3: one leader and one vote in an epoch") {
    Cluster cluster;
    cluster.member(1).voted = n(1);
    REQUIRE(cluster.look() == "pass");
    SECTION("two leaders") { cluster.member(2).leader_id = n(3); }
    SECTION("two votes") { cluster.member(1).voted = n(2); }
    REQUIRE(cluster.look() == "M3");
}

TEST_CASE("M3: a voter that starts again remembers its epoch and its vote") {
    Cluster cluster;
    cluster.member(3).epoch = LeaderEpoch(2);
    cluster.member(3).voted = n(2);
    cluster.member(3).leader_id = protocol::kNoNode;
    REQUIRE(cluster.look() == "pass");
    cluster.member(3).start = 2;
    SECTION("both") { REQUIRE(cluster.look() == "pass"); }
    SECTION("the vote while it writes") {
        cluster.member(3).voted = protocol::kNoNode;
        cluster.member(3).is_busy = true;
        REQUIRE(cluster.look() == "pass");
        cluster.member(3).is_busy = false;
        REQUIRE(cluster.look() == "M3");
    }
    SECTION("also when it has heard who was elected") {
        cluster.member(3).voted = protocol::kNoNode;
        cluster.member(3).leader_id = n(2);
        REQUIRE(cluster.look() == "M3");
    }
    SECTION("the epoch") {
        cluster.member(3).epoch = LeaderEpoch(1);
        cluster.member(3).voted = protocol::kNoNode;
        REQUIRE(cluster.look() == "M3");
    }
    SECTION("no vote of an earlier epoch") {
        cluster.member(3).epoch = LeaderEpoch(3);
        cluster.member(3).voted = protocol::kNoNode;
        REQUIRE(cluster.look() == "pass");
    }
    SECTION("one that was elected by it leads") {
        cluster.member(2).epoch = LeaderEpoch(2);
        cluster.member(2).leader_id = n(2);
        cluster.member(2).voted = n(2);
        REQUIRE(cluster.look() == "pass");
        cluster.member(2).voted = protocol::kNoNode;
        REQUIRE(cluster.look() == "pass");
    }
}

TEST_CASE("M10: voters change one at a time, and after a record of the leader's epoch") {
    Judge judge([] { return Instant(); }, [] {});
    QuorumInvariants quorum(judge);
    std::map<NodeId, QuorumMemberView> members;
    QuorumMemberView& leader = members[n(1)];
    leader.is_leader = true;
    leader.epoch_start_offset = Offset(10);
    leader.high_watermark = Offset(20);
    const auto look = [&] {
        quorum.check(members, Instant());
        REQUIRE(!judge.violation());  // it is told at the end only
        quorum.check_at_end();
        return judge.violation() ? judge.violation()->invariant : "pass";
    };
    SECTION("one that is not committed may be there") {
        leader.is_established = true;
        leader.voter_changes = {Offset(12), Offset(20)};
        REQUIRE(look() == "pass");
    }
    SECTION("two may not") {
        leader.is_established = true;
        leader.voter_changes = {Offset(20), Offset(21)};
        REQUIRE(look() == "M10");
    }
    SECTION("those of earlier epochs are not this leader's") {
        leader.voter_changes = {Offset(8), Offset(9)};
        REQUIRE(look() == "pass");
    }
    SECTION("the first leader writes what formatting has left, with its epoch's first batch") {
        leader.voter_changes = {Offset(12)};
        REQUIRE(look() == "pass");
    }
    SECTION("a leader without a committed record of its epoch changes nothing") {
        leader.voter_changes = {Offset(11)};
        REQUIRE(look() == "M10");
    }
}
