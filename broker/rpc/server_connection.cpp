#include "broker/rpc/server_connection.h"

#include <algorithm>

#include "broker/protocol/wire.h"
#include "broker/rpc/api_events.h"
#include "sim/base/check.h"

namespace gregor::rpc {
namespace {

/// What one read takes at most before the size of the next frame is known.
constexpr std::size_t kReadAhead = 64 * 1024;
/// Bytes of a frame that one read waits for: less than any window between two machines.
constexpr std::size_t kReadStep = 64 * 1024;
/// Room that a frame is given on its word alone: for the largest request of a client with its own
/// limits, so that its bytes are not moved again. Beyond, room grows with the bytes that came.
constexpr std::size_t kTrustedSize = 1024 * 1024 + 4096;

/// The size that stands at `position`; not yet checked.
std::int32_t frame_size_at(const std::uint8_t* position) {
    return protocol::detail::load_big_endian<std::int32_t>(position);
}

}  // namespace

ServerConnection::ServerConnection(Server& server, std::string_view listener,
                                   std::unique_ptr<Connection> connection)
    : server_(server),
      listener_(listener),
      connection_(std::move(connection)),
      client_(connection_->peer()),
      client_text_(to_string(client_)),
      progress_(server.runtime_.scheduler()) {}

// The reader. -------------------------------------------------------------------------------------

void ServerConnection::serve() {
    struct AtEnd {
        ServerConnection& self;
        ~AtEnd() {
            self.reader_ = nullptr;
            self.die();
        }
    } at_end{*this};
    reader_ = &server_.runtime_.scheduler().current();
    read_requests();
    // What is owed is still sent, unless the stream has broken.
    no_more_requests_ = true;
    while (!dead_ && !slots_.empty()) progress_.wait();
    while (!dead_ && writing_) progress_.wait();
}

void ServerConnection::read_requests() {
    ByteBuffer buffer;  // what was read and not handled: the beginning of a frame, or nothing
    while (!dead_ && !no_more_requests_) {
        if (!read_frames(buffer)) {
            if (!no_more_requests_) die();
            return;
        }
        const Result<Bytes, IoError> rest = handle_frames(std::move(buffer).freeze());
        flush();
        if (!rest) return;
        buffer.append(*rest);
        wait_for_room();
    }
}

/// Reads until `buffer` begins with a whole frame.
Result<void, IoError> ServerConnection::read_frames(ByteBuffer& buffer) {
    TRY(read_at_least(buffer, protocol::kFrameSizeBytes));
    const std::int32_t size = frame_size_at(buffer.data());
    // handle_frames() refuses it.
    if (size < 0 || size > server_.options_.max_request_bytes) return {};
    return read_at_least(buffer, protocol::kFrameSizeBytes + static_cast<std::size_t>(size));
}

Result<void, IoError> ServerConnection::read_at_least(ByteBuffer& buffer, std::size_t size) {
    if (buffer.size() >= size) return {};
    if (!buffer.empty()) buffer.reserve(std::min(size, kTrustedSize));
    while (buffer.size() < size) {
        const Instant deadline =
            deadline_after(server_.runtime_.clock().now(), server_.options_.max_idle);
        const std::size_t missing = size - buffer.size();
        const std::size_t step = std::min(missing, kReadStep);
        const std::size_t most = size > protocol::kFrameSizeBytes ? missing : kReadAhead;
        const std::size_t before = buffer.size();
        const Result<void, IoError> read =
            connection_->read(buffer, step, std::max(step, most), deadline);
        if (read) continue;
        // A client that is owed an answer is not idle.
        const bool is_owed = buffer.size() == before && before == 0 && !slots_.empty();
        if (read.error() == IoError::timed_out && is_owed) continue;
        if (read.error() == IoError::timed_out) {
            server_.runtime_.trace().event("idle_connection_closed", "client={}", client_text_);
        }
        return read;
    }
    return {};
}

/// Handles every whole frame and returns what is left behind the last one; an error when nothing
/// more is to be read.
Result<Bytes, IoError> ServerConnection::handle_frames(const Bytes& bytes) {
    std::size_t position = 0;
    while (bytes.size() - position >= protocol::kFrameSizeBytes) {
        const std::int32_t size = frame_size_at(bytes.data() + position);
        if (size < 0 || size > server_.options_.max_request_bytes) {
            refuse("frame size out of range");
            return fail(IoError::closed);
        }
        const std::size_t end =
            position + protocol::kFrameSizeBytes + static_cast<std::size_t>(size);
        if (end > bytes.size()) break;
        wait_for_room();
        if (dead_ || no_more_requests_) return fail(IoError::closed);
        // The handler may wait, with answers of frames before this one at hand.
        if (position > 0) flush_soon();
        handle(bytes.slice(position + protocol::kFrameSizeBytes, static_cast<std::size_t>(size)));
        position = end;
    }
    if (dead_ || no_more_requests_) return fail(IoError::closed);
    return bytes.suffix(position);
}

void ServerConnection::handle(const Bytes& frame) {
    Result<protocol::RequestFrame, protocol::DecodeError> decoded =
        protocol::decode_request_frame(frame);
    if (!decoded) {
        refuse(protocol::to_string(decoded.error()));
        return;
    }
    const protocol::RequestHeader& header = decoded->header;
    server_.runtime_.trace().event(received_event(header.request_api_key),
                                   "client={} version={} correlation_id={} bytes={}", client_text_,
                                   header.request_api_version, header.correlation_id, frame.size());
    const std::uint64_t number = first_slot_ + slots_.size();
    const Instant received = server_.runtime_.clock().now();
    slots_.push_back({.key = header.request_api_key, .received = received});
    server_.metrics_.of(header.request_api_key).requests.add();
    const Request request{.key = header.request_api_key,
                          .version = header.request_api_version,
                          .correlation_id = header.correlation_id,
                          .client_id = header.client_id,
                          .frame = frame,
                          .body = std::move(decoded->body),
                          .client = client_,
                          .listener = listener_,
                          .received = received};
    server_.handler_(request,
                     Reply(shared_from_this(), {.slot = number,
                                                .key = request.key,
                                                .version = request.version,
                                                .correlation_id = request.correlation_id}));
}

void ServerConnection::wait_for_room() {
    while (!dead_ && slots_.size() >= server_.options_.max_in_flight) {
        flush();
        if (dead_ || slots_.size() < server_.options_.max_in_flight) return;
        progress_.wait();
    }
}

/// Closes after what is owed, because of what the client sent.
void ServerConnection::refuse(std::string_view why) {
    server_.runtime_.trace().event("request_refused", "client={} why={}", client_text_, why);
    no_more_requests_ = true;
    slots_.push_back({.state = SlotState::closing});
}

void ServerConnection::stop_reading() {
    no_more_requests_ = true;
    if (!slots_.empty() || writing_) {
        slots_.push_back({.state = SlotState::closing});
        flush_soon();
        return;
    }
    connection_->close();
    progress_.notify_all();
}

// Answers. ----------------------------------------------------------------------------------------

void ServerConnection::complete(std::uint64_t number, std::vector<Piece> frame) {
    if (dead_) return;
    Slot& answered = slot(number);
    CHECK(answered.state == SlotState::waiting);
    answered.state = SlotState::answered;
    answered.frame = std::move(frame);
    answer_became_due(number);
}

void ServerConnection::close_after(std::uint64_t number) {
    if (dead_) return;
    slot(number).state = SlotState::closing;
    no_more_requests_ = true;
    answer_became_due(number);
}

ServerConnection::Slot& ServerConnection::slot(std::uint64_t number) {
    CHECK(number >= first_slot_, "slot {} was answered before", number);
    CHECK(number - first_slot_ < slots_.size());
    return slots_[number - first_slot_];
}

void ServerConnection::answer_became_due(std::uint64_t number) {
    if (number != first_slot_) return;
    // The reader itself writes at the end of its turn.
    Scheduler& scheduler = server_.runtime_.scheduler();
    if (scheduler.in_fiber() && &scheduler.current() == reader_) return;
    flush_soon();
}

void ServerConnection::flush_soon() {
    if (writing_ || flush_spawned_ || dead_) return;
    flush_spawned_ = true;
    server_.tasks_.spawn("rpc flush", [self = shared_from_this()] {
        self->flush_spawned_ = false;
        self->flush();
    });
}

/// Writes what is due, until nothing is; the one that already writes does it for all.
void ServerConnection::flush() {
    if (writing_ || dead_) return;
    writing_ = true;
    struct AtEnd {
        ServerConnection& self;
        ~AtEnd() {
            self.writing_ = false;
            self.progress_.notify_all();
            self.release_socket();
        }
    } at_end{*this};
    while (!dead_) {
        const std::vector<Piece> due = take_due();
        progress_.notify_all();
        const bool closes = !slots_.empty() && slots_.front().state == SlotState::closing;
        if (due.empty() && !closes) return;
        const Instant deadline =
            deadline_after(server_.runtime_.clock().now(), server_.options_.max_idle);
        const bool sent = due.empty() || connection_->write(due, deadline).has_value();
        if (sent && !closes) continue;
        die();
        return;
    }
}

std::vector<Piece> ServerConnection::take_due() {
    std::vector<Piece> due;
    const Instant now = server_.runtime_.clock().now();
    while (!slots_.empty() && slots_.front().state == SlotState::answered) {
        Slot& front = slots_.front();
        server_.runtime_.trace().event(answered_event(front.key), "client={}", client_text_);
        server_.metrics_.of(front.key).total_time.record(now - front.received);
        if (due.empty()) {
            due = std::move(front.frame);
        } else {
            std::ranges::move(front.frame, std::back_inserter(due));
        }
        slots_.pop_front();
        ++first_slot_;
    }
    return due;
}

/// Idempotent. Whoever waits on the socket is woken.
void ServerConnection::die() {
    if (!dead_) {
        dead_ = true;
        slots_.clear();
        connection_->close();
        progress_.notify_all();
    }
    release_socket();
}

/// The socket goes when nobody reads or writes any more, though a Reply may keep this object.
void ServerConnection::release_socket() {
    if (dead_ && reader_ == nullptr && !writing_) connection_.reset();
}

}  // namespace gregor::rpc
