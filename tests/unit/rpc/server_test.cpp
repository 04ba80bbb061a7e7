// The server end on raw connections: frames cut anywhere, answers out of order, bad and oversized
// frames.
#include <algorithm>

#include "tests/support/catch.h"
#include "tests/unit/rpc/rpc_world.h"

using namespace gregor;
using namespace gregor::rpc;
using namespace gregor::rpc::test;

namespace {

void echo(Runtime&, const Request& request, Reply reply) { answer_echo(request, std::move(reply)); }

std::unique_ptr<Connection> connect(Runtime& runtime) {
    auto connection = runtime.network().connect(kServer);
    CHECK(connection.has_value());
    return *std::move(connection);
}

/// Whether the server closes without a further byte.
bool is_closed(Connection& connection) {
    ByteBuffer buffer;
    return !connection.read(buffer, 1, 1) && buffer.empty();
}

Bytes concatenated(const std::vector<Bytes>& parts) {
    ByteBuffer all;
    for (const Bytes& part : parts) all.append(part);
    return std::move(all).freeze();
}

}  // namespace

TEST_CASE("a request cut at any byte is answered once its rest has come") {
    RpcWorld world(echo);
    world.as_client([](Runtime& runtime) {
        const Bytes frame = echo_frame(7, "cut");
        for (std::size_t cut = 1; cut < frame.size(); ++cut) {
            const auto connection = connect(runtime);
            REQUIRE(connection->write(frame.slice(0, cut)).has_value());
            runtime.clock().sleep_for(50ms);
            REQUIRE(connection->write(frame.suffix(cut)).has_value());
            const auto answer = read_echo(*connection);
            REQUIRE(answer.has_value());
            REQUIRE(answer->correlation_id == 7);
            REQUIRE(answer->text == "cut");
        }
    });
}

TEST_CASE("two requests and a half in one write: two answers, and the third when it is whole") {
    RpcWorld world(echo);
    world.as_client([](Runtime& runtime) {
        const Bytes all =
            concatenated({echo_frame(1, "a"), echo_frame(2, "bb"), echo_frame(3, "c")});
        const std::size_t third = all.size() - 5;
        const auto connection = connect(runtime);
        REQUIRE(connection->write(all.slice(0, third)).has_value());
        REQUIRE(read_echo(*connection)->text == "a");
        REQUIRE(read_echo(*connection)->text == "bb");
        REQUIRE(connection->write(all.suffix(third)).has_value());
        REQUIRE(read_echo(*connection)->text == "c");
    });
}

TEST_CASE(
    "answers leave in the order of their requests, whatever the order in which they are given") {
    std::vector<Reply> kept;
    std::vector<Request> requests;
    RpcWorld world([&](Runtime& runtime, const Request& request, Reply reply) {
        kept.push_back(std::move(reply));
        requests.push_back(request);
        if (kept.size() < 20) return;
        // The last first, each from a fiber of its own.
        for (std::size_t i = kept.size(); i-- > 0;) {
            runtime.tasks().spawn("answer", [&runtime, &kept, &requests, i] {
                runtime.clock().sleep_for(Duration(10ms) * (20 - static_cast<int>(i)));
                answer_echo(requests[i], std::move(kept[i]));
            });
        }
    });
    world.as_client([](Runtime& runtime) {
        const auto connection = connect(runtime);
        for (int i = 0; i < 20; ++i) {
            REQUIRE(connection->write(echo_frame(i, "r" + std::to_string(i))).has_value());
        }
        for (int i = 0; i < 20; ++i) {
            const auto answer = read_echo(*connection);
            REQUIRE(answer->correlation_id == i);
            REQUIRE(answer->text == "r" + std::to_string(i));
        }
    });
}

