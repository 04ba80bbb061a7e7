// Members of one group by the consumer protocol (KIP-848), and by both protocols, on machines of
// their own: what becomes of their partitions when one leaves, dies or is late, or when the
// coordinator is killed. That no two have the same partition is checked whenever one is given some
// (G4).
#include "tests/unit/consumer/consumer_world.h"

using namespace gregor;
using namespace gregor::consumer;
using namespace gregor::consumer::test;
using protocol::NodeId;

namespace {

constexpr std::int32_t kPartitions = 4;

ConsumerConfig with_protocol(ConsumerConfig config) {
    config.group_protocol = GroupProtocol::consumer;
    return config;
}

void fill(Appender& appender, int records) {
    for (std::int32_t i = 0; i < kPartitions; ++i) appender.append(i, records);
}

bool all_seen(const GroupLog& log, std::int64_t end) {
    for (std::int32_t i = 0; i < kPartitions; ++i) {
        if (!log.has_seen_all(orders(i), end)) return false;
    }
    return true;
}

bool have_half_each(GroupLog& log) {
    return log.members["m1"].owned.size() == 2 && log.members["m2"].owned.size() == 2;
}

}  // namespace

TEST_CASE("by the consumer protocol two share, and one takes over what the other leaves") {
    for (const std::string assignor : {"", "range", "uniform"}) {
        ConsumerWorld world(1);
        ConsumerConfig config = with_protocol(world.config());
        if (!assignor.empty()) config.group_remote_assignor = assignor;
        world.cluster().as_client([&](Runtime& runtime) {
            GroupLog& log = world.log();
            ClusterClient client(runtime, {"n1"});
            client.create_topic(kTopic, kPartitions, 1);
            Appender appender(runtime, world.config());
            fill(appender, 20);
            world.start_member("m1", config);
            client.wait_until([&] { return all_seen(log, 20); });
            world.start_member("m2", config);
            client.wait_until([&] { return have_half_each(log); });
            fill(appender, 20);
            client.wait_until([&] { return all_seen(log, 40); });
            // What it keeps it was not asked to give up.
            REQUIRE(log.members["m1"].most_revoked == kPartitions / 2);
            log.members["m1"].is_to_leave = true;
            client.wait_until([&] { return log.members["m2"].owned.size() == kPartitions; });
            fill(appender, 20);
            client.wait_until([&] { return all_seen(log, 60); });
            for (const auto& [partition, offsets] : log.seen) {
                // Whoever gives up partitions has committed all that it read.
                REQUIRE(offsets.size() == 60);
            }
        });
    }
}

TEST_CASE("by the consumer protocol a member that dies is replaced when its session is over") {
    ConsumerWorld world(1);
    const ConsumerConfig config = with_protocol(world.config());
    world.cluster().as_client([&](Runtime& runtime) {
        GroupLog& log = world.log();
        ClusterClient client(runtime, {"n1"});
        client.create_topic(kTopic, kPartitions, 1);
        Appender appender(runtime, world.config());
        world.start_member("m1", config);
        world.start_member("m2", config);
        client.wait_until([&] { return have_half_each(log); });
        fill(appender, 20);
        client.wait_until([&] { return all_seen(log, 20); });
        runtime.clock().sleep_for(3s);  // both commit
        fill(appender, 20);
        client.wait_until([&] { return all_seen(log, 40); });
        world.kill_member("m1");
        client.wait_until([&] { return log.members["m2"].owned.size() == kPartitions; });
        fill(appender, 20);
        client.wait_until([&] { return all_seen(log, 60); });
        for (const auto& [partition, offsets] : log.seen) {
            // What was committed did not come again.
            REQUIRE(std::ranges::count(offsets, 19) == 1);
        }
    });
}

TEST_CASE("by the consumer protocol a member that does not poll leaves, and comes back") {
    ConsumerWorld world(1);
    const ConsumerConfig config = with_protocol(world.config());
    world.cluster().as_client([&](Runtime& runtime) {
        GroupLog& log = world.log();
        ClusterClient client(runtime, {"n1"});
        client.create_topic(kTopic, kPartitions, 1);
        world.start_member("m1", config);
        client.wait_until([&] { return log.members["m1"].owned.size() == kPartitions; });
        log.members["m1"].is_idle = true;
        runtime.clock().sleep_for(5s);
        // Until it polls again it does not know that they are another's.
        log.members["m1"].is_dead = true;
        world.start_member("m2", config);
        client.wait_until([&] { return log.members["m2"].owned.size() == kPartitions; });
        log.members["m1"].is_dead = false;
        log.members["m1"].owned.clear();
        log.members["m1"].is_idle = false;
        client.wait_until([&] { return have_half_each(log); });
        REQUIRE(log.members["m1"].times_lost == 1);
    });
}

