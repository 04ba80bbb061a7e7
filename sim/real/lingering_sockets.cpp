#include "sim/real/lingering_sockets.h"

#include <sys/socket.h>

#include <cerrno>

namespace gregor::real {

class LingeringSockets::Socket final : public Watched, public Timer {
public:
    Socket(LingeringSockets& owner, Descriptor descriptor, std::size_t slot)
        : owner_(owner), descriptor_(std::move(descriptor)), slot_(slot) {}

    /// True once nothing more will come, or too much came.
    bool discard() {
        while (discarded_ < kMaxDiscarded) {
            const std::ptrdiff_t count =
                ::recv(descriptor_.get(), nullptr, 1 << 20, MSG_TRUNC | MSG_DONTWAIT);
            if (count > 0) discarded_ += static_cast<std::size_t>(count);
            else if (count == 0 || errno != EINTR) return count == 0 || errno != EAGAIN;
        }
        return true;
    }

    void on_ready(std::uint32_t) override {
        if (discard()) owner_.let_go(*this);
    }
    void fire() override { owner_.let_go(*this); }

    LingeringSockets& owner_;
    Descriptor descriptor_;
    std::size_t slot_;
    std::size_t discarded_ = 0;
};

LingeringSockets::LingeringSockets(Scheduler& scheduler, Poller& poller)
    : scheduler_(scheduler), poller_(poller) {}

LingeringSockets::~LingeringSockets() {
    while (!sockets_.empty()) let_go(*sockets_.back());
}

void LingeringSockets::add(Descriptor descriptor) {
    ::shutdown(descriptor.get(), SHUT_WR);
    auto socket = std::make_unique<Socket>(*this, std::move(descriptor), sockets_.size());
    if (socket->discard() || sockets_.size() >= kMaxSockets) return;
    poller_.watch(socket->descriptor_.get(), *socket);
    scheduler_.arm(*socket, deadline_after(scheduler_.now(), kPatience));
    sockets_.push_back(std::move(socket));
}

void LingeringSockets::let_go(Socket& socket) {
    poller_.forget(socket.descriptor_.get(), socket);
    scheduler_.disarm(socket);
    const std::size_t slot = socket.slot_;
    std::swap(sockets_[slot], sockets_.back());
    sockets_[slot]->slot_ = slot;
    sockets_.pop_back();
}

}  // namespace gregor::real