TEST_CASE("an answer given while the next request's handler waits leaves at once") {
    RpcWorld world([](Runtime& runtime, const Request& request, Reply reply) {
        if (request.correlation_id == 2) runtime.clock().sleep_for(60s);
        answer_echo(request, std::move(reply));
    });
    world.as_client([](Runtime& runtime) {
        const auto connection = connect(runtime);
        REQUIRE(
            connection->write(concatenated({echo_frame(1, "a"), echo_frame(2, "b")})).has_value());
        const Instant sent = runtime.clock().now();
        REQUIRE(read_echo(*connection)->correlation_id == 1);
        REQUIRE(runtime.clock().now() - sent < 5s);
        REQUIRE(read_echo(*connection)->correlation_id == 2);
        REQUIRE(runtime.clock().now() - sent >= 60s);
    });
}

TEST_CASE("a handler that waits holds back the next request of its connection only") {
    int running = 0;
    int most = 0;
    RpcWorld world([&](Runtime& runtime, const Request& request, Reply reply) {
        if (request.client.host == "c1") most = std::max(most, ++running);
        runtime.clock().sleep_for(1s);
        if (request.client.host == "c1") --running;
        answer_echo(request, std::move(reply));
    });
    world.as_client([&](Runtime& runtime) {
        const auto connection = connect(runtime);
        std::vector<Bytes> frames;
        for (int i = 0; i < 5; ++i) frames.push_back(echo_frame(i, "x"));
        REQUIRE(connection->write(concatenated(frames)).has_value());
        for (int i = 0; i < 5; ++i) REQUIRE(read_echo(*connection)->correlation_id == i);
    });
    REQUIRE(most == 1);
}

TEST_CASE("what is behind the limit of requests in flight is read when answers have left") {
    std::vector<std::pair<Request, Reply>> kept;
    RpcWorld world([&](Runtime&, const Request& request,
                       Reply reply) { kept.emplace_back(request, std::move(reply)); },
                   {.max_in_flight = 4});
    world.as_client([&](Runtime& runtime) {
        const auto connection = connect(runtime);
        std::vector<Bytes> frames;
        for (int i = 0; i < 10; ++i) frames.push_back(echo_frame(i, "x"));
        REQUIRE(connection->write(concatenated(frames)).has_value());
        for (int i = 0; i < 10; ++i) {
            runtime.clock().sleep_for(1s);
            REQUIRE(kept.size() == std::min<std::size_t>(10, static_cast<std::size_t>(i) + 4));
            auto& [request, reply] = kept[static_cast<std::size_t>(i)];
            answer_echo(request, std::move(reply));
            REQUIRE(read_echo(*connection)->correlation_id == i);
        }
    });
}

TEST_CASE("a frame of negative or excessive size closes the connection, and costs no memory") {
    RpcWorld world(echo, {.max_request_bytes = 1000});
    world.as_client([](Runtime& runtime) {
        const std::uint8_t sizes[][4] = {{0xff, 0xff, 0xff, 0xff},
                                         {0x80, 0, 0, 0},
                                         {0x7f, 0xff, 0xff, 0xff},
                                         {0, 0, 0x03, 0xe9}};
        for (const auto& size : sizes) {
            const auto connection = connect(runtime);
            REQUIRE(connection->write(Bytes::copy_of(ByteSpan(size))).has_value());
            REQUIRE(is_closed(*connection));
        }
    });
}

TEST_CASE("what was asked before a bad frame is still answered before the connection closes") {
    RpcWorld world([](Runtime& runtime, const Request& request, Reply reply) {
        runtime.tasks().spawn("later", [&runtime, request, reply = std::move(reply)]() mutable {
            runtime.clock().sleep_for(1s);
            answer_echo(request, std::move(reply));
        });
    });
    world.as_client([](Runtime& runtime) {
        const auto connection = connect(runtime);
        const std::uint8_t bad[] = {0, 0, 0, 3, 0, 3, 0};
        REQUIRE(
            connection->write(concatenated({echo_frame(1, "last"), Bytes::copy_of(ByteSpan(bad))}))
                .has_value());
        REQUIRE(read_echo(*connection)->text == "last");
        REQUIRE(is_closed(*connection));
    });
}

