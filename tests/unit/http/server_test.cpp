// The HTTP server on a machine of a simulated world: who is slow, long-winded or many does not keep
// the others from their answer.
#include "broker/http/server.h"

#include <memory>
#include <vector>

#include "sim/simulated/world.h"
#include "tests/support/catch.h"
#include "tests/support/function_program.h"

using namespace gregor;
using namespace gregor::http;

namespace {

const Endpoint kServer{"n1", 9404};

/// A server that answers with the path; kept for as long as the machine runs.
class ServerProgram final : public simulated::Program {
public:
    ServerProgram(Runtime& runtime, const ServerOptions& options)
        : stop_(runtime.scheduler()), server_(runtime, options, [](const Request& request) {
              return Response{.body = request.path};
          }) {}
    void run() override {
        CHECK(server_.listen(kServer).has_value());
        server_.start();
        stop_.wait();
        server_.shut_down();
    }
    void request_stop() override { stop_.set(); }

private:
    Event stop_;
    Server server_;
};

/// Such a server, and clients.
class HttpWorld {
public:
    explicit HttpWorld(ServerOptions options = {}) {
        world_.add_machine("n1", {}).start([options](Runtime& runtime) {
            return std::make_unique<ServerProgram>(runtime, options);
        });
    }
    ~HttpWorld() { world_.shut_down(); }

    void as_client(const std::function<void(Runtime&)>& body) {
        simulated::run_client(world_, "c", [&](Runtime& runtime) {
            runtime.clock().sleep_for(1s);  // the server listens
            body(runtime);
        });
    }

private:
    simulated::World world_{1, {}};
};

std::unique_ptr<Connection> connect(Runtime& runtime) {
    auto connection = runtime.network().connect(kServer);
    CHECK(connection.has_value());
    return *std::move(connection);
}

void send(Connection& connection, std::string_view text) {
    REQUIRE(connection.write(Bytes::copy_of(text)).has_value());
}

/// All that comes until the server closes.
std::string receive(Connection& connection) {
    ByteBuffer buffer;
    while (connection.read(buffer, 1, 1000)) {
    }
    return {reinterpret_cast<const char*>(buffer.data()), buffer.size()};
}

std::string ask(Runtime& runtime, std::string_view request) {
    const auto connection = connect(runtime);
    send(*connection, request);
    return receive(*connection);
}

constexpr std::string_view kGet = "GET /metrics HTTP/1.1\r\nHost: n1\r\n\r\n";

}  // namespace

TEST_CASE("an answer is whole, says how long it is, and ends the connection") {
    HttpWorld world;
    world.as_client([](Runtime& runtime) {
        REQUIRE(ask(runtime, kGet) ==
                "HTTP/1.1 200 OK\r\n"
                "Content-Type: text/plain; charset=utf-8\r\n"
                "Content-Length: 8\r\n"
                "Connection: close\r\n\r\n"
                "/metrics");
        REQUIRE(ask(runtime, "POST /metrics HTTP/1.1\r\nHost: n1\r\n\r\n")
                    .starts_with("HTTP/1.1 405 Method Not Allowed\r\n"));
        REQUIRE(ask(runtime, "POST / HTTP/1.1\r\n\r\n").contains("\r\nAllow: GET\r\n"));
        REQUIRE(ask(runtime, "\r\n\r\n").starts_with("HTTP/1.1 400 Bad Request\r\n"));
    });
}

TEST_CASE("a head that comes byte by byte is read") {
    HttpWorld world;
    world.as_client([](Runtime& runtime) {
        const auto connection = connect(runtime);
        for (const char c : kGet) {
            send(*connection, {&c, 1});
            runtime.clock().sleep_for(10ms);
        }
        REQUIRE(receive(*connection).starts_with("HTTP/1.1 200 OK\r\n"));
    });
}

TEST_CASE("a head without an end is refused at its limit, one that never comes after its time") {
    HttpWorld world;
    world.as_client([](Runtime& runtime) {
        std::string long_winded = "GET / HTTP/1.1\r\nX: ";
        long_winded.resize(ServerOptions().max_head_bytes, 'x');
        REQUIRE(ask(runtime, long_winded).starts_with("HTTP/1.1 431 "));
        const Instant began = runtime.clock().now();
        REQUIRE(ask(runtime, "GET / HTTP/1.1\r\n").starts_with("HTTP/1.1 408 "));
        REQUIRE(runtime.clock().now() - began >= ServerOptions().read_timeout);
    });
}

TEST_CASE("silent connections hold all places only until their time is over") {
    HttpWorld world({.max_connections = 2});
    world.as_client([](Runtime& runtime) {
        std::vector<std::unique_ptr<Connection>> silent;
        for (int i = 0; i < 2; ++i) silent.push_back(connect(runtime));
        const Instant began = runtime.clock().now();
        REQUIRE(ask(runtime, kGet).starts_with("HTTP/1.1 200 OK\r\n"));
        const Duration waited = runtime.clock().now() - began;
        REQUIRE(waited < 2 * ServerOptions().read_timeout);
    });
}

TEST_CASE("a client that takes no answer is let go") {
    HttpWorld world({.max_connections = 1});
    world.as_client([](Runtime& runtime) {
        for (int i = 0; i < 3; ++i) {
            const auto gone = connect(runtime);
            send(*gone, kGet);
            gone->close();
        }
        REQUIRE(ask(runtime, kGet).starts_with("HTTP/1.1 200 OK\r\n"));
    });
}
