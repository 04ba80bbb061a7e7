#include "broker/rpc/reply.h"

#include "sim/base/check.h"

namespace gregor::rpc {

Reply& Reply::operator=(Reply&& other) noexcept {
    if (this != &other) {
        drop();
        sink_ = std::move(other.sink_);
        to_ = other.to_;
    }
    return *this;
}

void Reply::send_pieces(std::vector<Piece> body) {
    ByteBuffer head = protocol::detail::begin_response(to_.correlation_id, to_.key, to_.version);
    protocol::detail::end_frame(head, size_of(body));
    body.insert(body.begin(), std::move(head).freeze());
    take_sink()->complete(to_.slot, std::move(body));
}

void Reply::none() { take_sink()->complete(to_.slot, {}); }

void Reply::close_connection() { take_sink()->close_after(to_.slot); }

bool Reply::is_connection_dead() const { return sink_ == nullptr || sink_->is_dead(); }

void Reply::check_answers(const protocol::MessageInfo& message) const {
    CHECK(message.kind == protocol::MessageKind::response, "{} is no response", message.name);
    CHECK(message.id == static_cast<std::int16_t>(to_.key), "{} does not answer {}", message.name,
          to_.key);
}

void Reply::complete(std::vector<protocol::Piece> frame, std::vector<GapPieces> gaps) {
    std::vector<Piece> pieces;
    pieces.reserve(frame.size() + gaps.size());
    for (protocol::Piece& piece : frame) {
        if (auto* bytes = std::get_if<Bytes>(&piece)) {
            pieces.emplace_back(std::move(*bytes));
            continue;
        }
        const auto& gap = std::get<protocol::RecordsGap>(piece);
        CHECK(gap.index < gaps.size(), "nothing fills gap {} of {}", gap.index, to_.key);
        GapPieces& filling = gaps[gap.index];
        CHECK(size_of(filling) == gap.size, "{} bytes for a gap of {}", size_of(filling), gap.size);
        for (Piece& part : filling) pieces.push_back(std::move(part));
    }
    take_sink()->complete(to_.slot, std::move(pieces));
}

std::shared_ptr<ReplySink> Reply::take_sink() {
    CHECK(sink_ != nullptr, "{} is answered twice", to_.key);
    return std::move(sink_);
}

void Reply::drop() {
    if (sink_ != nullptr) std::exchange(sink_, nullptr)->close_after(to_.slot);
}

std::size_t size_of(const std::vector<Piece>& pieces) {
    std::size_t size = 0;
    for (const Piece& piece : pieces) {
        const Bytes* bytes = std::get_if<Bytes>(&piece);
        size += bytes != nullptr ? bytes->size() : std::get<FileSlice>(piece).size;
    }
    return size;
}

}  // namespace gregor::rpc