TEST_CASE("an unknown API closes the connection without reaching the handler") {
    int handled = 0;
    RpcWorld world([&](Runtime&, const Request& request, Reply reply) {
        ++handled;
        answer_echo(request, std::move(reply));
    });
    world.as_client([](Runtime& runtime) {
        const auto connection = connect(runtime);
        const std::uint8_t frame[] = {0, 0, 0, 10, 0x01, 0xf4, 0, 0, 0, 0, 0, 1, 0xff, 0xff};
        REQUIRE(connection->write(Bytes::copy_of(ByteSpan(frame))).has_value());
        REQUIRE(is_closed(*connection));
    });
    REQUIRE(handled == 0);
}

TEST_CASE("a request without an answer does not hold up the ones behind it") {
    RpcWorld world([](Runtime&, const Request& request, Reply reply) {
        if (request.correlation_id % 2 == 0) {
            reply.none();
        } else {
            answer_echo(request, std::move(reply));
        }
    });
    world.as_client([](Runtime& runtime) {
        const auto connection = connect(runtime);
        for (int i = 0; i < 6; ++i) REQUIRE(connection->write(echo_frame(i, "x")).has_value());
        for (int i = 1; i < 6; i += 2) REQUIRE(read_echo(*connection)->correlation_id == i);
    });
}

TEST_CASE(
    "a reply that is dropped unanswered closes the connection after what was answered before") {
    RpcWorld world([](Runtime&, const Request& request, Reply reply) {
        if (request.correlation_id < 2) answer_echo(request, std::move(reply));
    });
    world.as_client([](Runtime& runtime) {
        const auto connection = connect(runtime);
        // In one write: what arrives after the close would reset the stream and lose the answers.
        REQUIRE(
            connection
                ->write(concatenated({echo_frame(0, "x"), echo_frame(1, "x"), echo_frame(2, "x")}))
                .has_value());
        REQUIRE(read_echo(*connection)->correlation_id == 0);
        REQUIRE(read_echo(*connection)->correlation_id == 1);
        REQUIRE(is_closed(*connection));
    });
}

TEST_CASE("an answer for a client that has gone is dropped, and its reply knows") {
    std::optional<Reply> kept;
    RpcWorld world([&](Runtime&, const Request&, Reply reply) { kept = std::move(reply); });
    world.as_client([&](Runtime& runtime) {
        const auto connection = connect(runtime);
        REQUIRE(connection->write(echo_frame(1, "x")).has_value());
        runtime.clock().sleep_for(1s);
        REQUIRE(kept.has_value());
        REQUIRE(!kept->is_connection_dead());
        connection->close();
        runtime.clock().sleep_for(1s);
        REQUIRE(kept->is_connection_dead());
        kept->send(protocol::FindCoordinatorResponse{});
    });
    REQUIRE(world.server().connections() == 0);
}

TEST_CASE("a reply outlives its server") {
    std::optional<Reply> kept;
    {
        RpcWorld world([&](Runtime&, const Request&, Reply reply) { kept = std::move(reply); });
        world.as_client([](Runtime& runtime) {
            const auto connection = connect(runtime);
            REQUIRE(connection->write(echo_frame(1, "x")).has_value());
            runtime.clock().sleep_for(1s);
        });
    }
    REQUIRE(kept->is_connection_dead());
    kept->close_connection();
}

TEST_CASE("a connection without requests is closed when it has been idle for too long") {
    RpcWorld world(echo, {.max_idle = 30s});
    world.as_client([](Runtime& runtime) {
        const auto connection = connect(runtime);
        const Instant begin = runtime.clock().now();
        REQUIRE(is_closed(*connection));
        REQUIRE(runtime.clock().now() - begin >= 30s);
        REQUIRE(runtime.clock().now() - begin < 35s);
    });
}

TEST_CASE("half a request does not keep a connection for ever") {
    RpcWorld world(echo, {.max_idle = 30s});
    world.as_client([](Runtime& runtime) {
        const auto connection = connect(runtime);
        REQUIRE(connection->write(echo_frame(1, "x").slice(0, 9)).has_value());
        REQUIRE(is_closed(*connection));
    });
}

