#include "broker/http/server.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "sim/base/check.h"

namespace gregor::http {
namespace {

/// How long to wait before accepting again after the machine had no file descriptor left.
constexpr Duration kAcceptRetry = 100ms;
constexpr std::string_view kHeadEnd = "\r\n\r\n";

std::string_view text_of(ByteBuffer& buffer) {
    return {reinterpret_cast<const char*>(buffer.data()), buffer.size()};
}

Response refusal(Status status) {
    return {.status = status, .body = fmt::format("{}\n", reason(status))};
}

std::string head_of(const Response& response) {
    return fmt::format(
        "HTTP/1.1 {} {}\r\n"
        "Content-Type: {}\r\n"
        "Content-Length: {}\r\n"
        "{}"
        "Connection: close\r\n\r\n",
        static_cast<int>(response.status), reason(response.status), response.content_type,
        response.body.size(),
        response.status == Status::method_not_allowed ? "Allow: GET\r\n" : "");
}

}  // namespace

Server::Server(Runtime& runtime, ServerOptions options, Handler handler)
    : runtime_(runtime),
      options_(options),
      handler_(std::move(handler)),
      free_places_(runtime.scheduler(), options.max_connections),
      tasks_(runtime.tasks(), "http server") {
    CHECK(options_.max_connections > 0);
}

Result<Endpoint, IoError> Server::listen(const Endpoint& endpoint) {
    CHECK(listener_ == nullptr);
    listener_ = TRY(runtime_.network().listen(endpoint));
    return listener_->local();
}

void Server::start() {
    CHECK(listener_ != nullptr);
    tasks_.spawn("http accept", [this] { accept_all(); });
}

void Server::shut_down() {
    if (listener_ != nullptr) listener_->close();
    tasks_.cancel();
    tasks_.join();
}

void Server::accept_all() {
    for (;;) {
        free_places_.acquire();
        auto accepted = listener_->accept();
        if (accepted) {
            tasks_.spawn("http connection", [this, connection = *std::move(accepted)] {
                struct AtEnd {
                    Semaphore& places;
                    ~AtEnd() { places.release(); }
                } at_end{free_places_};
                serve(*connection);
            });
            continue;
        }
        free_places_.release();
        if (accepted.error() == IoError::closed) return;
        runtime_.clock().sleep_for(kAcceptRetry);
    }
}

void Server::serve(Connection& connection) {
    const Result<Request, Status> request = read_request(connection);
    const Response response = request ? handler_(*request) : refusal(request.error());
    const std::array<Piece, 2> pieces = {Bytes::copy_of(head_of(response)),
                                         Bytes::copy_of(response.body)};
    const Instant deadline = deadline_after(runtime_.clock().now(), options_.write_timeout);
    // Whoever asked may have gone.
    static_cast<void>(connection.write(pieces, deadline));
    connection.close();
}

Result<Request, Status> Server::read_request(Connection& connection) {
    const Instant deadline = deadline_after(runtime_.clock().now(), options_.read_timeout);
    ByteBuffer buffer;
    while (!text_of(buffer).contains(kHeadEnd)) {
        if (buffer.size() >= options_.max_head_bytes) return fail(Status::header_fields_too_large);
        const auto read =
            connection.read(buffer, 1, options_.max_head_bytes - buffer.size(), deadline);
        if (read) continue;
        return fail(read.error() == IoError::timed_out ? Status::request_timeout
                                                       : Status::bad_request);
    }
    return parse_request(text_of(buffer));
}

}  // namespace gregor::http
