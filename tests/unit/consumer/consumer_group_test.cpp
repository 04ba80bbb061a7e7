// Members of one group on machines of their own, and what becomes of their partitions when one
// leaves, dies or is late, or when the coordinator is killed.
#include "clients/admin/admin.h"
#include "tests/unit/consumer/consumer_world.h"

using namespace gregor;
using namespace gregor::consumer;
using namespace gregor::consumer::test;
using protocol::NodeId;
using protocol::Offset;

namespace {

constexpr std::int32_t kPartitions = 4;

ConsumerConfig with_strategy(ConsumerConfig config, const std::string& strategy) {
    config.partition_assignment_strategy = {strategy};
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

/// Each offset once, in order.
bool all_seen_once(const GroupLog& log, std::int64_t end) {
    for (const auto& [partition, offsets] : log.seen) {
        if (offsets.size() != static_cast<std::size_t>(end)) return false;
        if (!std::ranges::is_sorted(offsets)) return false;
    }
    return all_seen(log, end);
}

}  // namespace

TEST_CASE("two members share the partitions, and one takes over what the other leaves") {
    for (const std::string strategy : {"range", "roundrobin", "sticky", "cooperative-sticky"}) {
        ConsumerWorld world(1);
        world.cluster().as_client([&](Runtime& runtime) {
            GroupLog& log = world.log();
            ClusterClient client(runtime, {"n1"});
            client.create_topic(kTopic, kPartitions, 1);
            Appender appender(runtime, world.config());
            fill(appender, 20);
            world.start_member("m1", with_strategy(world.config(), strategy));
            client.wait_until([&] { return all_seen(log, 20); });
            world.start_member("m2", with_strategy(world.config(), strategy));
            client.wait_until([&] { return log.members["m2"].owned.size() == kPartitions / 2; });
            client.wait_until([&] { return log.members["m1"].owned.size() == kPartitions / 2; });
            fill(appender, 20);
            client.wait_until([&] { return all_seen(log, 40); });
            log.members["m1"].is_to_leave = true;
            client.wait_until([&] { return log.members["m2"].owned.size() == kPartitions; });
            fill(appender, 20);
            client.wait_until([&] { return all_seen(log, 60); });
            // Whoever gives up partitions has committed all that it read.
            REQUIRE(all_seen_once(log, 60));
            const bool is_cooperative = strategy == "cooperative-sticky";
            REQUIRE((log.members["m1"].most_revoked == kPartitions) == !is_cooperative);
        });
    }
}

TEST_CASE("a member that dies is replaced from what it had committed") {
    ConsumerWorld world(1);
    world.cluster().as_client([&](Runtime& runtime) {
        GroupLog& log = world.log();
        ClusterClient client(runtime, {"n1"});
        client.create_topic(kTopic, kPartitions, 1);
        Appender appender(runtime, world.config());
        world.start_member("m1", world.config());
        world.start_member("m2", world.config());
        client.wait_until([&] {
            return log.members["m1"].owned.size() == 2 && log.members["m2"].owned.size() == 2;
        });
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

TEST_CASE("a member that does not poll leaves, and comes back") {
    ConsumerWorld world(1);
    world.cluster().as_client([&](Runtime& runtime) {
        GroupLog& log = world.log();
        ClusterClient client(runtime, {"n1"});
        client.create_topic(kTopic, kPartitions, 1);
        Appender appender(runtime, world.config());
        fill(appender, 20);
        world.start_member("m1", world.config());
        client.wait_until([&] { return log.members["m1"].owned.size() == kPartitions; });
        client.wait_until([&] { return all_seen(log, 20); });
        log.members["m1"].is_idle = true;
        runtime.clock().sleep_for(5s);
        // Until it polls again it does not know that they are another's.
        log.members["m1"].is_dead = true;
        world.start_member("m2", world.config());
        client.wait_until([&] { return log.members["m2"].owned.size() == kPartitions; });
        fill(appender, 20);
        client.wait_until([&] { return all_seen(log, 40); });
        log.members["m1"].is_dead = false;
        log.members["m1"].owned.clear();
        log.members["m1"].is_idle = false;
        client.wait_until([&] {
            return log.members["m1"].owned.size() == 2 && log.members["m2"].owned.size() == 2;
        });
        REQUIRE(log.members["m1"].times_lost == 1);
    });
}

TEST_CASE("a static member that comes back within its session keeps its partitions") {
    ConsumerWorld world(1);
    world.cluster().as_client([&](Runtime& runtime) {
        GroupLog& log = world.log();
        ClusterClient client(runtime, {"n1"});
        client.create_topic(kTopic, kPartitions, 1);
        ConsumerConfig first = world.config();
        first.group_instance_id = "i1";
        ConsumerConfig second = world.config();
        second.group_instance_id = "i2";
        world.start_member("m1", first);
        world.start_member("m2", second);
        client.wait_until([&] {
            return log.members["m1"].owned.size() == 2 && log.members["m2"].owned.size() == 2;
        });
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

TEST_CASE("a static leader that comes back notices what has changed while it was away") {
    ConsumerWorld world(1);
    world.cluster().as_client([&](Runtime& runtime) {
        GroupLog& log = world.log();
        ClusterClient client(runtime, {"n1"});
        client.create_topic(kTopic, kPartitions, 1);
        Appender appender(runtime, world.config());
        ConsumerConfig config = world.config();
        config.group_instance_id = "i1";
        world.start_member("m1", config);
        client.wait_until([&] { return log.members["m1"].owned.size() == kPartitions; });
        log.members["m1"].is_to_leave = true;
        client.wait_until([&] { return log.members["m1"].has_left; });
        admin::Admin admin(appender.cluster());
        const auto grown = admin.create_partitions(
            {.name = kTopic, .count = kPartitions + 2, .assignments = std::nullopt});
        REQUIRE(grown.has_value());
        world.start_member("m2", config);
        client.wait_until([&] { return log.members["m2"].owned.size() == kPartitions + 2; });
        REQUIRE(log.members["m2"].times_assigned == 2);
    });
}

TEST_CASE("members read on and commit when their coordinator is killed") {
    ConsumerWorld world(3);
    world.cluster().as_client([&](Runtime& runtime) {
        GroupLog& log = world.log();
        ClusterClient client(runtime, world.cluster().names());
        client.create_topic(kTopic, kPartitions, 3);
        Appender appender(runtime, world.config());
        world.start_member("m1", world.config());
        world.start_member("m2", world.config());
        client.wait_until([&] {
            return log.members["m1"].owned.size() == 2 && log.members["m2"].owned.size() == 2;
        });
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
        log.members["m1"].is_to_leave = true;
        client.wait_until([&] { return log.members["m2"].owned.size() == kPartitions; });
        fill(appender, 20);
        client.wait_until([&] { return all_seen(log, 60); });
        for (const auto& [partition, seen] : log.seen) {
            REQUIRE(std::ranges::is_sorted(seen));
        }
    });
}
