// Replication between brokers, with real logs, fetchers and frames in a simulated world.
#include <algorithm>
#include <utility>

#include "tests/unit/replication/replicated_world.h"

using namespace gregor;
using namespace gregor::replication_test;

using Values = std::vector<std::string>;

TEST_CASE("what every in-sync replica holds is acknowledged, and all come to hold the same") {
    ReplicatedWorld cluster;
    REQUIRE(cluster.produce(0, {"a", "b"}) == ErrorCode::none);
    REQUIRE(cluster.produce(0, {"c"}) == ErrorCode::none);
    cluster.world.run_for(2s);
    cluster.require_equal();
    REQUIRE(cluster.values(2) == Values{"a", "b", "c"});
    REQUIRE(cluster.produce(1, {"x"}) == ErrorCode::not_leader_or_follower);
}

TEST_CASE("a new leader has all that was acknowledged, and the old one follows it") {
    ReplicatedWorld cluster;
    REQUIRE(cluster.produce(0, {"a", "b"}) == ErrorCode::none);
    cluster.kill(0);
    cluster.world.run_for(1s);
    REQUIRE(cluster.leader() != 0);
    REQUIRE(cluster.produce(cluster.leader(), {"c"}) == ErrorCode::none);
    cluster.restart(0);
    cluster.world.run_for(5s);
    REQUIRE(cluster.produce(cluster.leader(), {"d"}) == ErrorCode::none);
    cluster.world.run_for(2s);
    cluster.require_equal();
    REQUIRE(cluster.values(0) == Values{"a", "b", "c", "d"});
}

TEST_CASE("records that only a former leader has are cut when it follows") {
    ReplicatedWorld cluster;
    REQUIRE(cluster.produce(0, {"a"}) == ErrorCode::none);
    cluster.world.run_for(1s);
    cluster.machine(1).kill();
    cluster.machine(2).kill();
    cluster.world.run_for(1ms);
    REQUIRE(cluster.produce(0, {"lost", "lost too"}, 1) == ErrorCode::none);
    cluster.kill(0);
    cluster.restart(1);
    cluster.restart(2);
    cluster.world.run_for(3s);
    REQUIRE(cluster.leader() != 0);
    REQUIRE(cluster.produce(cluster.leader(), {"b"}) == ErrorCode::none);
    cluster.restart(0);
    cluster.world.run_for(5s);
    cluster.require_equal();
    REQUIRE(cluster.values(0) == Values{"a", "b"});
}

TEST_CASE("leaders that wrote nothing leave no epochs behind on their followers") {
    ReplicatedWorld cluster;
    REQUIRE(cluster.produce(0, {"a"}) == ErrorCode::none);
    Random random(3);
    for (int i = 0; i < 8; ++i) {
        cluster.script.controller.elect_another(random);
        cluster.world.run_for(200ms);
    }
    cluster.world.run_for(5s);
    REQUIRE(cluster.produce(cluster.leader(), {"b"}) == ErrorCode::none);
    cluster.world.run_for(2s);
    cluster.require_equal();
}

TEST_CASE("a follower that hangs leaves the in-sync set and comes back when it has caught up") {
    ReplicatedWorld cluster;
    REQUIRE(cluster.produce(0, {"a"}) == ErrorCode::none);
    cluster.machine(2).pause();
    REQUIRE(cluster.produce(0, {"b"}, -1, 10s) == ErrorCode::none);
    REQUIRE_FALSE(cluster.is_in_sync(2));
    REQUIRE(cluster.produce(0, {"c"}) == ErrorCode::none);
    cluster.machine(2).unpause();
    cluster.world.run_for(10s);
    cluster.require_equal();
    REQUIRE(cluster.values(2) == Values{"a", "b", "c"});
}

TEST_CASE("too few in-sync replicas refuse acks=all and show nothing that is not safe") {
    ReplicatedWorld cluster;
    REQUIRE(cluster.produce(0, {"a"}) == ErrorCode::none);
    cluster.world.run_for(1s);
    cluster.kill(1);
    cluster.kill(2);
    cluster.world.run_for(1s);
    REQUIRE(cluster.produce(0, {"b"}) == ErrorCode::not_enough_replicas);
    REQUIRE(cluster.produce(0, {"b"}, 1) == ErrorCode::none);
    REQUIRE(cluster.high_watermark(0) == Offset(1));
    cluster.restart(2);
    cluster.world.run_for(5s);
    REQUIRE(cluster.high_watermark(0) == Offset(2));
}

