// Network: ordered byte streams that may die.
//
// Contract, held by tests/parity on both worlds:
// - Bytes arrive in order, without gaps, or the connection dies; nothing says how much the peer
//   read.
// - A write returns when the last byte has been taken into the send buffer, which is not delivery.
// - A FileSlice is read only as the peer's window takes it; a slice that turns out shorter than
//   said closes the connection: end_of_stream on our side, and on the peer's after what did come.
// - close() never waits: what was written is still delivered if the network allows; a peer in
//   read() then sees end_of_stream. Fibers blocked on our side get `closed`.
// - One fiber may read while another writes; two may not do the same.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <variant>

#include "sim/base/bytes.h"
#include "sim/base/result.h"
#include "sim/base/time.h"
#include "sim/runtime/disk.h"
#include "sim/runtime/io_error.h"

namespace gregor {

struct Endpoint {
    std::string host;
    std::uint16_t port = 0;

    friend auto operator<=>(const Endpoint&, const Endpoint&) = default;
};

[[nodiscard]] inline std::string to_string(const Endpoint& endpoint) {
    return endpoint.host + ":" + std::to_string(endpoint.port);
}

struct FileSlice {
    FileRef file;
    std::uint64_t position = 0;
    std::uint32_t size = 0;
};

using Piece = std::variant<Bytes, FileSlice>;

class Connection {
public:
    virtual ~Connection() = default;

    /// Appends at least `min` and at most `max` bytes to `into`, as soon as `min` are there.
    /// end_of_stream when the peer closed before `min` came (what came is appended all the same).
    /// While it waits for the first byte it holds no buffer.
    [[nodiscard]] virtual Result<void, IoError> read(ByteBuffer& into, std::size_t min,
                                                     std::size_t max,
                                                     Instant deadline = kNever) = 0;
    [[nodiscard]] virtual Result<void, IoError> write(std::span<const Piece> pieces,
                                                      Instant deadline = kNever) = 0;
    [[nodiscard]] Result<void, IoError> write(Bytes bytes, Instant deadline = kNever) {
        const Piece piece(std::move(bytes));
        return write(std::span(&piece, 1), deadline);
    }
    /// Both directions; idempotent; never waits.
    virtual void close() = 0;

    [[nodiscard]] virtual Endpoint peer() const = 0;
    [[nodiscard]] virtual Endpoint local() const = 0;
};

class Listener {
public:
    virtual ~Listener() = default;

    [[nodiscard]] virtual Result<std::unique_ptr<Connection>, IoError> accept() = 0;
    /// The bound address, with the port that was chosen if 0 was asked for.
    [[nodiscard]] virtual Endpoint local() const = 0;
    virtual void close() = 0;
};

class Network {
public:
    virtual ~Network() = default;

    /// Port 0 lets the world choose.
    [[nodiscard]] virtual Result<std::unique_ptr<Listener>, IoError> listen(
        const Endpoint& endpoint) = 0;
    [[nodiscard]] virtual Result<std::unique_ptr<Connection>, IoError> connect(
        const Endpoint& endpoint, Instant deadline = kNever) = 0;
};

}  // namespace gregor
