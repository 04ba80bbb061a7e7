// Client: the asking end. Any number of fibers may call at once; their requests go out one behind
// the other on one connection, and each gets its own answer.
//
//     Client client(runtime, {.client_id = "admin"});
//     TRY(client.connect({"n1", 9092}, deadline));
//     auto metadata = TRY(client.call<MetadataResponse>(request, 12, deadline));
//
// Answers come in the order of the requests, as Kafka promises; a correlation id that is not the
// next one is `malformed` and ends the connection. A call whose deadline comes gives `timed_out`;
// its answer is dropped when it comes. When the connection dies every call gets its error, and
// connect() may be used again.
#pragma once

#include <deque>
#include <memory>
#include <string>

#include "broker/protocol/header.h"
#include "broker/protocol/messages/api_versions.h"
#include "sim/runtime/runtime.h"
#include "sim/runtime/sync.h"

namespace gregor::rpc {

struct ClientOptions {
    std::string client_id = "gregor";
    /// A larger answer is `malformed`.
    std::int32_t max_response_bytes = 128 * 1024 * 1024;
    /// Requests without an answer yet; a further call waits.
    std::int64_t max_in_flight = 64;
};

class Client {
public:
    Client(Runtime& runtime, ClientOptions options);
    /// Closes; calls have returned or their fibers unwind.
    ~Client();
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;

    /// Closes what was open before.
    [[nodiscard]] Result<void, IoError> connect(const Endpoint& endpoint, Instant deadline);
    void close();
    [[nodiscard]] bool is_connected() const;

    /// Sends `request` in `version` and waits for its answer.
    template <protocol::Message Response, protocol::Message Request>
    [[nodiscard]] Result<Response, IoError> call(const Request& request, std::int16_t version,
                                                 Instant deadline) {
        static_assert(Request::kMessage.id == Response::kMessage.id);
        const protocol::RequestHeader header =
            next_header(protocol::ApiKey{Request::kMessage.id}, version);
        const Bytes body = TRY(exchange(header, frame_of(header, request), deadline));
        Result<Response, protocol::DecodeError> response =
            protocol::decode<Response>(body, version);
        if (response) return *std::move(response);
        close();
        return fail(IoError::malformed);
    }

    /// Sends a request that has no answer: Produce with acks=0.
    template <protocol::Message Request>
    [[nodiscard]] Result<void, IoError> send(const Request& request, std::int16_t version,
                                             Instant deadline) {
        const protocol::RequestHeader header =
            next_header(protocol::ApiKey{Request::kMessage.id}, version);
        return send_only(frame_of(header, request), deadline);
    }

    /// Asks in the newest version that we know and, when the peer does not know that, in version 0
    /// (KIP-511).
    [[nodiscard]] Result<protocol::ApiVersionsResponse, IoError> api_versions(Instant deadline);

private:
    struct Call;
    struct Session;

    [[nodiscard]] protocol::RequestHeader next_header(protocol::ApiKey key, std::int16_t version);
    /// In pieces: large records are not copied.
    template <protocol::Message Request>
    [[nodiscard]] static std::vector<protocol::Piece> frame_of(
        const protocol::RequestHeader& header, const Request& request) {
        protocol::PieceBuffer pieces(protocol::detail::begin_request(header));
        protocol::encode(request, header.request_api_version, pieces);
        protocol::detail::end_frame(pieces.buffer(), pieces.size_elsewhere());
        return std::move(pieces).freeze();
    }
    /// The body of the answer to `header`, whose whole frame is `frame`.
    [[nodiscard]] Result<Bytes, IoError> exchange(const protocol::RequestHeader& header,
                                                  std::vector<protocol::Piece> frame,
                                                  Instant deadline);
    [[nodiscard]] Result<void, IoError> send_only(std::vector<protocol::Piece> frame,
                                                  Instant deadline);

    Runtime& runtime_;
    ClientOptions options_;
    std::int32_t next_correlation_id_ = 0;
    std::shared_ptr<Session> session_;
};

}  // namespace gregor::rpc
