#include "broker/rpc/client.h"

#include <algorithm>

#include "broker/protocol/wire.h"
#include "sim/base/check.h"

namespace gregor::rpc {
namespace {

constexpr std::size_t kReadStep = 64 * 1024;
constexpr std::string_view kSoftwareName = "gregor";
constexpr std::string_view kSoftwareVersion = "0.1.0";
constexpr std::int16_t kNewestApiVersions = 4;

std::vector<Piece> to_wire(std::vector<protocol::Piece> frame) {
    std::vector<Piece> pieces;
    pieces.reserve(frame.size());
    for (protocol::Piece& piece : frame) {
        Bytes* bytes = std::get_if<Bytes>(&piece);
        CHECK(bytes != nullptr, "a request with a gap");
        pieces.emplace_back(std::move(*bytes));
    }
    return pieces;
}

}  // namespace

struct Client::Call {
    Call(Scheduler& scheduler, const protocol::RequestHeader& header)
        : done(scheduler),
          key(header.request_api_key),
          version(header.request_api_version),
          correlation_id(header.correlation_id) {}

    Event done;
    protocol::ApiKey key;
    std::int16_t version;
    std::int32_t correlation_id;
    Result<Bytes, IoError> body = fail(IoError::closed);
};

/// One connection from connect() to its end; its reader fiber keeps it.
struct Client::Session : std::enable_shared_from_this<Client::Session> {
    Session(Runtime& runtime_in, const ClientOptions& options_in,
            std::unique_ptr<Connection> connection_in)
        : runtime(runtime_in),
          options(options_in),
          connection(std::move(connection_in)),
          places(runtime.scheduler(), options.max_in_flight),
          writer(runtime.scheduler()) {}

    void read_answers();
    [[nodiscard]] Result<Bytes, IoError> read_frame();
    [[nodiscard]] Result<void, IoError> read_exactly(ByteBuffer& buffer, std::size_t size);
    [[nodiscard]] Result<void, IoError> take_answer(const Bytes& frame);
    [[nodiscard]] Result<void, IoError> write(std::vector<protocol::Piece> frame,
                                              std::shared_ptr<Call> call, Instant deadline);
    void end(IoError why);

