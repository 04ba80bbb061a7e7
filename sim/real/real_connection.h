// RealConnection: a TCP socket at the seam. It belongs to the poller for as long as it lives; a
// fiber that waits stands in one of two places, and nothing is allocated for it meanwhile.
#pragma once

#include <sys/uio.h>

#include <memory>
#include <vector>

#include "sim/real/descriptor.h"
#include "sim/real/poller.h"
#include "sim/real/real_file.h"
#include "sim/real/socket_address.h"
#include "sim/real/worker_pool.h"
#include "sim/runtime/network.h"
#include "sim/runtime/scheduler.h"

namespace gregor::real {

/// Where one fiber waits for a descriptor to become ready in one direction.
class Readiness {
public:
    /// Waits until ready; `closed` and `timed_out` otherwise. Throws Cancelled.
    [[nodiscard]] Result<void, IoError> wait(Scheduler& scheduler, Instant deadline,
                                             const bool& closed);
    void set(Scheduler& scheduler) {
        ready_ = true;
        wake(scheduler);
    }
    void clear() { ready_ = false; }
    void wake(Scheduler& scheduler) {
        if (waiter_ != nullptr) scheduler.wake(*waiter_);
    }
    [[nodiscard]] bool ready() const { return ready_; }
    [[nodiscard]] bool awaited() const { return waiter_ != nullptr; }

private:
    Fiber* waiter_ = nullptr;
    bool ready_ = false;
};

/// What the connections of a node share: memory that is in use only between two waits.
struct SocketShop {
    SocketShop(Scheduler& scheduler_, Poller& poller_, WorkerPool& workers_)
        : scheduler(scheduler_), poller(poller_), workers(workers_) {}

    static constexpr std::size_t kScratch = 64 * 1024;

    Scheduler& scheduler;
    Poller& poller;
    WorkerPool& workers;
    std::vector<std::uint8_t> scratch = std::vector<std::uint8_t>(kScratch);
    std::vector<iovec> vectors;
    /// Takes over a socket whose owner closed it: see LingeringSockets.
    std::move_only_function<void(Descriptor)> linger;
};

class RealConnection final : public Connection, private Watched {
public:
    /// `socket` is connected and non-blocking.
    RealConnection(SocketShop& shop, Descriptor socket, const SocketAddress& peer);
    /// No fiber waits here any more.
    ~RealConnection();

    Result<void, IoError> read(ByteBuffer& into, std::size_t min, std::size_t max,
                               Instant deadline) override;
    Result<void, IoError> write(std::span<const Piece> pieces, Instant deadline) override;
    void close() override;

    [[nodiscard]] Endpoint peer() const override { return peer_.endpoint(); }
    [[nodiscard]] Endpoint local() const override { return local_.endpoint(); }

private:
    class Cursor;

    void on_ready(std::uint32_t events) override;
    std::ptrdiff_t receive(ByteBuffer& into, std::size_t max);
    Result<void, IoError> send_bytes(Cursor& cursor, Instant deadline);
    Result<void, IoError> send_slice(const FileSlice& slice, Instant deadline);
    Result<void, IoError> send_file(RealFile& file, const FileSlice& slice, Instant deadline);
    Result<void, IoError> send_copied(const FileSlice& slice, Instant deadline);
    IoError slice_failed(IoError error);
    void take_turns(std::size_t bytes);

    SocketShop& shop_;
    Descriptor socket_;
    SocketAddress peer_;
    SocketAddress local_;
    Readiness readable_;
    Readiness writable_;
    bool peer_closed_ = false;
    bool closed_ = false;
    std::uint32_t burst_ = 0;  // bytes moved since this connection last let others run
};

}  // namespace gregor::real
