// What brokers pass on to the active controller, and how a controller takes it.
#include "broker/protocol/envelope.h"
#include "tests/support/catch.h"
#include "tests/unit/server/cluster_world.h"

using namespace gregor;
using namespace gregor::server::test;
using protocol::ApiKey;
using protocol::EnvelopeRequest;
using protocol::EnvelopeResponse;
using protocol::ErrorCode;
using protocol::ForwardedRequest;

namespace {

const Endpoint kController{"n1", 9093};

template <class Request>
ForwardedRequest forwarded(const Request& request, std::int16_t version) {
    const ApiKey key{Request::kMessage.id};
    const protocol::RequestHeader header{.request_api_key = key,
                                         .request_api_version = version,
                                         .correlation_id = 5,
                                         .client_id = "client"};
    return {
        .key = key,
        .version = version,
        .correlation_id = 5,
        .frame = protocol::encode_request_frame(header, request).suffix(protocol::kFrameSizeBytes),
        .client_host = "10.0.0.9"};
}

protocol::CreateTopicsRequest create(const std::string& name) {
    protocol::CreateTopicsRequest request;
    request.timeout_ms = 30'000;
    request.topics.push_back({.name = name, .num_partitions = 1, .replication_factor = 1});
    return request;
}

EnvelopeResponse send(Runtime& runtime, const EnvelopeRequest& envelope,
                      const Endpoint& to = kController) {
    rpc::Client client(runtime, {});
    connect(runtime, client, to);
    const auto answer = client.call<EnvelopeResponse>(envelope, 0, kNever);
    REQUIRE(answer);
    return *answer;
}

}  // namespace

TEST_CASE("a controller serves what is in an envelope, and what comes without one") {
    NodeWorld world;
    world.as_client([](Runtime& runtime) {
        const ForwardedRequest request = forwarded(create("enveloped"), 7);
        std::optional<Bytes> body;
        while (!body) {
            const EnvelopeResponse answer = send(runtime, protocol::make_envelope(request));
            if (answer.error_code == ErrorCode::not_controller) {
                runtime.clock().sleep_for(50ms);
                continue;
            }
            body = *protocol::open_response(request, answer);
        }
        const auto created = protocol::decode<protocol::CreateTopicsResponse>(*body, 7);
        REQUIRE(created);
        REQUIRE(created->topics.at(0).name == "enveloped");
        REQUIRE(created->topics.at(0).error_code == ErrorCode::none);

        rpc::Client client(runtime, {});
        connect(runtime, client, kController);
        const auto direct =
            client.call<protocol::CreateTopicsResponse>(create("direct"), 7, kNever);
        REQUIRE(direct);
        REQUIRE(direct->topics.at(0).error_code == ErrorCode::none);
    });
}

TEST_CASE("a controller refuses envelopes with what it cannot or will not serve") {
    NodeWorld world;
    world.as_client([](Runtime& runtime) {
        protocol::MetadataRequest metadata;
        metadata.topics = std::nullopt;
        REQUIRE(send(runtime, protocol::make_envelope(forwarded(metadata, 12))).error_code ==
                ErrorCode::invalid_request);
        EnvelopeRequest cut = protocol::make_envelope(forwarded(create("orders"), 7));
        cut.request_data = cut.request_data.slice(0, cut.request_data.size() - 8);
        const EnvelopeResponse answer = send(runtime, cut);
        REQUIRE(answer.error_code == ErrorCode::unsupported_version);
        REQUIRE_FALSE(answer.response_data);
        Random random(3);
        protocol::DeleteTopicsRequest deletion{.timeout_ms = 10};
        deletion.topics.push_back({.name = "orders"});
        for (int i = 0; i < 300; ++i) {
            EnvelopeRequest envelope = protocol::make_envelope(forwarded(deletion, 6));
            ByteBuffer bytes;
            bytes.append(envelope.request_data);
            const std::size_t at = 4 + random.below(bytes.size() - 4);
            bytes.data()[at] = static_cast<std::uint8_t>(random.below(256));
            envelope.request_data = std::move(bytes).freeze();
            (void)send(runtime, envelope);
        }
    });
    REQUIRE(!world.node().failure().has_value());
}

TEST_CASE("brokers pass on what clients ask of the controller, and look for it where it is now") {
    ClusterWorld cluster(3);
    cluster.as_client([&](Runtime& runtime) {
        ClusterClient client(runtime, cluster.names());
        client.create_topic("orders", 1, 3);
        const auto leader = [&] { return client.describe_quorum("n1").topics[0].partitions[0]; };
        const protocol::NodeId first = leader().leader_id;
        const ForwardedRequest request = forwarded(create("elsewhere"), 7);
        for (int id = 1; id <= 3; ++id) {
            if (protocol::NodeId(id) == first) continue;
            // Straight at a controller that is not active.
            REQUIRE(send(runtime, protocol::make_envelope(request), {fmt::format("n{}", id), 9093})
                        .error_code == ErrorCode::not_controller);
            rpc::Client through(runtime, {});
            connect(runtime, through, {fmt::format("n{}", id), 9092});
            const auto answer = through.call<protocol::CreateTopicsResponse>(
                create(fmt::format("by-{}", id)), 7, kNever);
            REQUIRE(answer);
            REQUIRE(answer->topics.at(0).error_code == ErrorCode::none);
        }
        REQUIRE(cluster.node(first).metrics_page().find("request=\"Envelope\"") !=
                std::string::npos);
        cluster.machine(first).kill();
        const protocol::NodeId left(first.value() % 3 + 1);
        rpc::Client through(runtime, {});
        connect(runtime, through, {fmt::format("n{}", left), 9092});
        const auto answer =
            through.call<protocol::CreateTopicsResponse>(create("after"), 7, kNever);
        REQUIRE(answer);
        REQUIRE(answer->topics.at(0).error_code == ErrorCode::none);
    });
}
