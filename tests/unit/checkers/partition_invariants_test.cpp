// Replicas held against each other and what was committed: for each invariant views that break it,
// and those beside them that must pass.
#include "tests/unit/checkers/cluster_by_hand.h"

using namespace gregor;
using namespace gregor::scenarios;
using namespace gregor::scenarios::test;

namespace {

/// n2 leads in epoch 2 and lacks the last of three committed batches; the rest have them.
void lose_the_last_on_n2(Cluster& cluster) {
    cluster.replica(2).start = 2;
    cluster.write(2, {batch(0, 1), batch(1, 1)});
    cluster.commit(2, 2);
    for (int id = 1; id <= 3; ++id) cluster.lead(id, 2, 2);
    cluster.replica(1).is_consistent = cluster.replica(3).is_consistent = false;
    cluster.state().leader = n(2);
    cluster.state().leader_epoch = LeaderEpoch(2);
    cluster.set_partition();
}

}  // namespace

TEST_CASE("a cluster that replicates breaks nothing") {
    Cluster cluster;
    REQUIRE(cluster.look() == "pass");
    cluster.replicate(3);
    REQUIRE(cluster.look() == "pass");
    cluster.replicate(5);
    cluster.view.partitions[kKey].replicas.erase(n(3));
    REQUIRE(cluster.look() == "pass");
}

TEST_CASE("R1: a later leader lacks what was committed, unless that much was lost") {
    const bool is_excused = GENERATE(false, true);
    Cluster cluster;
    cluster.replicate(3);
    cluster.look();
    if (is_excused) {
        for (int id = 1; id <= 3; ++id) cluster.lost_data(id);
        cluster.look();
    }
    lose_the_last_on_n2(cluster);
    REQUIRE(cluster.look() == (is_excused ? "pass" : "R1"));
}

TEST_CASE("behind R1 that is muted, others are found, and what was committed stays so") {
    Cluster cluster({}, {"R1", "R2"});
    cluster.replicate(3);
    cluster.look();
    lose_the_last_on_n2(cluster);
    REQUIRE(cluster.look() == "pass");
    cluster.write(2, {batch(0, 1), batch(1, 1), batch(2, 2)});
    REQUIRE(cluster.look() == "pass");
    cluster.write(3, {batch(0, 1), batch(1, 1), batch(2, 2)});
    REQUIRE(cluster.look() == "R3");
}

TEST_CASE("R2: a leader from before an excused loss says nothing of what is committed since") {
    Cluster cluster;
    cluster.replicate(3);
    cluster.look();
    for (int id = 1; id <= 3; ++id) cluster.lost_data(id);
    cluster.look();
    lose_the_last_on_n2(cluster);
    cluster.lead(1, 1, 1);
    REQUIRE(cluster.look() == "pass");
    cluster.state().isr = {n(2)};
    cluster.set_partition();
    REQUIRE(cluster.look() == "pass");
}

TEST_CASE("R2: with ELR a loss counts once min.insync.replicas have restarted since") {
    const bool has_other_restarted = GENERATE(false, true);
    Cluster cluster;
    cluster.apply(protocol::FeatureLevelRecord{.name = std::string(metadata::kElrFeature),
                                               .feature_level = 1});
    cluster.replicate(3);
    cluster.state().isr = {n(1), n(2)};
    cluster.set_partition();
    cluster.look();
    if (has_other_restarted) cluster.restarted(3);  // it has no replicas to be seen yet
    cluster.lost_data(2);
    cluster.restarted(2);
    cluster.replica(2).start = 2;
    cluster.write(2, {batch(0, 1)});
    cluster.commit(2, 1);
    REQUIRE(cluster.look() == (has_other_restarted ? "pass" : "R2"));
}

TEST_CASE("R1: an outdated leader need not have what a later one committed") {
    Cluster cluster;
    cluster.replicate(2);
    cluster.look();
    for (int id : {2, 3}) {
        cluster.lead(id, 2, 2);
        cluster.write(id, {batch(0, 1), batch(1, 1), batch(2, 2)});
    }
    cluster.state().leader = n(2);
    cluster.state().leader_epoch = LeaderEpoch(2);
    cluster.state().isr = {n(2), n(3)};
    cluster.replica(2).isr = cluster.replica(2).maximal_isr = {n(2), n(3)};
    cluster.replica(2).fetched[n(3)] = Offset(3);
    cluster.commit(2, 3);
    cluster.set_partition();
    REQUIRE(cluster.look() == "pass");
    REQUIRE(cluster.replica(1).role == SeenRole::leader);
}