TEST_CASE("by the consumer protocol a static member comes back to its partitions") {
    ConsumerWorld world(1);
    world.cluster().as_client([&](Runtime& runtime) {
        GroupLog& log = world.log();
        ClusterClient client(runtime, {"n1"});
        client.create_topic(kTopic, kPartitions, 1);
        ConsumerConfig first = with_protocol(world.config());
        first.group_instance_id = "i1";
        ConsumerConfig second = with_protocol(world.config());
        second.group_instance_id = "i2";
        world.start_member("m1", first);
        world.start_member("m2", second);
        client.wait_until([&] { return have_half_each(log); });
        const auto owned = log.members["m1"].owned;
        const int assigned = log.members["m2"].times_assigned;
        log.members["m1"].is_to_leave = true;
        client.wait_until([&] { return log.members["m1"].has_left; });
        world.start_member("m3", first);
        client.wait_until([&] { return log.members["m3"].owned == owned; });
        runtime.clock().sleep_for(10s);
        REQUIRE(log.members["m2"].times_assigned == assigned);
    });
}

TEST_CASE("by the consumer protocol members read on and commit when their coordinator is killed") {
    ConsumerWorld world(3);
    const ConsumerConfig config = with_protocol(world.config());
    world.cluster().as_client([&](Runtime& runtime) {
        GroupLog& log = world.log();
        ClusterClient client(runtime, world.cluster().names());
        client.create_topic(kTopic, kPartitions, 3);
        Appender appender(runtime, world.config());
        world.start_member("m1", config);
        world.start_member("m2", config);
        client.wait_until([&] { return have_half_each(log); });
        fill(appender, 20);
        client.wait_until([&] { return all_seen(log, 20); });
        const std::string offsets = "__consumer_offsets";
        client.wait_until([&] { return client.isr_of(offsets).size() == 3; });
        client.wait_until([&] { return client.isr_of(kTopic).size() == 3; });
        const NodeId coordinator = client.leader_of(offsets);
        world.cluster().machine(coordinator).kill();
        client.wait_until([&] { return client.leader_of(offsets) != coordinator; });
        fill(appender, 20);
        client.wait_until([&] { return all_seen(log, 40); });
        // The group is as it was: nobody was told to give anything up.
        REQUIRE(have_half_each(log));
        REQUIRE(log.members["m1"].times_lost + log.members["m2"].times_lost == 0);
        log.members["m1"].is_to_leave = true;
        client.wait_until([&] { return log.members["m2"].owned.size() == kPartitions; });
        fill(appender, 20);
        client.wait_until([&] { return all_seen(log, 60); });
        for (const auto& [partition, seen] : log.seen) {
            REQUIRE(std::ranges::is_sorted(seen));
        }
    });
}

TEST_CASE("members of both protocols share a group, whichever comes first and goes last") {
    for (const bool classic_first : {false, true}) {
        ConsumerWorld world(1);
        const ConsumerConfig classic = world.config();
        const ConsumerConfig consumer = with_protocol(world.config());
        world.cluster().as_client([&](Runtime& runtime) {
            GroupLog& log = world.log();
            ClusterClient client(runtime, {"n1"});
            client.create_topic(kTopic, kPartitions, 1);
            Appender appender(runtime, world.config());
            world.start_member("m1", classic_first ? classic : consumer);
            client.wait_until([&] { return log.members["m1"].owned.size() == kPartitions; });
            world.start_member("m2", classic_first ? consumer : classic);
            client.wait_until([&] { return have_half_each(log); });
            fill(appender, 20);
            client.wait_until([&] { return all_seen(log, 20); });
            log.members["m1"].is_to_leave = true;
            client.wait_until([&] { return log.members["m2"].owned.size() == kPartitions; });
            fill(appender, 20);
            client.wait_until([&] { return all_seen(log, 40); });
            for (const auto& [partition, offsets] : log.seen) REQUIRE(offsets.size() == 40);
        });
    }
}