TEST_CASE("a follower that lost its tail with the power is made whole before it counts again") {
    ReplicatedWorld cluster;
    REQUIRE(cluster.produce(0, {"a", "b"}) == ErrorCode::none);
    cluster.kill(2, true);
    REQUIRE(cluster.produce(0, {"c"}) == ErrorCode::none);
    cluster.restart(2, true);
    REQUIRE_FALSE(cluster.is_in_sync(2));
    cluster.world.run_for(5s);
    cluster.require_equal();
}

TEST_CASE("a follower takes the leader's log start, or begins anew where the leader's log does") {
    ReplicatedWorld cluster;
    REQUIRE(cluster.produce(0, {"a", "b", "c"}) == ErrorCode::none);
    cluster.world.run_for(1s);
    const auto delete_below = [&](std::int64_t offset) {
        const auto deleted = cluster.delete_records(0, offset);
        REQUIRE(deleted);
        REQUIRE(deleted->error == ErrorCode::none);
        REQUIRE(deleted->low_watermark == Offset(offset));
    };
    delete_below(2);
    REQUIRE(cluster.hosted(1)->log->log_start_offset() == Offset(2));
    cluster.kill(2);
    REQUIRE(cluster.produce(0, {"d", "e"}) == ErrorCode::none);
    delete_below(5);
    cluster.restart(2);
    cluster.world.run_for(5s);
    REQUIRE(cluster.is_in_sync(2));
    REQUIRE(cluster.hosted(2)->log->log_start_offset() == Offset(5));
    REQUIRE(cluster.produce(0, {"f"}) == ErrorCode::none);
    cluster.world.run_for(2s);
    REQUIRE(cluster.high_watermark(2) == Offset(6));
}

TEST_CASE("records are deleted when every live replica has deleted them") {
    ReplicatedWorld cluster;
    REQUIRE(cluster.produce(0, {"a", "b", "c", "d"}) == ErrorCode::none);
    cluster.world.run_for(1s);
    cluster.machine(2).pause();
    const auto timed_out = cluster.delete_records(0, 2, 1s);
    REQUIRE(timed_out);
    REQUIRE(timed_out->error == ErrorCode::request_timed_out);
    REQUIRE(timed_out->low_watermark == Offset(0));
    REQUIRE(cluster.hosted(0)->log->log_start_offset() == Offset(2));
    REQUIRE(cluster.hosted(1)->log->log_start_offset() == Offset(2));

    // The paused one is waited for until it is fenced.
    const auto answer = cluster.begin_deletion(0, 3, 60s);
    cluster.world.run_for(5s);
    REQUIRE_FALSE(*answer);
    cluster.script.controller.fence(NodeId(2));
    cluster.world.run_for(1s);
    REQUIRE(*answer);
    REQUIRE((*answer)->error == ErrorCode::none);
    REQUIRE((*answer)->low_watermark == Offset(3));
}

TEST_CASE("a deletion that waits is told when the partition is led elsewhere") {
    ReplicatedWorld cluster;
    REQUIRE(cluster.produce(0, {"a", "b"}) == ErrorCode::none);
    cluster.world.run_for(1s);
    cluster.machine(2).pause();
    const auto answer = cluster.begin_deletion(0, 1, 60s);
    cluster.world.run_for(1s);
    REQUIRE_FALSE(*answer);
    Random random(1);
    while (cluster.leader() == 0) cluster.script.controller.elect_another(random);
    cluster.world.run_for(1s);
    REQUIRE(*answer);
    REQUIRE((*answer)->error == ErrorCode::not_leader_or_follower);
    REQUIRE((*answer)->low_watermark == Offset(-1));
}

TEST_CASE("what a follower has told of its log start is true after a power loss, too") {
    for (std::uint64_t seed = 1; seed <= 10; ++seed) {
        ReplicatedWorld cluster(seed);
        REQUIRE(cluster.produce(0, {"a", "b", "c"}) == ErrorCode::none);
        cluster.world.run_for(1s);
        const auto deleted = cluster.delete_records(0, 2);
        REQUIRE(deleted);
        REQUIRE(deleted->low_watermark == Offset(2));
        cluster.kill(1, true);
        cluster.machine(0).pause();
        cluster.restart(1, true);
        while (cluster.program(1).replicas() == nullptr || cluster.hosted(1) == nullptr) {
            cluster.world.run_for(5ms);
        }
        REQUIRE(cluster.hosted(1)->log->log_start_offset() == Offset(2));
    }
}