TEST_CASE("R2: a member of the in-sync set lacks what was committed") {
    const bool is_member = GENERATE(true, false);
    Cluster cluster;
    cluster.replicate(3);
    cluster.look();
    cluster.replica(3).start = 2;
    cluster.write(3, {batch(0, 1)});
    cluster.commit(3, 1);
    if (!is_member) {
        cluster.state().isr = {n(1), n(2)};
        cluster.set_partition();
    }
    REQUIRE(cluster.look() == (is_member ? "R2" : "pass"));
}

TEST_CASE("R2 waits until a broker that starts is registered") {
    Cluster cluster;
    cluster.replicate(3);
    cluster.look();
    cluster.replica(3) =
        a_replica({.start = 2, .role = SeenRole::follower, .leader_epoch = LeaderEpoch(1)});
    REQUIRE(cluster.look() == "pass");
    cluster.replica(3).is_registered = true;
    REQUIRE(cluster.look() == "R2");
}

TEST_CASE("R3: a follower differs from what is committed below its high watermark") {
    Cluster cluster;
    cluster.state().isr = {n(1), n(2)};
    cluster.set_partition();
    cluster.replicate(2);
    cluster.write(3, {batch(0, 1), batch(1, 0)});
    cluster.replica(3).epochs = {{LeaderEpoch(1), Offset(0)}};
    cluster.write(3, {batch(0, 0), batch(1, 1)});
    REQUIRE(cluster.look() == "R3");
}

TEST_CASE("R4: a leader must count on everyone who could be elected") {
    Cluster cluster;
    cluster.replicate(2);
    cluster.replica(1).isr = {n(1), n(2)};
    SECTION("not on those alone that it knows to be members") {
        cluster.replica(1).maximal_isr = {n(1), n(2)};
        REQUIRE(cluster.look() == "R4");
    }
    SECTION("also on one whose joining it waits for") { REQUIRE(cluster.look() == "pass"); }
    SECTION("but it may know of an earlier epoch only") {
        cluster.replica(1).maximal_isr = {n(1), n(2)};
        cluster.state().leader_epoch = LeaderEpoch(2);
        cluster.set_partition();
        REQUIRE(cluster.look() == "pass");
    }
}

TEST_CASE("R5: a high watermark rises with a set that is large enough, and has it") {
    Cluster cluster;
    cluster.replicate(2);
    cluster.look();
    cluster.replicate(3);
    SECTION("as it should") { REQUIRE(cluster.look() == "pass"); }
    SECTION("not before every member has fetched it") {
        cluster.replica(1).fetched[n(3)] = Offset(2);
        REQUIRE(cluster.look() == "R5");
    }
    SECTION("not before one has that is only proposed: R4, it could be elected") {
        cluster.replica(1).isr = {n(1), n(2)};
        cluster.replica(1).fetched[n(3)] = Offset(2);
        REQUIRE(cluster.look() == "R4");
    }
    SECTION("not with fewer than min.insync.replicas") {
        cluster.state().isr = cluster.replica(1).isr = cluster.replica(1).maximal_isr = {n(1)};
        cluster.set_partition();
        REQUIRE(cluster.look() == "R5");
    }
}

