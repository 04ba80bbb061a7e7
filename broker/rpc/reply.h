// Reply: the one-shot answer to a request. It may be given at once by the handler, or kept and
// given later from any fiber of the node; the connection sends answers in the order of their
// requests.
//
//     reply.send(response);              // in the request's version
//     reply.send(response, records);     // records[i]: what stands in the i-th RecordsField::gap
//     reply.none();                      // Produce with acks=0 has no answer
//     reply.close_connection();          // nothing sensible can be said
//
// One of them, once. A Reply that is dropped unanswered closes its connection: a client that waits
// for ever is worse. After the connection has died an answer goes nowhere, which is no error.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "broker/protocol/header.h"
#include "sim/runtime/network.h"

namespace gregor::rpc {

/// Where answers go: a connection, or a test. Never waits.
class ReplySink {
public:
    virtual ~ReplySink() = default;

    /// The whole frame that answers request number `slot` (as the sink counts them), with its size
    /// and header; no pieces at all for a request without an answer.
    virtual void complete(std::uint64_t slot, std::vector<Piece> frame) = 0;
    /// Closes the connection when what was answered before has been sent.
    virtual void close_after(std::uint64_t slot) = 0;
    /// Whether nobody will read an answer any more.
    [[nodiscard]] virtual bool is_dead() const = 0;
};

/// Which request is answered.
struct ReplyTo {
    std::uint64_t slot = 0;
    protocol::ApiKey key{};
    std::int16_t version = 0;
    std::int32_t correlation_id = 0;
};

/// What is sent in the place of one gap.
using GapPieces = std::vector<Piece>;

class Reply {
public:
    Reply(std::shared_ptr<ReplySink> sink, ReplyTo to) : sink_(std::move(sink)), to_(to) {}
    Reply(Reply&&) noexcept = default;
    Reply& operator=(Reply&& other) noexcept;
    ~Reply() { drop(); }

    template <protocol::Message T>
    void send(const T& response) {
        send_in_version(response, to_.version);
    }
    /// For ApiVersions, which answers an unknown version in version 0 (KIP-511).
    template <protocol::Message T>
    void send_in_version(const T& response, std::int16_t version) {
        check_answers(T::kMessage);
        complete(protocol::encode_response_pieces(to_.correlation_id, response, version), {});
    }
    /// One entry of `gaps` for each gap among the response's records fields, in their order, its
    /// pieces as long together as the gap says.
    template <protocol::Message T>
    void send(const T& response, std::vector<GapPieces> gaps) {
        check_answers(T::kMessage);
        complete(protocol::encode_response_pieces(to_.correlation_id, response, to_.version),
                 std::move(gaps));
    }
    /// The body in pieces; size and header are put in front.
    void send_pieces(std::vector<Piece> body);
    /// No answer is expected.
    void none();
    void close_connection();

    /// Whether it has been answered, or moved from.
    [[nodiscard]] bool is_done() const { return sink_ == nullptr; }
    /// Whether nobody will read the answer any more: what waits for long may be dropped.
    [[nodiscard]] bool is_connection_dead() const;
    [[nodiscard]] const ReplyTo& to() const { return to_; }

private:
    void check_answers(const protocol::MessageInfo& message) const;
    void complete(std::vector<protocol::Piece> frame, std::vector<GapPieces> gaps);
    [[nodiscard]] std::shared_ptr<ReplySink> take_sink();
    void drop();

    std::shared_ptr<ReplySink> sink_;
    ReplyTo to_;
};

/// Bytes of all pieces together.
[[nodiscard]] std::size_t size_of(const std::vector<Piece>& pieces);

}  // namespace gregor::rpc
