// Reassignments in clusters of whole nodes, throttled and not (KIP-455, KIP-73).
#include <algorithm>

#include "broker/protocol/records/batch_builder.h"
#include "clients/admin/reassigner.h"
#include "tests/support/catch.h"
#include "tests/unit/server/cluster_world.h"

using namespace gregor;
using namespace gregor::server::test;
using admin::moves_between;
using admin::TopicPartition;
using protocol::NodeId;
using protocol::PartitionId;

namespace {

constexpr std::size_t kBatchBytes = 10'000;
constexpr int kBatches = 40;
constexpr std::int64_t kRate = 40'000;
const TopicPartition kLarge{"large", PartitionId(0)};
const TopicPartition kSmall{"small", PartitionId(0)};

Bytes batch() {
    const std::string value(kBatchBytes, 'x');
    records::BatchBuilder builder({});
    builder.append({.timestamp = 1'700'000'000'000, .value = as_bytes(value)});
    return std::move(builder).build();
}

/// Two topics on brokers 1 and 2, a large and a small one. Of one partition a fetch takes one
/// batch, so that a quota is not used up at once.
class Moving {
public:
    Moving(Runtime& runtime, const ClusterWorld& cluster)
        : runtime_(runtime),
          client_(runtime, cluster.names()),
          connected_(runtime, {.bootstrap_servers = endpoints(cluster)}),
          admin_(connected_),
          reassigner_(admin_) {
        for (const TopicPartition& partition : {kLarge, kSmall}) create(partition.topic);
        for (int i = 0; i < kBatches; ++i) client_.produce(kLarge.topic, batch());
        client_.produce(kSmall.topic, batch());
    }

    static server::Properties settings() { return {{"replica.fetch.max.bytes", "8192"}}; }

    void start(const admin::Assignment& target) {
        const auto refusals = reassigner_.start(target);
        REQUIRE(refusals);
        REQUIRE(refusals->empty());
    }
    [[nodiscard]] bool is_moving(const TopicPartition& partition) {
        return reassigner_.active()->contains(partition);
    }
    /// How long it takes until the partition moves no more.
    Duration wait_for(const TopicPartition& partition) {
        const Instant begin = runtime_.clock().now();
        client_.wait_until([&] { return !is_moving(partition); });
        return runtime_.clock().now() - begin;
    }
    [[nodiscard]] admin::Replicas replicas(const TopicPartition& partition) {
        return reassigner_.current({partition.topic})->at(partition);
    }
    /// Takes the rate of one side back.
    void unset_rate(const std::string& side) {
        for (const NodeId broker : {NodeId(1), NodeId(2), NodeId(3)}) {
            const auto unset = admin_.alter_configs(
                admin::ResourceType::broker, fmt::format("{}", broker),
                {{.name = side + ".replication.throttled.rate",
                  .config_operation = static_cast<std::int8_t>(admin::ConfigOperation::remove),
                  .value = std::nullopt}});
            REQUIRE(unset);
        }
    }
    ClusterClient& client() { return client_; }
    admin::Reassigner& reassigner() { return reassigner_; }

private:
    static std::vector<Endpoint> endpoints(const ClusterWorld& cluster) {
        std::vector<Endpoint> endpoints;
        for (const std::string& name : cluster.names()) endpoints.push_back({name, 9092});
        return endpoints;
    }
    void create(const std::string& topic) {
        client_.wait_until([&] {
            return admin_
                .create_topic({.name = topic,
                               .num_partitions = -1,
                               .replication_factor = -1,
                               .assignments = {{.partition_index = PartitionId(0),
                                                .broker_ids = {NodeId(1), NodeId(2)}}}})
                .has_value();
        });
    }

    Runtime& runtime_;
    ClusterClient client_;
    client::Cluster connected_;
    admin::Admin admin_;
    admin::Reassigner reassigner_;
};

/// Records of kBatches batches, but for one fetch and what a second gives ahead.
constexpr Duration kAtLeast =
    std::chrono::milliseconds((kBatches - 1) * kBatchBytes * 1000 / kRate) - 1s;

}  // namespace

