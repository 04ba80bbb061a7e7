// An idempotent producer while leaders die and links break: each record is in the log once, in the
// order of the sends.
#include "clients/producer/producer.h"
#include "tests/support/catch.h"
#include "tests/unit/producer/producer_world.h"

using namespace gregor;
using namespace gregor::producer;
using namespace gregor::producer::test;
using protocol::NodeId;
using protocol::PartitionId;
using server::test::ClusterClient;
using server::test::ClusterWorld;

namespace {

constexpr std::int32_t kPartitions = 2;

struct Stream {
    std::vector<std::string> sent;
    std::vector<Delivery> deliveries;
};

/// Sends to both partitions for `lasting`; all of it is delivered afterwards.
std::vector<Stream> stream(Runtime& runtime, Producer& producer, Duration lasting) {
    std::vector<Stream> streams(kPartitions);
    const Instant end = deadline_after(runtime.clock().now(), lasting);
    for (int i = 0; runtime.clock().now() < end; ++i) {
        const std::int32_t partition = i % kPartitions;
        Stream& stream = streams.at(static_cast<std::size_t>(partition));
        stream.sent.push_back(std::to_string(i));
        auto delivery = producer.send({.topic = "orders",
                                       .partition = PartitionId(partition),
                                       .value = as_bytes(stream.sent.back())});
        REQUIRE(delivery.has_value());
        stream.deliveries.push_back(*std::move(delivery));
        if (i % 5 == 0) runtime.clock().sleep_for(2ms);
    }
    REQUIRE(producer.flush().has_value());
    return streams;
}

void require_once_in_order(Runtime& runtime, const std::vector<std::string>& nodes,
                           const std::vector<Stream>& streams) {
    for (std::int32_t partition = 0; partition < kPartitions; ++partition) {
        const Stream& stream = streams.at(static_cast<std::size_t>(partition));
        REQUIRE(stream.sent.size() > 1000);
        for (const Delivery& delivery : stream.deliveries) {
            const auto result = delivery.wait();
            INFO((result ? "" : result.error().message));
            REQUIRE(result.has_value());
        }
        REQUIRE(read_back(runtime, nodes, "orders", partition, stream.sent.size()) == stream.sent);
    }
}

/// Kills the leader, lets it come back, and so on.
void kill_leaders(Runtime& runtime, ClusterWorld& cluster) {
    ClusterClient watcher(runtime, cluster.names());
    for (;;) {
        runtime.clock().sleep_for(3s);
        const NodeId leader = watcher.leader_of("orders");
        cluster.machine(leader).kill();
        runtime.clock().sleep_for(15s);
        cluster.start(leader);
        watcher.wait_until([&] { return watcher.isr_of("orders").size() == 3; });
    }
}

/// Resets, half-open connections, one-way blocks and freezes between the client and the nodes.
void break_links(Runtime& runtime, ClusterWorld& cluster) {
    auto& network = cluster.world().network();
    for (;;) {
        runtime.clock().sleep_for(runtime.random().between(Duration(50ms), Duration(1s)));
        const std::string node = "n" + std::to_string(runtime.random().between(1, 3));
        const Duration lasting = runtime.random().between(Duration(100ms), Duration(5s));
        const Instant until = deadline_after(cluster.world().now(), lasting);
        switch (runtime.random().below(4)) {
            case 0: network.reset("client", node, true); break;
            case 1: network.reset("client", node, false); break;
            case 2: network.block("client", node, until); break;
            default: network.freeze(node, "client", until); break;
        }
    }
}

}  // namespace

TEST_CASE("leaders that die in mid-stream cost an idempotent producer nothing") {
    ClusterWorld cluster(3, {{"min.insync.replicas", "2"}});
    cluster.as_client([&](Runtime& runtime) {
        ClusterClient(runtime, cluster.names()).create_topic("orders", kPartitions, 3);
        Producer producer(runtime, config_for(cluster.names(), {{"batch.size", "300"}}));
        std::vector<Stream> streams;
        with_task_group(runtime.tasks(), "faults", [&](TaskGroup& faults) {
            faults.spawn("killer", [&] { kill_leaders(runtime, cluster); });
            streams = stream(runtime, producer, 75s);
        });
        producer.close();
        require_once_in_order(runtime, cluster.names(), streams);
    });
}

TEST_CASE("links that break in mid-stream cost an idempotent producer nothing") {
    for (std::uint64_t seed = 1; seed <= 5; ++seed) {
        INFO("seed " << seed);
        ClusterWorld cluster(3, {}, seed);
        cluster.as_client([&](Runtime& runtime) {
            ClusterClient(runtime, cluster.names()).create_topic("orders", kPartitions, 3);
            Producer producer(runtime,
                              config_for(cluster.names(),
                                         {{"batch.size", "200"}, {"request.timeout.ms", "3000"}}));
            std::vector<Stream> streams;
            with_task_group(runtime.tasks(), "faults", [&](TaskGroup& faults) {
                faults.spawn("breaker", [&] { break_links(runtime, cluster); });
                streams = stream(runtime, producer, 30s);
            });
            cluster.world().network().heal();
            producer.close();
            require_once_in_order(runtime, cluster.names(), streams);
        });
    }
}
