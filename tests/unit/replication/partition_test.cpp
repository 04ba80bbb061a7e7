// The rules of one replica, without any log.
#include "broker/replication/partition.h"
#include "tests/support/catch.h"

using namespace gregor;
using namespace gregor::replication;

namespace {

constexpr NodeId kSelf{1};

PartitionAssignment led_by(int leader, int epoch, std::vector<int> isr = {1},
                           std::vector<int> replicas = {1}, int partition_epoch = 0) {
    PartitionAssignment assignment{.leader = NodeId(leader),
                                   .leader_epoch = LeaderEpoch(epoch),
                                   .partition_epoch = partition_epoch};
    for (const int node : replicas) assignment.replicas.push_back(NodeId(node));
    for (const int node : isr) assignment.isr.push_back(NodeId(node));
    return assignment;
}

Partition fresh(std::int32_t min_insync_replicas = 1) {
    return Partition(kSelf, {}, min_insync_replicas);
}

}  // namespace

TEST_CASE("a single replica's high watermark is its log end offset") {
    Partition partition = fresh();
    REQUIRE(partition.assign(led_by(1, 0)) == RoleChange::changed);
    partition.appended(Offset(10));
    REQUIRE(partition.marks().high_watermark == Offset(10));
}

TEST_CASE("the high watermark is the smallest end offset in the in-sync set") {
    Partition partition = fresh();
    partition.assign(led_by(1, 0, {1, 2, 3}, {1, 2, 3}));
    partition.appended(Offset(10));
    REQUIRE(partition.marks().high_watermark == Offset(0));
    REQUIRE(partition.follower_fetched(NodeId(2), Offset(7)));
    REQUIRE(partition.marks().high_watermark == Offset(0));
    REQUIRE(partition.follower_fetched(NodeId(3), Offset(4)));
    REQUIRE(partition.marks().high_watermark == Offset(4));
    REQUIRE(partition.assign(led_by(1, 0, {1, 2}, {1, 2, 3}, 1)) == RoleChange::unchanged);
    REQUIRE(partition.marks().high_watermark == Offset(7));
    REQUIRE(partition.follower_fetched(NodeId(4), Offset(9)).error() ==
            ErrorCode::unknown_leader_epoch);
}

TEST_CASE("the high watermark waits while the in-sync set is smaller than min.insync.replicas") {
    Partition partition = fresh(2);
    partition.assign(led_by(1, 0, {1}, {1, 2}));
    partition.appended(Offset(10));
    REQUIRE(partition.marks().high_watermark == Offset(0));
    REQUIRE(partition.check_append(-1) == ErrorCode::not_enough_replicas);
    REQUIRE(partition.check_append(1) == ErrorCode::none);
    REQUIRE_FALSE(partition.acknowledgement(LeaderEpoch(0), Offset(10)));
    partition.min_insync_replicas_changed(1);
    REQUIRE(partition.marks().high_watermark == Offset(10));
    partition.min_insync_replicas_changed(2);
    REQUIRE(partition.acknowledgement(LeaderEpoch(0), Offset(10)) ==
            ErrorCode::not_enough_replicas_after_append);
}

TEST_CASE("min.insync.replicas asks for no more replicas than the partition has") {
    Partition partition = fresh(3);
    partition.assign(led_by(1, 0));
    REQUIRE(partition.check_append(-1) == ErrorCode::none);
}

TEST_CASE("requests with another leader epoch are fenced or told to wait") {
    Partition partition = fresh();
    REQUIRE(partition.check_serving(LeaderEpoch(-1)) == ErrorCode::not_leader_or_follower);
    partition.assign(led_by(1, 5));
    REQUIRE(partition.check_serving(LeaderEpoch(-1)) == ErrorCode::none);
    REQUIRE(partition.check_serving(LeaderEpoch(5)) == ErrorCode::none);
    REQUIRE(partition.check_serving(LeaderEpoch(4)) == ErrorCode::fenced_leader_epoch);
    REQUIRE(partition.check_serving(LeaderEpoch(6)) == ErrorCode::unknown_leader_epoch);
    partition.assign(led_by(2, 6));
    REQUIRE(partition.check_serving(LeaderEpoch(6)) == ErrorCode::not_leader_or_follower);
    REQUIRE(partition.check_serving(LeaderEpoch(6), true) == ErrorCode::none);
}

TEST_CASE("an acknowledgement does not outlive its leader epoch") {
    Partition partition = fresh();
    partition.assign(led_by(1, 1, {1, 2}, {1, 2}));
    partition.appended(Offset(3));
    REQUIRE_FALSE(partition.acknowledgement(LeaderEpoch(1), Offset(3)));
    partition.assign(led_by(1, 2, {1}, {1, 2}));
    REQUIRE(partition.marks().high_watermark == Offset(3));
    REQUIRE(partition.acknowledgement(LeaderEpoch(1), Offset(3)) ==
            ErrorCode::not_leader_or_follower);
}

TEST_CASE("an older decision changes nothing") {
    Partition partition = fresh();
    partition.assign(led_by(1, 4));
    REQUIRE(partition.assign(led_by(2, 3)) == RoleChange::stale);
    REQUIRE(partition.assign(led_by(1, 4)) == RoleChange::stale);
    REQUIRE(partition.is_leader());
}

TEST_CASE("a partition whose log failed stays offline") {
    Partition partition = fresh();
    partition.assign(led_by(1, 4));
    partition.log_failed();
    REQUIRE(partition.check_serving(LeaderEpoch(4)) == ErrorCode::kafka_storage_error);
    REQUIRE(partition.acknowledgement(LeaderEpoch(4), Offset(1)) == ErrorCode::kafka_storage_error);
    REQUIRE(partition.assign(led_by(1, 5)) == RoleChange::stale);
    REQUIRE(partition.is_offline());
}

TEST_CASE("a follower's high watermark is bounded by its own log and never falls") {
    Partition partition = fresh();
    partition.assign(led_by(2, 1));
    partition.appended(Offset(5));
    REQUIRE(partition.marks().high_watermark == Offset(0));
    partition.leader_high_watermark(Offset(9));
    REQUIRE(partition.marks().high_watermark == Offset(5));
    partition.leader_high_watermark(Offset(2));
    REQUIRE(partition.marks().high_watermark == Offset(5));
}
