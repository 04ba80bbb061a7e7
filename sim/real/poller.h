// Poller: the EventSource of the real machine, one epoll instance.
//
// A descriptor is registered once, edge-triggered and for both directions, and stays so until it is
// forgotten: no epoll_ctl per wait. Its owner remembers what it was told ("readable until a read
// says EAGAIN"). While fibers are ready the kernel is asked only every kBusyPollInterval, so that a
// loop full of fibers does not pay a system call per turn.
#pragma once

#include <sys/epoll.h>

#include <cstdint>
#include <span>
#include <vector>

#include "sim/real/descriptor.h"
#include "sim/runtime/scheduler.h"

namespace gregor::real {

/// The owner of a registered descriptor.
class Watched {
public:
    /// Called from the loop, outside any fiber, with EPOLL* bits; does not wait.
    virtual void on_ready(std::uint32_t events) = 0;

protected:
    ~Watched() = default;
};

class Poller final : public EventSource {
public:
    Poller();

    /// CLOCK_MONOTONIC.
    [[nodiscard]] Instant now() override;
    /// Never false: on a real machine something can always happen.
    bool wait(Instant deadline) override;

    /// Registers `fd`; what is ready already is reported as well. Both outlive forget().
    void watch(int fd, Watched& watched);
    /// Before `fd` is closed. Events that were fetched but not yet reported are dropped.
    void forget(int fd, Watched& watched);

    /// How often the kernel was asked.
    [[nodiscard]] std::uint64_t polls() const { return polls_; }

private:
    static constexpr Duration kBusyPollInterval = 20us;
    static constexpr std::size_t kBatch = 512;

    std::size_t fetch(Instant deadline, Instant now);

    Descriptor epoll_;
    std::vector<epoll_event> batch_;
    std::span<epoll_event> undelivered_;
    Instant last_poll_ = Instant::min();
    bool has_nanosecond_wait_ = true;
    std::uint64_t polls_ = 0;
};

}  // namespace gregor::real