TEST_CASE("a reassignment moves the data and then takes the old replica away") {
    ClusterWorld cluster(4, Moving::settings());
    cluster.as_client([&](Runtime& runtime) {
        Moving moving(runtime, cluster);
        moving.start({{kLarge, {NodeId(3), NodeId(4)}}});
        REQUIRE(moving.wait_for(kLarge) < 5s);
        moving.client().wait_until(
            [&] { return moving.replicas(kLarge) == admin::Replicas{NodeId(3), NodeId(4)}; });
        const auto kept = cluster.node(NodeId(3)).replicas().find({kLarge.topic, 0});
        REQUIRE(kept->log->log_end_offset() == protocol::Offset(kBatches));
        moving.client().wait_until(
            [&] { return cluster.node(NodeId(1)).replicas().find({kLarge.topic, 0}) == nullptr; });
    });
}

TEST_CASE("a throttled reassignment takes its time, and others go on as fast as ever") {
    for (const std::string only : {"both", "leader", "follower"}) {
        ClusterWorld cluster(3, Moving::settings());
        cluster.as_client([&](Runtime& runtime) {
            Moving moving(runtime, cluster);
            const admin::Assignment large{{kLarge, {NodeId(1), NodeId(3)}}};
            const auto current = moving.reassigner().current({kLarge.topic});
            REQUIRE(moving.reassigner().throttle(moves_between({}, *current, large), kRate));
            if (only == "leader") moving.unset_rate("follower");
            if (only == "follower") moving.unset_rate("leader");
            const Instant begin = runtime.clock().now();
            moving.start(large);
            moving.start({{kSmall, {NodeId(1), NodeId(3)}}});
            REQUIRE(moving.wait_for(kSmall) < 3s);
            for (int i = 0; i < 3; ++i) {
                const Instant sent = runtime.clock().now();
                moving.client().produce(kSmall.topic, batch());
                REQUIRE(runtime.clock().now() - sent < 2s);
            }
            REQUIRE(moving.is_moving(kLarge));
            moving.wait_for(kLarge);
            REQUIRE(runtime.clock().now() - begin >= kAtLeast);
            REQUIRE(runtime.clock().now() - begin < 2 * kAtLeast);
        });
    }
}

TEST_CASE("a throttle that is raised or cleared lets a reassignment go on at once") {
    ClusterWorld cluster(3, Moving::settings());
    cluster.as_client([&](Runtime& runtime) {
        Moving moving(runtime, cluster);
        const admin::Assignment large{{kLarge, {NodeId(2), NodeId(3)}}};
        const auto current = moving.reassigner().current({kLarge.topic});
        REQUIRE(moving.reassigner().throttle(moves_between({}, *current, large), 1000));
        moving.start(large);
        runtime.clock().sleep_for(10s);
        REQUIRE(moving.is_moving(kLarge));
        REQUIRE(moving.reassigner().clear_rates({NodeId(1), NodeId(2), NodeId(3)}));
        REQUIRE(moving.wait_for(kLarge) < 5s);
        REQUIRE(moving.reassigner().clear_throttled_replicas({kLarge.topic}));
    });
}

TEST_CASE("a cancelled reassignment leaves the replicas where they were") {
    ClusterWorld cluster(3, Moving::settings());
    cluster.as_client([&](Runtime& runtime) {
        Moving moving(runtime, cluster);
        const admin::Assignment large{{kLarge, {NodeId(3), NodeId(2)}}};
        const auto current = moving.reassigner().current({kLarge.topic});
        REQUIRE(moving.reassigner().throttle(moves_between({}, *current, large), 1000));
        moving.start(large);
        REQUIRE(moving.is_moving(kLarge));
        REQUIRE(moving.reassigner().cancel({kLarge})->empty());
        // The order is that of the target, as in Kafka.
        moving.client().wait_until(
            [&] { return moving.replicas(kLarge) == admin::Replicas{NodeId(2), NodeId(1)}; });
        const auto again = moving.reassigner().cancel({kLarge});
        REQUIRE(again->at(kLarge).code == protocol::ErrorCode::no_reassignment_in_progress);
    });
}