    Runtime& runtime;
    ClientOptions options;
    std::unique_ptr<Connection> connection;
    std::deque<std::shared_ptr<Call>> calls;  // in the order of their requests
    Semaphore places;
    Mutex writer;
    std::optional<IoError> ended;
};

Client::Client(Runtime& runtime, ClientOptions options)
    : runtime_(runtime), options_(std::move(options)) {}

Client::~Client() { close(); }

Result<void, IoError> Client::connect(const Endpoint& endpoint, Instant deadline) {
    close();
    auto connection = TRY(runtime_.network().connect(endpoint, deadline));
    session_ = std::make_shared<Session>(runtime_, options_, std::move(connection));
    runtime_.tasks().spawn("rpc answers", [session = session_] { session->read_answers(); });
    return {};
}

void Client::close() {
    if (session_ != nullptr) session_->end(IoError::closed);
}

bool Client::is_connected() const { return session_ != nullptr && !session_->ended; }

protocol::RequestHeader Client::next_header(protocol::ApiKey key, std::int16_t version) {
    protocol::RequestHeader header;
    header.request_api_key = key;
    header.request_api_version = version;
    header.correlation_id = next_correlation_id_;
    header.client_id = options_.client_id;
    next_correlation_id_ = next_correlation_id_ == 0x7fffffff ? 0 : next_correlation_id_ + 1;
    return header;
}

Result<Bytes, IoError> Client::exchange(const protocol::RequestHeader& header,
                                        std::vector<protocol::Piece> frame, Instant deadline) {
    const std::shared_ptr<Session> session = session_;
    if (session == nullptr) return fail(IoError::closed);
    const auto call = std::make_shared<Call>(runtime_.scheduler(), header);
    TRY(session->write(std::move(frame), call, deadline));
    if (!call->done.wait(deadline)) return fail(IoError::timed_out);
    return std::move(call->body);
}

Result<void, IoError> Client::send_only(std::vector<protocol::Piece> frame, Instant deadline) {
    const std::shared_ptr<Session> session = session_;
    if (session == nullptr) return fail(IoError::closed);
    return session->write(std::move(frame), nullptr, deadline);
}

Result<protocol::ApiVersionsResponse, IoError> Client::api_versions(Instant deadline) {
    const protocol::ApiVersionsRequest request{
        .client_software_name = std::string(kSoftwareName),
        .client_software_version = std::string(kSoftwareVersion)};
    protocol::RequestHeader header =
        next_header(protocol::ApiKey::api_versions, kNewestApiVersions);
    const Bytes body = TRY(exchange(header, frame_of(header, request), deadline));
    constexpr auto kUnsupported =
        static_cast<std::int16_t>(protocol::ErrorCode::unsupported_version);
    const bool is_refused = body.size() >= 2 && protocol::detail::load_big_endian<std::int16_t>(
                                                    body.data()) == kUnsupported;
    if (is_refused) return call<protocol::ApiVersionsResponse>(request, 0, deadline);
    auto response = protocol::decode<protocol::ApiVersionsResponse>(body, kNewestApiVersions);
    if (response) return *std::move(response);
    close();
    return fail(IoError::malformed);
}

// The session. ------------------------------------------------------------------------------------

Result<void, IoError> Client::Session::write(std::vector<protocol::Piece> frame,
                                             std::shared_ptr<Call> call, Instant deadline) {
    // The place is given back when the answer has come, also when nobody waits for it any more.
    if (call != nullptr && !ended && !places.acquire(1, deadline)) return fail(IoError::timed_out);
    if (ended) {
        places.release();  // the next one that waits finds out too
        return fail(*ended);
    }
    writer.lock();
    struct AtEnd {
        Session& session;
        bool whole = false;
        ~AtEnd() {
            // Half a frame is of no use to the peer.
            if (!whole) session.end(IoError::closed);
            session.writer.unlock();
        }
    } at_end{*this};
    if (ended) {
        at_end.whole = true;
        places.release();
        return fail(*ended);
    }
    if (call != nullptr) calls.push_back(std::move(call));
    const std::vector<Piece> pieces = to_wire(std::move(frame));
    const Result<void, IoError> written = connection->write(pieces, deadline);
    at_end.whole = written.has_value();
    if (!written) end(written.error());
    return written;
}

void Client::Session::read_answers() {
    struct AtEnd {
        Session& session;
        ~AtEnd() { session.end(IoError::closed); }
    } at_end{*this};
    while (!ended) {
        const Result<Bytes, IoError> frame = read_frame();
        const Result<void, IoError> taken = frame ? take_answer(*frame) : fail(frame.error());
        if (!taken) end(taken.error());
    }
}

Result<Bytes, IoError> Client::Session::read_frame() {
    ByteBuffer buffer;
    TRY(read_exactly(buffer, protocol::kFrameSizeBytes));
    const auto size = protocol::detail::load_big_endian<std::int32_t>(buffer.data());
    if (size < 0 || size > options.max_response_bytes) return fail(IoError::malformed);
    buffer.clear();
    TRY(read_exactly(buffer, static_cast<std::size_t>(size)));
    return std::move(buffer).freeze();
}

/// In steps that fit into any window; room is given as the bytes come.
Result<void, IoError> Client::Session::read_exactly(ByteBuffer& buffer, std::size_t size) {
    while (buffer.size() < size) {
        const std::size_t missing = size - buffer.size();
        TRY(connection->read(buffer, std::min(missing, kReadStep), missing));
    }
    return {};
}

Result<void, IoError> Client::Session::take_answer(const Bytes& frame) {
    if (calls.empty()) return fail(IoError::malformed);
    const std::shared_ptr<Call> call = calls.front();
    auto answer = protocol::decode_response_frame(frame, call->key, call->version);
    if (!answer) return fail(IoError::malformed);
    if (answer->header.correlation_id != call->correlation_id) return fail(IoError::malformed);
    calls.pop_front();
    call->body = std::move(answer->body);
    call->done.set();
    places.release();
    return {};
}

/// Idempotent; every call gets the first reason.
void Client::Session::end(IoError why) {
    if (ended) return;
    ended = why;
    connection->close();
    for (const std::shared_ptr<Call>& call : calls) {
        call->body = fail(why);
        call->done.set();
    }
    places.release(static_cast<std::int64_t>(calls.size()) + 1);
    calls.clear();
}

}  // namespace gregor::rpc
