// A server on one machine of a simulated world and whoever talks to it on another.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "broker/protocol/messages/api_versions.h"
#include "broker/protocol/messages/group_membership.h"
#include "broker/rpc/client.h"
#include "broker/rpc/server.h"
#include "sim/simulated/world.h"
#include "tests/support/function_program.h"

namespace gregor::rpc::test {

inline const Endpoint kServer{"n1", 9092};

/// A server whose handler the test gives; kept for as long as the machine runs.
class ServerProgram final : public simulated::Program {
public:
    using Handler = std::function<void(Runtime&, const Request&, Reply)>;

    ServerProgram(Runtime& runtime, const ServerOptions& options, Handler handler)
        : stop_(runtime.scheduler()),
          server_(runtime, options, [&runtime, handler](const Request& request, Reply reply) {
              handler(runtime, request, std::move(reply));
          }) {}
    void run() override {
        CHECK(server_.listen("PLAINTEXT", kServer).has_value());
        server_.start("PLAINTEXT");
        stop_.wait();
        server_.shut_down(kNever);
    }
    void request_stop() override { stop_.set(); }
    [[nodiscard]] Server& server() { return server_; }

private:
    Event stop_;
    Server server_;
};

/// Answers an InitProducerId-free echo: FindCoordinator's key comes back as the host.
inline void answer_echo(const Request& request, Reply reply) {
    auto asked = protocol::decode<protocol::FindCoordinatorRequest>(request.body, request.version);
    if (!asked) {
        reply.close_connection();
        return;
    }
    protocol::FindCoordinatorResponse response;
    response.host = asked->key;
    reply.send(response);
}

inline protocol::FindCoordinatorRequest echo_request(const std::string& key) {
    protocol::FindCoordinatorRequest request;
    request.key = key;
    return request;
}

/// The whole frame of one.
inline Bytes echo_frame(std::int32_t correlation_id, const std::string& key) {
    protocol::RequestHeader header;
    header.request_api_key = protocol::ApiKey::find_coordinator;
    header.request_api_version = 1;
    header.correlation_id = correlation_id;
    header.client_id = "test";
    return protocol::encode_request_frame(header, echo_request(key));
}

struct RpcWorld {
    explicit RpcWorld(ServerProgram::Handler handler, ServerOptions options = {},
                      std::uint64_t seed = 1)
        : world(seed, {}) {
        world.add_machine("n1", {}).start([=](Runtime& runtime) {
            return std::make_unique<ServerProgram>(runtime, options, handler);
        });
    }
    ~RpcWorld() { world.shut_down(); }

    /// Runs `body` on a machine of its own and returns when it has ended.
    void as_client(const std::function<void(Runtime&)>& body) {
        simulated::run_client(world, "c" + std::to_string(++clients), body);
    }
    [[nodiscard]] Server& server() {
        return static_cast<ServerProgram*>(world.machine("n1").program())->server();
    }

    simulated::World world;
    int clients = 0;
};

/// The next answer on a raw connection: correlation id and the echoed text. Nothing at its end.
struct EchoAnswer {
    std::int32_t correlation_id = 0;
    std::string text;
};
inline std::optional<EchoAnswer> read_echo(Connection& connection) {
    ByteBuffer buffer;
    if (!connection.read(buffer, 4, 4)) return std::nullopt;
    const auto size =
        static_cast<std::size_t>(protocol::detail::load_big_endian<std::int32_t>(buffer.data()));
    buffer.clear();
    if (!connection.read(buffer, size, size)) return std::nullopt;
    const auto frame = protocol::decode_response_frame(std::move(buffer).freeze(),
                                                       protocol::ApiKey::find_coordinator, 1);
    CHECK(frame.has_value());
    const auto response = protocol::decode<protocol::FindCoordinatorResponse>(frame->body, 1);
    CHECK(response.has_value());
    return EchoAnswer{frame->header.correlation_id, response->host};
}

}  // namespace gregor::rpc::test
