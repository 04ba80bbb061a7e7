// LingeringSockets: what becomes of a socket after close().
//
// Linux answers close() on a socket with unread input, and any input that comes later, with a
// reset, which may destroy what we wrote before and the peer has not read yet: the error response
// just before we hang up. So we close only our direction, throw away what the peer still sends, and
// let go when it closes too, or after kPatience.
#pragma once

#include <memory>
#include <vector>

#include "sim/real/descriptor.h"
#include "sim/real/poller.h"
#include "sim/runtime/scheduler.h"

namespace gregor::real {

class LingeringSockets {
public:
    LingeringSockets(Scheduler& scheduler, Poller& poller);
    /// Closes what is left.
    ~LingeringSockets();
    LingeringSockets(const LingeringSockets&) = delete;
    LingeringSockets& operator=(const LingeringSockets&) = delete;

    /// Takes over a socket that is not registered with the poller.
    void add(Descriptor socket);

private:
    static constexpr Duration kPatience = 2s;
    static constexpr std::size_t kMaxSockets = 4096;
    static constexpr std::size_t kMaxDiscarded = 16 * 1024 * 1024;

    class Socket;
    void let_go(Socket& socket);

    Scheduler& scheduler_;
    Poller& poller_;
    std::vector<std::unique_ptr<Socket>> sockets_;
};

}  // namespace gregor::real
