// The asking end: many calls on one connection, late and wrong answers, connections that die.
#include "tests/support/catch.h"
#include "tests/unit/rpc/rpc_world.h"

using namespace gregor;
using namespace gregor::rpc;
using namespace gregor::rpc::test;

namespace {

using EchoResult = Result<protocol::FindCoordinatorResponse, IoError>;

void echo(Runtime&, const Request& request, Reply reply) { answer_echo(request, std::move(reply)); }

EchoResult ask(Client& client, Runtime& runtime, const std::string& key, Duration timeout = 10s) {
    return client.call<protocol::FindCoordinatorResponse>(echo_request(key), 1,
                                                          runtime.clock().now() + timeout);
}

/// A server that says something else than it should.
void serve_raw(Runtime& runtime, const std::function<Bytes(std::int32_t)>& answer) {
    auto listener = *runtime.network().listen(kServer);
    while (auto accepted = listener->accept()) {
        for (;;) {
            ByteBuffer frame;
            if (!(*accepted)->read(frame, 12, 1000)) break;
            const auto id = protocol::detail::load_big_endian<std::int32_t>(frame.data() + 8);
            if (!(*accepted)->write(answer(id))) break;
        }
    }
}

/// Calls once against such a server.
EchoResult ask_raw(std::function<Bytes(std::int32_t)> answer) {
    simulated::World world(1, {});
    EchoResult result = fail(IoError::not_found);
    world.add_machine("n1", {}).start(
        simulated::program([=](Runtime& runtime) { serve_raw(runtime, answer); }));
    world.add_machine("c1", {}).start(simulated::program([&](Runtime& runtime) {
        Client client(runtime, {});
        CHECK(client.connect(kServer, kNever).has_value());
        result = ask(client, runtime, "x");
    }));
    world.run_for(60s);
    world.shut_down();
    return result;
}

Bytes echo_response(std::int32_t correlation_id) {
    return protocol::encode_response_frame(correlation_id, protocol::FindCoordinatorResponse{}, 1);
}

}  // namespace

TEST_CASE("calls of many fibers share a connection and each gets its own answer") {
    RpcWorld world(echo);
    world.as_client([](Runtime& runtime) {
        Client client(runtime, {.max_in_flight = 8});
        REQUIRE(client.connect(kServer, kNever).has_value());
        int answered = 0;
        with_task_group(runtime.tasks(), "callers", [&](TaskGroup& group) {
            for (int i = 0; i < 50; ++i) {
                group.spawn("caller", [&, i] {
                    const EchoResult result = ask(client, runtime, std::to_string(i));
                    if (result && result->host == std::to_string(i)) ++answered;
                });
            }
            while (answered < 50) runtime.clock().sleep_for(10ms);
        });
        REQUIRE(answered == 50);
    });
}

TEST_CASE("a call whose deadline comes gives timed_out, and the connection serves the next") {
    RpcWorld world([](Runtime& runtime, const Request& request, Reply reply) {
        if (request.correlation_id == 0) runtime.clock().sleep_for(20s);
        answer_echo(request, std::move(reply));
    });
    world.as_client([](Runtime& runtime) {
        Client client(runtime, {});
        REQUIRE(client.connect(kServer, kNever).has_value());
        REQUIRE(ask(client, runtime, "slow").error() == IoError::timed_out);
        REQUIRE(client.is_connected());
        REQUIRE(ask(client, runtime, "fast", 60s)->host == "fast");
    });
}

TEST_CASE("when the connection dies every call fails, and connect() starts afresh") {
    RpcWorld world([](Runtime& runtime, const Request& request, Reply reply) {
        runtime.clock().sleep_for(5s);
        answer_echo(request, std::move(reply));
    });
    world.as_client([&](Runtime& runtime) {
        Client client(runtime, {});
        REQUIRE(client.connect(kServer, kNever).has_value());
        world.world.scheduler().call_at(
            world.world.now() + 2s, [&world] { world.world.network().reset("c1", "n1", false); });
        REQUIRE(ask(client, runtime, "lost").error() == IoError::connection_reset);
        REQUIRE(!client.is_connected());
        REQUIRE(!ask(client, runtime, "still lost").has_value());
        REQUIRE(client.connect(kServer, kNever).has_value());
        REQUIRE(ask(client, runtime, "again")->host == "again");
    });
}

TEST_CASE("a request without an answer goes out in order with the others") {
    std::vector<std::int32_t> seen;
    RpcWorld world([&](Runtime&, const Request& request, Reply reply) {
        seen.push_back(request.correlation_id);
        if (request.correlation_id == 0) {
            reply.none();
        } else {
            answer_echo(request, std::move(reply));
        }
    });
    world.as_client([](Runtime& runtime) {
        Client client(runtime, {});
        REQUIRE(client.connect(kServer, kNever).has_value());
        REQUIRE(client.send(echo_request("quiet"), 1, kNever).has_value());
        REQUIRE(ask(client, runtime, "loud")->host == "loud");
    });
    REQUIRE(seen == std::vector<std::int32_t>{0, 1});
}

TEST_CASE("an answer with another correlation id is malformed") {
    REQUIRE(ask_raw([](std::int32_t id) { return echo_response(id); }).has_value());
    REQUIRE(ask_raw([](std::int32_t id) { return echo_response(id + 1); }).error() ==
            IoError::malformed);
}

TEST_CASE("an answer of impossible size is malformed") {
    const auto sized = [](std::int32_t size) {
        return ask_raw([=](std::int32_t) {
            ByteBuffer frame;
            protocol::Writer(frame).integer(size);
            return std::move(frame).freeze();
        });
    };
    REQUIRE(sized(-1).error() == IoError::malformed);
    REQUIRE(sized(0x7fffffff).error() == IoError::malformed);
    REQUIRE(sized(2).error() == IoError::timed_out);
}

TEST_CASE("an answer that does not decode is malformed") {
    const auto result = ask_raw([](std::int32_t id) {
        ByteBuffer frame;
        protocol::Writer writer(frame);
        writer.integer(std::int32_t{6});
        writer.integer(id);
        writer.integer(std::int16_t{0});
        return std::move(frame).freeze();
    });
    REQUIRE(result.error() == IoError::malformed);
}

TEST_CASE("asking for versions falls back to version 0 when the peer is older") {
    RpcWorld world([](Runtime&, const Request& request, Reply reply) {
        protocol::ApiVersionsResponse response;
        response.api_keys.push_back({.api_key = 18, .max_version = 0});
        if (request.version > 0) {
            response.error_code = protocol::ErrorCode::unsupported_version;
            reply.send_in_version(response, 0);
        } else {
            reply.send(response);
        }
    });
    world.as_client([](Runtime& runtime) {
        Client client(runtime, {});
        REQUIRE(client.connect(kServer, kNever).has_value());
        const auto versions = client.api_versions(kNever);
        REQUIRE(versions.has_value());
        REQUIRE(versions->error_code == protocol::ErrorCode::none);
        REQUIRE(versions->api_keys.size() == 1);
    });
}
