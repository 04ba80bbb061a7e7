// GET /metrics of whole nodes in a simulated world: what a page says follows the cluster's fate.
#include "broker/protocol/records/batch_builder.h"
#include "tests/support/catch.h"
#include "tests/unit/server/cluster_world.h"

using namespace gregor;
using namespace gregor::server::test;
using protocol::NodeId;

namespace {

constexpr std::uint16_t kPort = 9404;

Bytes one_record(std::string_view value) {
    records::BatchBuilder builder({});
    builder.append({.timestamp = 1'700'000'000'000, .value = as_bytes(value)});
    return std::move(builder).build();
}

/// The body of GET `path`; the whole answer if it is not 200; empty if nobody answers.
std::string get(Runtime& runtime, const std::string& node, std::string_view path = "/metrics") {
    const Instant deadline = runtime.clock().now() + 3s;
    auto connection = runtime.network().connect({node, kPort}, deadline);
    if (!connection) return {};
    const std::string request =
        "GET " + std::string(path) + " HTTP/1.1\r\nHost: " + node + "\r\n\r\n";
    if (!(*connection)->write(Bytes::copy_of(request))) return {};
    ByteBuffer buffer;
    while ((*connection)->read(buffer, 1, 65536, deadline)) {
    }
    const std::string answer(reinterpret_cast<const char*>(buffer.data()), buffer.size());
    if (!answer.starts_with("HTTP/1.1 200 OK\r\n")) return answer;
    return answer.substr(answer.find("\r\n\r\n") + 4);
}

/// The value of a series, or nothing if the page has no such.
std::optional<std::int64_t> value_of(const std::string& page, const std::string& series) {
    const std::size_t at = ("\n" + page).find("\n" + series + " ");
    if (at == std::string::npos) return {};
    return std::stoll(page.substr(at + series.size() + 1));
}

class Scraper {
public:
    Scraper(Runtime& runtime, std::vector<std::string> nodes)
        : runtime_(runtime), nodes_(std::move(nodes)) {}

    /// Over all nodes that answer.
    [[nodiscard]] std::int64_t sum(const std::string& series) {
        std::int64_t sum = 0;
        for (const std::string& node : nodes_) {
            sum += value_of(get(runtime_, node), series).value_or(0);
        }
        return sum;
    }

private:
    Runtime& runtime_;
    std::vector<std::string> nodes_;
};

const server::Properties kWithMetrics = {{"metrics.listener", "http://:9404"}};

}  // namespace

TEST_CASE("what clients send and read is counted once, by topic and together") {
    ClusterWorld cluster(3, kWithMetrics);
    cluster.as_client([&](Runtime& runtime) {
        ClusterClient client(runtime, cluster.names());
        Scraper metrics(runtime, cluster.names());
        client.create_topic("orders", 1, 3);
        const Bytes batch = one_record("one");
        for (int i = 0; i < 5; ++i) client.produce("orders", batch);
        const auto bytes = static_cast<std::int64_t>(5 * batch.size());
        const std::string prefix = "kafka_server_brokertopicmetrics_";
        REQUIRE(metrics.sum(prefix + "messagesin_total{topic=\"orders\"}") == 5);
        REQUIRE(metrics.sum(prefix + "messagesin_total") == 5);
        REQUIRE(metrics.sum(prefix + "bytesin_total{topic=\"orders\"}") == bytes);
        REQUIRE(metrics.sum(prefix + "failedproducerequests_total") == 0);
        client.wait_until(
            [&] { return metrics.sum(prefix + "replicationbytesin_total") == 2 * bytes; });
        REQUIRE(metrics.sum(prefix + "replicationbytesout_total") >= 2 * bytes);
        REQUIRE(metrics.sum("kafka_log_log_size{topic=\"orders\",partition=\"0\"}") == 3 * bytes);
        REQUIRE(metrics.sum("kafka_log_log_logendoffset{topic=\"orders\",partition=\"0\"}") == 15);
        const std::string requests = "{request=\"Produce\"}";
        REQUIRE(metrics.sum("kafka_network_requestmetrics_requests_total" + requests) ==
                metrics.sum("kafka_network_requestmetrics_totaltimems_count" + requests));
        REQUIRE(metrics.sum("kafka_network_requestmetrics_requests_total" + requests) >= 5);
    });
}

