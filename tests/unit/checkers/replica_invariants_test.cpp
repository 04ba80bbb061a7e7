// What must hold of each replica by itself: for each invariant views that break it, and those
// beside them that must pass.
#include <array>

#include "tests/unit/checkers/cluster_by_hand.h"

using namespace gregor;
using namespace gregor::scenarios;
using namespace gregor::scenarios::test;

TEST_CASE("L3: what is stable ends below a transaction whose marker may yet be lost") {
    Cluster cluster;
    SeenBatch part = batch(0, 1);
    part.writer = {.kind = SeenWriter::Kind::transactional,
                   .producer_id = protocol::ProducerId(7),
                   .producer_epoch = protocol::ProducerEpoch(0),
                   .last_sequence = 0};
    SeenBatch marker = batch(1, 1);
    marker.writer = {.kind = SeenWriter::Kind::marker,
                     .producer_id = protocol::ProducerId(7),
                     .producer_epoch = protocol::ProducerEpoch(0),
                     .coordinator_epoch = 0};
    log::ProducerState open(86'400'000);
    log::ProducerEntry entry{.producer_id = protocol::ProducerId(7),
                             .producer_epoch = protocol::ProducerEpoch(0)};
    entry.batches.push({.last_sequence = 0, .last_offset = Offset(0)});
    entry.current_txn_first_offset = Offset(0);
    open.load(std::array{entry}, Offset(1), 0);
    log::ProducerState decided(86'400'000);
    entry.current_txn_first_offset.reset();
    entry.coordinator_epoch = 0;
    decided.load(std::array{entry}, Offset(2), 0);

    for (int id : {1, 2, 3}) cluster.write(id, {part});
    ReplicaView& leader = cluster.replica(1);
    leader.fetched = {{n(2), Offset(1)}, {n(3), Offset(1)}};
    leader.marks.high_watermark = Offset(1);
    leader.producers = &open;
    REQUIRE(cluster.look() == "pass");
    cluster.write(1, {part, marker});
    leader.producers = &decided;
    SECTION("it stays where it was") { REQUIRE(cluster.look() == "pass"); }
    SECTION("it goes on") {
        leader.marks.last_stable_offset = Offset(1);
        REQUIRE(cluster.look() == "L3");
    }
}

TEST_CASE("of one replica: L2, L3, L4, L5, L6, L7") {
    Cluster cluster;
    cluster.replicate(3);
    REQUIRE(cluster.look() == "pass");
    SECTION("L2: epochs fall along the log") {
        cluster.write(3, {batch(0, 1), batch(1, 1), batch(2, 1), batch(3, 0)});
        REQUIRE(cluster.look() == "L2");
    }
    SECTION("L3: marks out of order") {
        cluster.replica(3).marks.last_stable_offset = Offset(4);
        REQUIRE(cluster.look() == "L3");
    }
    SECTION("L4: a batch of another epoch than the epochs say") {
        cluster.write(3, {batch(0, 1), batch(1, 1), batch(2, 1), batch(3, 2)});
        cluster.replica(3).epochs.pop_back();
        REQUIRE(cluster.look() == "L4");
    }
    SECTION("L4: a follower that agrees with its leader keeps an epoch that wrote nothing") {
        cluster.replica(3).epochs.push_back({LeaderEpoch(2), Offset(3)});
        REQUIRE(cluster.look() == "L4");
    }
    SECTION("L4: a leader has not noted its own epoch") {
        cluster.lead(1, 1, 2);
        cluster.replica(1).epochs.pop_back();
        REQUIRE(cluster.look() == "L4");
    }
    SECTION("L4: the epoch of a batch that waits for its sync may begin at the log's end") {
        cluster.replica(3).epochs.push_back({LeaderEpoch(2), Offset(3)});
        cluster.replica(3).next_offset = Offset(4);
        REQUIRE(cluster.look() == "pass");
    }
    SECTION("L5: the high watermark falls") {
        cluster.commit(3, 2);
        REQUIRE(cluster.look() == "L5");
    }
    SECTION("L5: after a restart it may") {
        cluster.replica(3).start = 2;
        cluster.commit(3, 2);
        REQUIRE(cluster.look() == "pass");
    }
    SECTION("L5: a replica that was taken away begins anew when it comes back") {
        cluster.state().isr = {n(1), n(2)};
        cluster.set_partition();
        cluster.view.partitions[kKey].replicas.erase(n(3));
        REQUIRE(cluster.look() == "pass");
        cluster.replica(3) = a_replica({.start = 1, .is_registered = true, .is_consistent = true});
        cluster.lead(3, 1, 1);
        REQUIRE(cluster.look() == "pass");
    }
    SECTION("L6: the log start falls") {
        for (ReplicaView* each : {&cluster.replica(3)}) each->marks.log_start_offset = Offset(2);
        REQUIRE(cluster.look() == "pass");
        cluster.replica(3).marks.log_start_offset = Offset(1);
        REQUIRE(cluster.look() == "L6");
    }
    SECTION("L7: bytes at an offset of an epoch change") {
        cluster.write(3, {batch(0, 1), batch(1, 1), batch(2, 1, 77)});
        REQUIRE(cluster.look() == "L7");
    }
}

namespace {

/// Replicas with three batches of 100 bytes, from the times 1000, 2000 and 3000.
void write_old_batches(Cluster& cluster) {
    std::vector<SeenBatch> batches;
    for (int i = 0; i < 3; ++i) {
        SeenBatch each = batch(i, 1);
        each.size = 100;
        each.max_timestamp = 1'000 * (i + 1);
        batches.push_back(each);
    }
    for (int id = 1; id <= 3; ++id) {
        cluster.write(id, batches);
        cluster.commit(id, 3);
        for (int other = 1; other <= 3; ++other) cluster.replica(id).fetched[n(other)] = Offset(3);
    }
}

}  // namespace

TEST_CASE("C7: only what is old enough goes, or what is too much") {
    const auto [retention, wall_ms, start, verdict] =
        GENERATE(table<Retention, std::int64_t, std::int64_t, std::string>({
            {{.ms = 5'000}, 7'001, 2, "pass"},
            {{.ms = 5'000}, 7'000, 2, "C7"},
            {{.ms = 5'000}, 7'001, 3, "C7"},
            {{.bytes = 200}, 7'001, 1, "pass"},
            {{.bytes = 200}, 7'001, 2, "C7"},
            {{}, 1'000'000, 1, "C7"},
        }));
    Cluster cluster({.retention = retention});
    write_old_batches(cluster);
    REQUIRE(cluster.look() == "pass");
    cluster.replica(2).latest_wall_ms = wall_ms;
    cluster.replica(2).marks.log_start_offset = Offset(start);
    REQUIRE(cluster.look() == verdict);
}

TEST_CASE("L5: a restart keeps the high watermark that the checkpoint has") {
    const auto [checkpoint, verdict] =
        GENERATE(table<std::int64_t, std::string>({{1, "pass"}, {2, "L5"}, {9, "L5"}}));
    Cluster cluster;
    cluster.replicate(3);
    cluster.look();
    cluster.replica(2).start = 2;
    cluster.commit(2, 1);
    cluster.replica(2).checkpointed_high_watermark = Offset(checkpoint);
    REQUIRE(cluster.look() == verdict);
}

TEST_CASE("L8: what is sealed is synced") {
    Cluster cluster;
    cluster.replicate(1);
    cluster.replica(2).log.sealed_unsynced = "00000000000000000000.index";
    REQUIRE(cluster.look() == "L8");
}
