// ServerConnection: one client's connection, its requests and the answers that are owed.
//
//     slots_:  | 7 answered | 8 waiting | 9 answered |          in the order of the requests
//                ^ first_slot_
//
// A reader fiber reads frames and calls the handler for each; Reply completes slots from anywhere,
// in any order; answers leave in request order, all that are due in one vectored write. After each
// turn (the frames that came with one read) the reader writes what is due itself. A short-lived
// flush fiber does it when an answer comes from elsewhere, or when the reader may wait in a handler
// with answers at hand. While the reader waits for a client it holds no buffer.
//
// Replies keep this object, not the server or the socket: when the reader has ended, the connection
// is dead, its socket is gone, and answers go nowhere.
#pragma once

#include <deque>
#include <memory>
#include <vector>

#include "broker/rpc/server.h"

namespace gregor::rpc {

class ServerConnection final : public ReplySink,
                               public std::enable_shared_from_this<ServerConnection> {
public:
    ServerConnection(Server& server, std::string_view listener,
                     std::unique_ptr<Connection> connection);

    /// The reader fiber: until the client or we close. Throws Cancelled.
    void serve();
    /// No further request is read; closes when nothing is owed. Never waits.
    void stop_reading();

    void complete(std::uint64_t slot, std::vector<Piece> frame) override;
    void close_after(std::uint64_t slot) override;
    [[nodiscard]] bool is_dead() const override { return dead_; }

private:
    enum class SlotState : std::uint8_t { waiting, answered, closing };

    struct Slot {
        protocol::ApiKey key{};
        Instant received{};
        SlotState state = SlotState::waiting;
        std::vector<Piece> frame;
    };

    void read_requests();
    [[nodiscard]] Result<void, IoError> read_at_least(ByteBuffer& buffer, std::size_t size);
    [[nodiscard]] Result<void, IoError> read_frames(ByteBuffer& buffer);
    [[nodiscard]] Result<Bytes, IoError> handle_frames(const Bytes& bytes);
    void handle(const Bytes& frame);
    void wait_for_room();
    void refuse(std::string_view why);

    [[nodiscard]] Slot& slot(std::uint64_t number);
    void answer_became_due(std::uint64_t number);
    void flush_soon();
    void flush();
    [[nodiscard]] std::vector<Piece> take_due();
    void die();
    void release_socket();

    Server& server_;
    std::string_view listener_;
    std::unique_ptr<Connection> connection_;
    Endpoint client_;
    std::string client_text_;  // for the trace, made once
    Fiber* reader_ = nullptr;
    std::deque<Slot> slots_;
    std::uint64_t first_slot_ = 0;
    WaitQueue progress_;  // the reader's: room among the slots, or death
    bool no_more_requests_ = false;
    bool writing_ = false;
    bool flush_spawned_ = false;
    bool dead_ = false;
};

}  // namespace gregor::rpc
