// Metadata images: for each invariant those that break it, and those beside them that must pass.
#include "tests/unit/checkers/cluster_by_hand.h"

using namespace gregor;
using namespace gregor::scenarios;
using namespace gregor::scenarios::test;

TEST_CASE("M2: images at one offset are equal") {
    Cluster cluster;
    cluster.publish(2);
    REQUIRE(cluster.look() == "pass");
    cluster.view.images[n(2)].image = std::make_shared<const metadata::MetadataImage>();
    cluster.register_broker(3, 203);
    cluster.view.images[n(2)].offset = Offset(6);
    REQUIRE(cluster.look() == "M2");
}

TEST_CASE("M4: who may lead and be in the in-sync set") {
    Cluster cluster;
    cluster.look();
    SECTION("no fenced broker") {
        cluster.register_broker(3, 203, true);
        REQUIRE(cluster.look() == "M4");
    }
    SECTION("no leader from outside it") {
        cluster.state().isr = {n(2), n(3)};
        cluster.set_partition();
        REQUIRE(cluster.look() == "M4");
    }
    SECTION("no unclean election where none is allowed") {
        cluster.state().leader_epoch = LeaderEpoch(2);
        cluster.state().leader_recovery_state = 1;
        cluster.set_partition();
        REQUIRE(cluster.look() == "M4");
    }
}

TEST_CASE("M4: whoever leads from outside isr and elr says so") {
    const bool was_eligible = GENERATE(false, true);
    Cluster cluster;
    cluster.state().isr = {n(1)};
    if (was_eligible) cluster.state().eligible_leader_replicas = std::vector{n(2)};
    cluster.set_partition();
    REQUIRE(cluster.look() == "pass");
    cluster.state().isr = {n(2)};
    cluster.state().eligible_leader_replicas.reset();
    cluster.state().leader = n(2);
    cluster.state().leader_epoch = LeaderEpoch(2);
    cluster.set_partition();
    REQUIRE(cluster.look() == (was_eligible ? "pass" : "M4"));
}

TEST_CASE("M4: the replicas of a new partition are in as many racks as there are") {
    const bool is_spread = GENERATE(false, true);
    // These images are of no metadata.version that a snapshot could be written in.
    ClusterInvariants::Options options;
    options.images.snapshot_every = 1'000;
    Cluster cluster(options);
    for (int id = 1; id <= 3; ++id) {
        cluster.apply(
            protocol::RegisterBrokerRecord{.broker_id = n(id),
                                           .incarnation_id = {{8, static_cast<std::uint8_t>(id)}},
                                           .broker_epoch = 200 + id,
                                           .rack = id < 3 ? "r1" : "r2",
                                           .fenced = false});
    }
    REQUIRE(cluster.look() == "pass");
    const protocol::TopicId id{{8}};
    const std::vector<NodeId> replicas{n(1), n(is_spread ? 3 : 2)};
    cluster.apply(protocol::TopicRecord{.name = "u", .topic_id = id});
    cluster.apply(protocol::PartitionRecord{.partition_id = protocol::PartitionId(0),
                                            .topic_id = id,
                                            .replicas = replicas,
                                            .isr = replicas,
                                            .leader = n(1),
                                            .leader_epoch = LeaderEpoch(0),
                                            .partition_epoch = 0});
    REQUIRE(cluster.look() == (is_spread ? "pass" : "M4"));
}

TEST_CASE("M5: epochs rise with every change") {
    Cluster cluster;
    cluster.look();
    SECTION("a leader without an epoch of its own") { cluster.state().leader = n(2); }
    SECTION("a partition epoch that stays") {
        cluster.state().isr = {n(1), n(2)};
        --cluster.state().partition_epoch;
    }
    SECTION("replicas that go without a new leader epoch") {
        cluster.state().replicas = cluster.state().isr = {n(1), n(2)};
        cluster.state().directories = {{{1}}, {{2}}};
    }
    SECTION("a broker epoch that falls") { cluster.register_broker(3, 50); }
    cluster.set_partition();
    REQUIRE(cluster.look() == "M5");
}

TEST_CASE("M5: a broker registers again after a late request of the run before it") {
    const bool had_room = GENERATE(false, true);
    Cluster cluster;
    const auto registers_at = [&](std::int64_t offset) {
        cluster.apply(protocol::RegisterBrokerRecord{.broker_id = n(3),
                                                     .incarnation_id = {{8, 8}},
                                                     .broker_epoch = offset,
                                                     .fenced = false});
        cluster.publish(1);
        cluster.view.images[n(1)].offset = Offset(offset + 1);
        return cluster.look_without_publishing();
    };
    REQUIRE(registers_at(200) == "pass");
    REQUIRE(registers_at(had_room ? 202 : 201) == (had_room ? "pass" : "M5"));
}

TEST_CASE("M8: a topic's id is not given twice") {
    Cluster cluster;
    cluster.look();
    cluster.apply(protocol::RemoveTopicRecord{.topic_id = kTopic});
    REQUIRE(cluster.look() == "pass");
    cluster.apply(protocol::TopicRecord{.name = "u", .topic_id = kTopic});
    REQUIRE(cluster.look() == "M8");
}
