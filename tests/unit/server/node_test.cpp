// A whole node in the simulated world: what it tells of itself, and how it starts, stops and starts
// again.
#include "broker/protocol/messages/group_membership.h"
#include "broker/protocol/messages/metadata.h"
#include "tests/support/catch.h"
#include "tests/unit/server/node_world.h"

using namespace gregor;
using namespace gregor::server;
using namespace gregor::server::test;
using protocol::ApiKey;
using protocol::ErrorCode;

namespace {

protocol::ApiVersionsResponse versions_of(Runtime& runtime, const Endpoint& endpoint) {
    rpc::Client client(runtime, {});
    connect(runtime, client, endpoint);
    auto versions = client.api_versions(kNever);
    REQUIRE(versions.has_value());
    return *std::move(versions);
}

/// The answer to ApiVersions in this version, its size and correlation id taken off, or nothing if
/// the connection was closed.
std::optional<Bytes> ask_versions_raw(Runtime& runtime, std::int16_t version, ByteSpan body) {
    auto connection = *runtime.network().connect(kNode);
    ByteBuffer frame;
    protocol::Writer writer(frame);
    const bool is_flexible = version >= 3;
    writer.integer(static_cast<std::int32_t>(10 + (is_flexible ? 1 : 0) + body.size()));
    writer.integer(std::int16_t{18});
    writer.integer(version);
    writer.integer(std::int32_t{5});
    writer.integer(std::int16_t{-1});
    if (is_flexible) writer.integer(std::uint8_t{0});
    writer.bytes(body);
    REQUIRE(connection->write(std::move(frame).freeze()).has_value());
    ByteBuffer answer;
    if (!connection->read(answer, 4, 4)) return std::nullopt;
    const auto size = protocol::detail::load_big_endian<std::int32_t>(answer.data());
    answer.clear();
    REQUIRE(connection->read(answer, static_cast<std::size_t>(size), static_cast<std::size_t>(size))
                .has_value());
    return std::move(answer).freeze().suffix(4);
}

}  // namespace

TEST_CASE("a node lists exactly the APIs that its table answers, Produce from 0 on") {
    NodeWorld world;
    world.as_client([](Runtime& runtime) {
        const auto versions = versions_of(runtime, kNode);
        REQUIRE(versions.error_code == ErrorCode::none);
        std::vector<std::int16_t> keys;
        for (const auto& api : versions.api_keys) {
            keys.push_back(api.api_key);
            if (api.api_key == 0) REQUIRE(api.min_version == 0);
            if (api.api_key == 1) REQUIRE(api.min_version == 4);
        }
        std::vector<std::int16_t> expected;
        for (const Route& route : all_routes()) {
            if (protocol::find_api(route.key)->on_broker) {
                expected.push_back(static_cast<std::int16_t>(route.key));
            }
        }
        std::ranges::sort(expected);
        REQUIRE(keys == expected);
        std::map<std::string, std::int16_t> finalized;
        for (const auto& each : versions.finalized_features) {
            finalized[each.name] = each.max_version_level;
        }
        REQUIRE(finalized == std::map<std::string, std::int16_t>{{"group.version", 1},
                                                                 {"metadata.version", 25},
                                                                 {"transaction.version", 2}});
        REQUIRE(versions.finalized_features_epoch >= 0);
    });
}

TEST_CASE("the controller's listener serves the controller's APIs only") {
    NodeWorld world;
    world.as_client([](Runtime& runtime) {
        for (const auto& api : versions_of(runtime, {"n1", 9093}).api_keys) {
            REQUIRE(protocol::find_api(ApiKey{api.api_key})->on_controller);
        }
    });
}

TEST_CASE("an unknown version of ApiVersions is answered in version 0 with its own range") {
    NodeWorld world;
    world.as_client([](Runtime& runtime) {
        versions_of(runtime, kNode);
        for (const std::int16_t version : {99, 5, -1}) {
            const auto body = ask_versions_raw(runtime, version, {});
            REQUIRE(body.has_value());
            const auto answer = protocol::decode<protocol::ApiVersionsResponse>(*body, 0);
            REQUIRE(answer.has_value());
            REQUIRE(answer->error_code == ErrorCode::unsupported_version);
            REQUIRE(answer->api_keys.size() == 1);
            REQUIRE(answer->api_keys[0].api_key == 18);
            REQUIRE(answer->api_keys[0].max_version == 4);
            REQUIRE(body->size() == 12);
        }
    });
}

TEST_CASE("a client software name that is none gets INVALID_REQUEST in the layout it asked for") {
    NodeWorld world;
    world.as_client([](Runtime& runtime) {
        versions_of(runtime, kNode);
        const auto error_for = [&](std::string name) {
            const protocol::ApiVersionsRequest request{.client_software_name = std::move(name),
                                                       .client_software_version = "1.0"};
            const Bytes body = protocol::encode(request, 3);
            const auto answer = ask_versions_raw(runtime, 3, body);
            REQUIRE(answer.has_value());
            return protocol::decode<protocol::ApiVersionsResponse>(*answer, 3)->error_code;
        };
        for (const char* bad : {"", "-a", "a-", "a b", "a_b", "\xc3\xa9"}) {
            REQUIRE(error_for(bad) == ErrorCode::invalid_request);
        }
        for (const char* good : {"a", "apache-kafka-java", "lib.rd-kafka", "0"}) {
            REQUIRE(error_for(good) == ErrorCode::none);
        }
    });
}