TEST_CASE("a connection that is owed an answer is not idle") {
    RpcWorld world(
        [](Runtime& runtime, const Request& request, Reply reply) {
            runtime.tasks().spawn("later", [&runtime, request, reply = std::move(reply)]() mutable {
                runtime.clock().sleep_for(300s);
                answer_echo(request, std::move(reply));
            });
        },
        {.max_idle = 30s});
    world.as_client([](Runtime& runtime) {
        const auto connection = connect(runtime);
        REQUIRE(connection->write(echo_frame(1, "patience")).has_value());
        REQUIRE(read_echo(*connection)->text == "patience");
    });
}

TEST_CASE("a request larger than any window arrives whole") {
    RpcWorld world(echo);
    world.as_client([](Runtime& runtime) {
        const auto connection = connect(runtime);
        // Beyond FindCoordinator's own 32 KiB strings: the rest is trailing bytes.
        ByteBuffer frame;
        const Bytes small = echo_frame(1, "large");
        frame.append(small);
        frame.resize(3 * 1024 * 1024);
        const auto size = static_cast<std::int32_t>(frame.size() - 4);
        protocol::detail::store_big_endian(frame.data(), size);
        REQUIRE(connection->write(std::move(frame).freeze()).has_value());
        REQUIRE(read_echo(*connection)->text == "large");
    });
}

TEST_CASE("at a shutdown what is owed is answered, idle connections close, new ones are refused") {
    RpcWorld world([](Runtime& runtime, const Request& request, Reply reply) {
        runtime.tasks().spawn("later", [&runtime, request, reply = std::move(reply)]() mutable {
            runtime.clock().sleep_for(5s);
            answer_echo(request, std::move(reply));
        });
    });
    bool stopped = false;
    world.as_client([&](Runtime& runtime) {
        const auto idle = connect(runtime);
        const auto busy = connect(runtime);
        REQUIRE(busy->write(echo_frame(1, "owed")).has_value());
        runtime.clock().sleep_for(1s);
        world.world.machine("n1").stop([&] { stopped = true; });
        REQUIRE(is_closed(*idle));
        REQUIRE(!runtime.network().connect(kServer).has_value());
        REQUIRE(!stopped);
        REQUIRE(read_echo(*busy)->text == "owed");
        REQUIRE(is_closed(*busy));
        runtime.clock().sleep_for(1s);
    });
    REQUIRE(stopped);
}

TEST_CASE("connections beyond the limit wait until a place is free") {
    RpcWorld world(echo, {.max_connections = 2});
    world.as_client([](Runtime& runtime) {
        auto first = connect(runtime);
        const auto second = connect(runtime);
        const auto third = connect(runtime);
        REQUIRE(third->write(echo_frame(3, "third")).has_value());
        REQUIRE(second->write(echo_frame(2, "second")).has_value());
        REQUIRE(read_echo(*second)->text == "second");
        ByteBuffer nothing;
        REQUIRE(third->read(nothing, 1, 1, runtime.clock().now() + 5s).error() ==
                IoError::timed_out);
        first->close();
        REQUIRE(read_echo(*third)->text == "third");
    });
}

TEST_CASE("a thousand connections are served at once, and the same seed gives the same digest") {
    const auto run = [](std::uint64_t seed) {
        RpcWorld world(echo, {}, seed);
        world.as_client([](Runtime& runtime) {
            std::vector<std::unique_ptr<Connection>> connections;
            for (int i = 0; i < 1000; ++i) {
                connections.push_back(connect(runtime));
                REQUIRE(connections.back()->write(echo_frame(i, std::to_string(i))).has_value());
            }
            for (int i = 0; i < 1000; ++i) {
                REQUIRE(read_echo(*connections[static_cast<std::size_t>(i)])->text ==
                        std::to_string(i));
            }
        });
        return world.world.digest();
    };
    REQUIRE(run(5) == run(5));
}