TEST_CASE("R12: a leader with too few in sync takes nothing that wants acks=all") {
    Cluster cluster;
    ReplicaView& leader = cluster.replica(1);
    leader.isr = leader.maximal_isr = {n(1)};
    cluster.state().isr = {n(1)};
    cluster.set_partition();
    cluster.write(1, {batch(0, 1)});
    REQUIRE(cluster.look() == "pass");
    SeenBatch next = batch(1, 1);
    SECTION("what an idempotent producer sends") {
        next.writer.kind = SeenWriter::Kind::idempotent;
        cluster.write(1, {batch(0, 1), next});
        REQUIRE(cluster.look() == "R12");
    }
    SECTION("others may have sent it with acks=1") {
        cluster.write(1, {batch(0, 1), next});
        REQUIRE(cluster.look() == "pass");
    }
    SECTION("it was on its way already") {
        leader.is_appending = true;
        REQUIRE(cluster.look() == "pass");
        next.writer.kind = SeenWriter::Kind::idempotent;
        cluster.write(1, {batch(0, 1), next});
        REQUIRE(cluster.look() == "pass");
    }
    SECTION("it was taken before, and waited for its sync") {
        leader.next_offset = Offset(2);
        REQUIRE(cluster.look() == "pass");
        next.writer.kind = SeenWriter::Kind::idempotent;
        cluster.write(1, {batch(0, 1), next});
        REQUIRE(cluster.look() == "pass");
    }
    SECTION("it was taken before the others left") {
        leader.partition_epoch = 1;
        next.writer.kind = SeenWriter::Kind::marker;
        cluster.write(1, {batch(0, 1), next});
        REQUIRE(cluster.look() == "pass");
    }
}

TEST_CASE("R5: what a follower fetches in another epoch than the leader's does not count") {
    Cluster cluster;
    cluster.replicate(2);
    cluster.look();
    const auto fetch = [&](int follower, std::int64_t end) {
        cluster.replica(1).fetched[n(follower)] = Offset(end);
        return cluster.look();
    };
    SECTION("in a later one") {
        cluster.lead(3, 2, 2);
        REQUIRE(fetch(3, 2) == "pass");  // on its way as it left
        cluster.write(3, {batch(0, 1), batch(1, 1), batch(2, 1)});
        REQUIRE(fetch(3, 3) == "R5");
    }
    SECTION("in an earlier one") {
        cluster.lead(1, 1, 2);
        cluster.lead(2, 1, 2);
        REQUIRE(fetch(2, 2) == "pass");
        REQUIRE(fetch(3, 2) == "R5");
    }
    SECTION("in one between which it has passed over") {
        cluster.lead(1, 1, 2);
        cluster.lead(3, 2, 3);
        REQUIRE(fetch(3, 0) == "R5");
    }
    SECTION("what a process had that is gone nobody knows") {
        cluster.replica(3).start = 2;
        REQUIRE(fetch(3, 5) == "pass");
        cluster.lead(1, 1, 2);
        REQUIRE(fetch(3, 2) == "R5");
    }
}

TEST_CASE("R6: a follower's high watermark is one that a leader has shown") {
    Cluster cluster;
    cluster.replicate(3);
    cluster.commit(1, 2);
    REQUIRE(cluster.look() == "R6");
}

TEST_CASE("R6: a follower's high watermark waits until its log is known to be the leader's") {
    Cluster cluster;
    cluster.replicate(3);
    cluster.commit(3, 2);
    cluster.replica(3).is_consistent = false;
    REQUIRE(cluster.look() == "pass");
    cluster.commit(3, 3);
    SECTION("not before") { REQUIRE(cluster.look() == "R6"); }
    SECTION("but then it rises") {
        cluster.replica(3).is_consistent = true;
        REQUIRE(cluster.look() == "pass");
    }
}

TEST_CASE("R11: one leader in an epoch, whenever it led") {
    Cluster cluster;
    cluster.look();
    cluster.view.partitions[kKey].replicas.erase(n(1));
    cluster.lead(2, 2, 1);
    REQUIRE(cluster.look() == "R11");
}

TEST_CASE("V2: a leader asks for an isr without a follower that lags") {
    const auto [has_asked, verdict] =
        GENERATE(table<bool, std::string>({{false, "V2"}, {true, "pass"}}));
    Cluster cluster({.lag_bound = 3s});
    cluster.replicate(2);
    REQUIRE(cluster.look() == "pass");
    for (const int id : {1, 2}) cluster.write(id, {batch(0, 1), batch(1, 1), batch(2, 1)});
    cluster.view.now += 1s;
    REQUIRE(cluster.look() == "pass");
    cluster.replica(1).fetched[n(2)] = Offset(3);
    cluster.replica(1).is_isr_pending = has_asked;
    cluster.view.now += 2s;
    REQUIRE(cluster.look() == "pass");
    cluster.replica(1).is_isr_pending = false;
    cluster.view.now += 2s;
    REQUIRE(cluster.look() == verdict);
}