TEST_CASE("a consumer is sent to the replica in its rack, which serves what is committed there") {
    ReplicatedWorld cluster;
    cluster.script.racks = {"a", "b", "c"};
    Random random(1);
    cluster.script.controller.elect_another(random);
    cluster.world.run_for(2s);
    const int leader = cluster.leader();
    const int near = (leader + 1) % 3;
    REQUIRE(cluster.produce(leader, {"a"}) == ErrorCode::none);
    cluster.world.run_for(2s);
    const FetchParams consumer{.rack = cluster.script.racks[static_cast<std::size_t>(near)],
                               .any_replica = true};
    const FetchResult sent = cluster.fetch(leader, consumer, 0);
    REQUIRE(sent.partitions[0].preferred_read_replica == NodeId(near));
    REQUIRE(sent.partitions[0].records.size() == 0);
    const FetchResult read = cluster.fetch(near, consumer, 0);
    REQUIRE(read.partitions[0].error_code == ErrorCode::none);
    REQUIRE(records_in(read.partitions[0].records.bytes()).size() == 1);
    // One that is not known to be committed is not shown.
    cluster.machine((leader + 2) % 3).pause();
    REQUIRE(cluster.produce(leader, {"b"}, 1) == ErrorCode::none);
    cluster.world.run_for(1s);
    REQUIRE(cluster.end(near) == Offset(2));
    REQUIRE(records_in(cluster.fetch(near, consumer, 1).partitions[0].records.bytes()).empty());
}

TEST_CASE("a partition that changes its leader all the time loses nothing that was acknowledged") {
    for (std::uint64_t seed = 1; seed <= 10; ++seed) {
        ReplicatedWorld cluster(seed);
        Random random(seed);
        Values acknowledged;
        for (int round = 0; round < 30; ++round) {
            const std::string value = "v" + std::to_string(round);
            const int leader = cluster.leader();
            if (random.below(3) == 0) cluster.script.controller.elect_another(random);
            const auto answer = cluster.produce(leader, {value});
            if (answer == ErrorCode::none) acknowledged.push_back(value);
        }
        cluster.world.run_for(5s);
        cluster.require_equal();
        const Values kept = cluster.values(0);
        REQUIRE(acknowledged.size() > 10);
        for (const std::string& value : acknowledged) {
            REQUIRE(std::count(kept.begin(), kept.end(), value) == 1);
        }
    }
}

TEST_CASE(
    "brokers that die, hang and lose power one at a time lose nothing that was acknowledged") {
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        ReplicatedWorld cluster(seed);
        Random random(seed);
        Values acknowledged;
        int down = -1;
        bool lost_power = false;
        for (int round = 0; round < 40; ++round) {
            INFO("seed " << seed << " round " << round);
            if (down >= 0 && random.below(2) == 0) {
                cluster.restart(std::exchange(down, -1), lost_power);
            } else if (down < 0 && random.below(3) == 0) {
                down = static_cast<int>(random.below(3));
                lost_power = random.below(2) == 0;
                cluster.kill(down, lost_power);
            }
            if (random.below(4) == 0) cluster.script.controller.elect_another(random);
            cluster.world.run_for(random.between(Duration(0), Duration(1s)));
            const int leader = cluster.leader();
            if (leader < 0 || leader == down) continue;
            const std::string value = "v" + std::to_string(round);
            if (cluster.produce(leader, {value}) == ErrorCode::none) acknowledged.push_back(value);
        }
        if (down >= 0) cluster.restart(down, lost_power);
        cluster.world.run_for(10s);
        INFO("seed " << seed);
        cluster.require_equal();
        Values kept = cluster.values(0);
        REQUIRE(acknowledged.size() > 10);
        std::erase_if(kept, [&](const std::string& value) {
            return std::count(acknowledged.begin(), acknowledged.end(), value) == 0;
        });
        REQUIRE(kept == acknowledged);
    }
}
