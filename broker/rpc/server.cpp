#include "broker/rpc/server.h"

#include <algorithm>

#include "broker/rpc/server_connection.h"
#include "sim/base/check.h"

namespace gregor::rpc {
namespace {

/// How long to wait before accepting again after the machine had no file descriptor left.
constexpr Duration kAcceptRetry = 100ms;

}  // namespace

Server::Server(Runtime& runtime, ServerOptions options, RequestHandler handler)
    : runtime_(runtime),
      options_(options),
      handler_(std::move(handler)),
      free_places_(runtime.scheduler(), options.max_connections),
      ended_(runtime.scheduler()),
      tasks_(runtime.tasks(), "rpc server") {
    CHECK(options_.max_in_flight > 0);
    CHECK(options_.max_connections > 0);
}

Server::~Server() = default;

Result<Endpoint, IoError> Server::listen(std::string name, const Endpoint& endpoint) {
    auto listener = TRY(runtime_.network().listen(endpoint));
    const Endpoint bound = listener->local();
    runtime_.trace().event("listener_opened", "name={} at={}", name, to_string(bound));
    listeners_.push_back(
        std::make_unique<Listening>(Listening{std::move(name), std::move(listener)}));
    return bound;
}

void Server::start(std::string_view name) {
    const auto found =
        std::ranges::find(listeners_, name, [](const auto& each) -> auto& { return each->name; });
    CHECK(found != listeners_.end(), "no listener {}", name);
    tasks_.spawn("rpc accept", [this, &listening = **found] { accept_from(listening); });
}

void Server::accept_from(Listening& listening) {
    while (!stopping_) {
        free_places_.acquire();
        auto accepted = listening.listener->accept();
        if (accepted) {
            serve(listening, *std::move(accepted));
            continue;
        }
        free_places_.release();
        if (accepted.error() == IoError::closed) return;
        runtime_.trace().event("accept_failed", "listener={} error={}", listening.name,
                               name(accepted.error()));
        runtime_.clock().sleep_for(kAcceptRetry);
    }
}

void Server::serve(Listening& listening, std::unique_ptr<Connection> accepted) {
    const std::uint64_t id = next_connection_++;
    auto connection =
        std::make_shared<ServerConnection>(*this, listening.name, std::move(accepted));
    connections_[id] = connection.get();
    tasks_.spawn("rpc connection", [this, id, connection = std::move(connection)] {
        struct AtEnd {
            Server& server;
            std::uint64_t id;
            ~AtEnd() {
                server.connections_.erase(id);
                server.free_places_.release();
                server.ended_.notify_all();
            }
        } at_end{*this, id};
        connection->serve();
    });
}

void Server::stop_accepting() {
    stopping_ = true;
    for (const auto& listening : listeners_) listening->listener->close();
}

void Server::shut_down(Instant deadline) {
    stop_accepting();
    for (const auto& [id, connection] : connections_) connection->stop_reading();
    while (!connections_.empty() && ended_.wait(deadline)) {
    }
    tasks_.cancel();
    tasks_.join();
}

}  // namespace gregor::rpc
