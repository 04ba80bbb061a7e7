// Server: the listening end. It owns the listeners and the connections; requests go to one handler.
//
//     Server server(runtime, options, [&](const Request& request, Reply reply) { … });
//     Endpoint bound = TRY(server.listen("PLAINTEXT", {"127.0.0.1", 0}));
//     server.start("PLAINTEXT");
//     …
//     server.stop_accepting();
//     server.shut_down(deadline);
//
// One fiber for each connection (see server_connection.h). Limits: connections, bytes of a request,
// requests of one connection in flight, time without a request. Frames that make no sense close
// their connection and touch nothing else.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "broker/metrics/request_metrics.h"
#include "broker/rpc/reply.h"
#include "broker/rpc/request.h"
#include "sim/runtime/runtime.h"
#include "sim/runtime/sync.h"

namespace gregor::rpc {

class ServerConnection;

struct ServerOptions {
    /// Kafka's socket.request.max.bytes: a larger frame closes its connection.
    std::int32_t max_request_bytes = 100 * 1024 * 1024;
    /// Kafka's connections.max.idle.ms; of a connection that waits for no answer.
    Duration max_idle = 10min;
    /// Kafka's max.connections: further ones wait in the listener's backlog.
    std::int64_t max_connections = 100'000;
    /// Requests of one connection whose answers have not been handed to the network; when so many
    /// are open, its next request is not read.
    std::size_t max_in_flight = 256;
};

/// Called on the connection's fiber; may wait. When it returns, the connection's next request
/// starts.
using RequestHandler = std::function<void(const Request&, Reply)>;

class Server {
public:
    Server(Runtime& runtime, ServerOptions options, RequestHandler handler);
    /// Its fibers have ended: the node's group has drained, or shut_down() returned.
    ~Server();
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    /// Binds; connections wait in the backlog until start(). Returns the bound address.
    [[nodiscard]] Result<Endpoint, IoError> listen(std::string name, const Endpoint& endpoint);
    /// Accepts on the listener of this name from now on.
    void start(std::string_view name);

    /// Closes the listeners; connections stay. Never waits.
    void stop_accepting();
    /// No further request is read; what is owed is still answered until `deadline`. Then every
    /// connection is closed. Waits until the last one has ended; implies stop_accepting().
    void shut_down(Instant deadline);

    [[nodiscard]] std::size_t connections() const { return connections_.size(); }
    [[nodiscard]] const metrics::RequestMetrics& request_metrics() const { return metrics_; }

private:
    friend class ServerConnection;

    struct Listening {
        std::string name;
        std::unique_ptr<Listener> listener;
    };

    void accept_from(Listening& listening);
    void serve(Listening& listening, std::unique_ptr<Connection> connection);

    Runtime& runtime_;
    ServerOptions options_;
    RequestHandler handler_;
    metrics::RequestMetrics metrics_;
    std::vector<std::unique_ptr<Listening>> listeners_;
    std::map<std::uint64_t, ServerConnection*> connections_;
    std::uint64_t next_connection_ = 0;
    Semaphore free_places_;
    WaitQueue ended_;
    bool stopping_ = false;
    TaskGroup tasks_;
};

}  // namespace gregor::rpc
