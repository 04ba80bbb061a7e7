// Server: answers GET, one request a connection, each of which is closed behind its answer.
//
//     Server server(runtime, {}, [&](const Request& request) { return Response{…}; });
//     Endpoint bound = TRY(server.listen({"127.0.0.1", 0}));
//     server.start();
//     …
//     server.shut_down();
//
// It stands beside a broker that has better things to do, and trusts nobody. So all is limited:
// connections (others wait in the backlog), bytes of a head, the time to send one and the time to
// take the answer. What is no request gets its status and the connection's end.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "broker/http/request.h"
#include "sim/runtime/runtime.h"
#include "sim/runtime/sync.h"

namespace gregor::http {

struct Response {
    Status status = Status::ok;
    std::string_view content_type = "text/plain; charset=utf-8";  // a literal
    std::string body;
};

struct ServerOptions {
    std::int64_t max_connections = 16;
    std::size_t max_head_bytes = 8192;
    /// From the connection's start to the last byte of the head.
    Duration read_timeout = 5s;
    Duration write_timeout = 10s;
};

/// Called on the connection's fiber.
using Handler = std::function<Response(const Request&)>;

class Server {
public:
    Server(Runtime& runtime, ServerOptions options, Handler handler);
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    /// Once. Connections wait in the backlog until start(). Returns the bound address.
    [[nodiscard]] Result<Endpoint, IoError> listen(const Endpoint& endpoint);
    void start();
    /// Closes the listener and every connection. From a fiber.
    void shut_down();

private:
    void accept_all();
    void serve(Connection& connection);
    /// Or what is wrong with it.
    [[nodiscard]] Result<Request, Status> read_request(Connection& connection);

    Runtime& runtime_;
    ServerOptions options_;
    Handler handler_;
    std::unique_ptr<Listener> listener_;
    Semaphore free_places_;
    TaskGroup tasks_;
};

}  // namespace gregor::http
