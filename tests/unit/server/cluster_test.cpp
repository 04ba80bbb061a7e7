// Clusters of several nodes in a simulated world: each node a machine, each talking to the others
// over the simulated network.
#include "broker/protocol/messages/metadata.h"
#include "broker/protocol/messages/produce.h"
#include "broker/protocol/messages/topics.h"
#include "broker/protocol/records/batch_builder.h"
#include "tests/support/catch.h"
#include "tests/unit/server/cluster_world.h"

using namespace gregor;
using namespace gregor::server::test;
using protocol::ErrorCode;
using protocol::NodeId;

namespace {

Bytes one_record(std::string_view value) {
    records::BatchBuilder builder({});
    builder.append({.timestamp = 1'700'000'000'000, .value = as_bytes(value)});
    return std::move(builder).build();
}

}  // namespace

TEST_CASE("three nodes elect a controller, and a topic with three replicas outlives its leader") {
    ClusterWorld cluster(3);
    cluster.as_client([&](Runtime& runtime) {
        ClusterClient client(runtime, cluster.names());
        client.create_topic("orders", 1, 3);
        const NodeId leader = client.leader_of("orders");
        REQUIRE(client.produce("orders", one_record("before")) == protocol::Offset(0));
        cluster.machine(leader).kill();
        REQUIRE(client.produce("orders", one_record("after")) == protocol::Offset(1));
        REQUIRE(client.leader_of("orders") != leader);
    });
}

TEST_CASE("a broker that comes back joins the in-sync set again") {
    ClusterWorld cluster(3);
    cluster.as_client([&](Runtime& runtime) {
        ClusterClient client(runtime, cluster.names());
        client.create_topic("orders", 1, 3);
        const NodeId leader = client.leader_of("orders");
        cluster.machine(leader).kill();
        REQUIRE(client.produce("orders", one_record("while it is away")) == protocol::Offset(0));
        REQUIRE(client.isr_of("orders").size() == 2);
        cluster.start(leader);
        client.wait_until([&] { return client.isr_of("orders").size() == 3; });
    });
}

TEST_CASE("a node that was away for long catches up by a snapshot of the metadata") {
    ClusterWorld cluster(3, {{"metadata.log.max.record.bytes.between.snapshots", "4000"},
                             {"metadata.max.retention.bytes", "8000"},
                             {"metadata.log.segment.bytes", "8192"}});
    cluster.as_client([&](Runtime& runtime) {
        ClusterClient client(runtime, cluster.names());
        client.create_topic("orders", 1, 3);
        cluster.machine(NodeId(3)).kill();
        client.wait_until([&] { return client.isr_of("orders").size() == 2; });
        for (int i = 0; i < 120; ++i) client.create_topic("t" + std::to_string(i), 2, 2);
        cluster.start(NodeId(3));
        client.wait_until([&] { return client.isr_of("orders").size() == 3; });
        auto& metadata = cluster.node(NodeId(3)).metadata();
        REQUIRE(metadata.raft().log().start_offset() > protocol::Offset(0));
        REQUIRE(metadata.image()->topics().size() == 121);
    });
}

TEST_CASE("any broker tells what the quorum's leader knows of it") {
    ClusterWorld cluster(3);
    cluster.as_client([&](Runtime& runtime) {
        ClusterClient client(runtime, cluster.names());
        client.create_topic("orders", 1, 3);
        for (const std::string& node : cluster.names()) {
            const auto quorum = client.describe_quorum(node);
            REQUIRE(quorum.error_code == ErrorCode::none);
            const auto& partition = quorum.topics.at(0).partitions.at(0);
            REQUIRE(partition.current_voters.size() == 3);
            REQUIRE(partition.high_watermark > protocol::Offset(0));
        }
    });
}