TEST_CASE("a node that dies shows on those that remain, until it is back") {
    ClusterWorld cluster(3, kWithMetrics);
    cluster.as_client([&](Runtime& runtime) {
        ClusterClient client(runtime, cluster.names());
        Scraper metrics(runtime, cluster.names());
        client.create_topic("orders", 1, 3);
        const std::string replica_manager = "kafka_server_replicamanager_";
        const std::string active = "kafka_controller_kafkacontroller_activecontrollercount";
        client.wait_until([&] { return metrics.sum(replica_manager + "partitioncount") == 3; });
        REQUIRE(metrics.sum(replica_manager + "leadercount") == 1);
        client.wait_until(
            [&] { return metrics.sum(replica_manager + "underreplicatedpartitions") == 0; });
        REQUIRE(metrics.sum(active) == 1);
        const std::int64_t shrinks = metrics.sum(replica_manager + "isrshrinks_total");

        const NodeId leader = client.leader_of("orders");
        cluster.machine(leader).kill();
        client.produce("orders", one_record("after"));
        client.wait_until(
            [&] { return metrics.sum(replica_manager + "underreplicatedpartitions") == 1; });
        client.wait_until([&] { return metrics.sum(active) == 1; });
        client.wait_until(
            [&] { return metrics.sum("kafka_controller_kafkacontroller_fencedbrokercount") == 2; });
        REQUIRE(metrics.sum("kafka_controller_controllerstats_uncleanleaderelections_total") == 0);
        REQUIRE(metrics.sum(replica_manager + "isrshrinks_total") >= shrinks);

        cluster.start(leader);
        client.wait_until(
            [&] { return metrics.sum(replica_manager + "underreplicatedpartitions") == 0; });
        REQUIRE(metrics.sum(replica_manager + "isrexpands_total") >= 1);
    });
}

TEST_CASE("the quorum's metrics agree on who leads") {
    ClusterWorld cluster(3, kWithMetrics);
    cluster.as_client([&](Runtime& runtime) {
        ClusterClient client(runtime, cluster.names());
        client.create_topic("orders", 1, 3);
        const auto quorum = [&](const std::string& node, const std::string& name) {
            return value_of(get(runtime, node), "kafka_server_raftmetrics_" + name).value_or(-9);
        };
        client.wait_until([&] {
            return quorum("n1", "current_leader") >= 1 &&
                   quorum("n1", "current_leader") == quorum("n2", "current_leader") &&
                   quorum("n2", "current_leader") == quorum("n3", "current_leader");
        });
        const std::string leader = "n" + std::to_string(quorum("n1", "current_leader"));
        REQUIRE(quorum(leader, "current_state{current_state=\"leader\"}") == 1);
        REQUIRE(quorum(leader, "high_watermark") > 0);
        REQUIRE(quorum(leader, "high_watermark") <= quorum(leader, "log_end_offset"));
        REQUIRE(quorum("n1", "current_epoch") == quorum(leader, "current_epoch"));
    });
}

TEST_CASE("a topic that is gone takes its series with it, and leaves its counts in the sum") {
    ClusterWorld cluster(1, kWithMetrics);
    cluster.as_client([&](Runtime& runtime) {
        ClusterClient client(runtime, cluster.names());
        client.create_topic("orders", 1, 1);
        client.produce("orders", one_record("one"));
        client.delete_topic("orders");
        const std::string messages = "kafka_server_brokertopicmetrics_messagesin_total";
        client.wait_until(
            [&] { return !value_of(get(runtime, "n1"), messages + "{topic=\"orders\"}"); });
        REQUIRE(value_of(get(runtime, "n1"), messages) == 1);
        REQUIRE(value_of(get(runtime, "n1"), "kafka_server_replicamanager_partitioncount") == 0);
    });
}

TEST_CASE("only /metrics is there, and nothing listens unless it is asked for") {
    ClusterWorld with(1, kWithMetrics);
    with.as_client([&](Runtime& runtime) {
        ClusterClient client(runtime, with.names());
        client.create_topic("orders", 1, 1);
        REQUIRE(get(runtime, "n1", "/").starts_with("HTTP/1.1 404 Not Found\r\n"));
        REQUIRE(get(runtime, "n1", "/metrics?x").starts_with("# HELP "));
    });
    ClusterWorld without(1);
    without.as_client([&](Runtime& runtime) {
        ClusterClient client(runtime, without.names());
        client.create_topic("orders", 1, 1);
        REQUIRE(get(runtime, "n1").empty());
    });
}