TEST_CASE("bytes behind ApiVersions 0 are ignored, a cut body closes the connection") {
    NodeWorld world;
    world.as_client([](Runtime& runtime) {
        versions_of(runtime, kNode);
        const std::uint8_t junk[] = {1, 2, 3};
        REQUIRE(ask_versions_raw(runtime, 0, ByteSpan(junk)).has_value());
        const std::uint8_t cut[] = {9};
        REQUIRE(!ask_versions_raw(runtime, 3, ByteSpan(cut)).has_value());
    });
}

TEST_CASE("the coordinator of a group and of a transactional id is named, and its topic made") {
    NodeWorld world;
    world.as_client([](Runtime& runtime) {
        rpc::Client client(runtime, {});
        connect(runtime, client);
        protocol::FindCoordinatorRequest request;
        request.key = "group";
        request.coordinator_keys = {"g1", "g2"};
        for (const std::int8_t key_type : {0, 1}) {
            request.key_type = key_type;
            for (std::int16_t version = key_type; version <= 6; ++version) {
                const auto answer =
                    client.call<protocol::FindCoordinatorResponse>(request, version, kNever);
                REQUIRE(answer.has_value());
                const protocol::NodeId node =
                    version < 4 ? answer->node_id : answer->coordinators.at(1).node_id;
                REQUIRE(node == protocol::NodeId(1));
            }
        }
        request.key_type = 9;
        const auto answer = client.call<protocol::FindCoordinatorResponse>(request, 4, kNever);
        REQUIRE(answer->coordinators.at(0).error_code == ErrorCode::invalid_request);
    });
}

TEST_CASE("DescribeCluster names this broker by its advertised address") {
    NodeWorld world(Properties{{"advertised.listeners", "PLAINTEXT://elsewhere:0"}});
    world.as_client([](Runtime& runtime) {
        rpc::Client client(runtime, {});
        connect(runtime, client);
        protocol::DescribeClusterRequest request;
        const auto answer = client.call<protocol::DescribeClusterResponse>(request, 1, kNever);
        REQUIRE(answer.has_value());
        REQUIRE(answer->error_code == ErrorCode::none);
        REQUIRE(answer->cluster_id.size() == 22);
        REQUIRE(answer->brokers.size() == 1);
        REQUIRE(answer->brokers[0].host == "elsewhere");
        REQUIRE(answer->brokers[0].port == 9092);
        request.endpoint_type = 2;
        REQUIRE(client.call<protocol::DescribeClusterResponse>(request, 1, kNever)->error_code ==
                ErrorCode::mismatched_endpoint_type);
        request.endpoint_type = 9;
        REQUIRE(client.call<protocol::DescribeClusterResponse>(request, 1, kNever)->error_code ==
                ErrorCode::unsupported_endpoint_type);
    });
}

TEST_CASE("a node that is killed at any moment of its start comes up at the next one") {
    for (int ms = 0; ms < 60; ms += 3) {
        NodeWorld world({}, {.seed = static_cast<std::uint64_t>(ms) + 1});
        world.world.run_for(std::chrono::milliseconds(ms));
        bool again = false;
        world.machine().lose_power([&] {
            world.machine().start_again();
            again = true;
        });
        world.as_client([&](Runtime& runtime) {
            while (!again) runtime.clock().sleep_for(10ms);
            REQUIRE(!versions_of(runtime, kNode).api_keys.empty());
        });
        REQUIRE(!world.node().failure().has_value());
    }
}

TEST_CASE("an orderly stop ends the node and the next start keeps the cluster's id") {
    NodeWorld world;
    world.as_client([&](Runtime& runtime) {
        std::vector<std::string> ids;
        for (int i = 0; i < 3; ++i) {
            rpc::Client client(runtime, {});
            connect(runtime, client);
            ids.push_back(client
                              .call<protocol::DescribeClusterResponse>(
                                  protocol::DescribeClusterRequest{}, 1, kNever)
                              ->cluster_id);
            bool stopped = false;
            world.machine().stop([&] { stopped = true; });
            while (!stopped) runtime.clock().sleep_for(10ms);
            world.machine().start_again();
        }
        REQUIRE(ids[0] == ids[1]);
        REQUIRE(ids[1] == ids[2]);
    });
}

TEST_CASE("a data directory of another node is refused") {
    NodeWorld world;
    world.as_client([&](Runtime& runtime) {
        versions_of(runtime, kNode);
        bool stopped = false;
        world.machine().stop([&] { stopped = true; });
        while (!stopped) runtime.clock().sleep_for(10ms);
    });
    const Properties other =
        node_properties({{"node.id", "2"}, {"controller.quorum.voters", "2@n1:1"}});
    std::optional<std::string> failure;
    world.machine().start([&](Runtime& runtime) {
        struct Watched final : simulated::Program {
            Watched(Runtime& runtime_in, const Properties& properties,
                    std::optional<std::string>& failure_in)
                : program(runtime_in, properties), failure(failure_in) {}
            void run() override {
                program.run();
                failure = program.node().failure();
            }
            void request_stop() override { program.request_stop(); }
            NodeProgram program;
            std::optional<std::string>& failure;
        };
        return std::make_unique<Watched>(runtime, other, failure);
    });
    world.world.run_for(60s);
    REQUIRE(failure.has_value());
    REQUIRE(failure->find("is of node 1, not 2") != std::string::npos);
}
