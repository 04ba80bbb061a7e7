// Mailbox: what other threads hand to the loop. post() may be called from any thread; what was
// posted arrives in the loop, outside any fiber, in order and as much at once as there is.
#pragma once

#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <functional>
#include <mutex>
#include <utility>
#include <vector>

#include "sim/base/check.h"
#include "sim/real/descriptor.h"
#include "sim/real/poller.h"

namespace gregor::real {

template <class T>
class Mailbox final : private Watched {
public:
    using OnArrival = std::move_only_function<void(std::vector<T>)>;

    /// Made, and destroyed, in the loop's thread, and then nobody posts any more.
    Mailbox(Poller& poller, OnArrival on_arrival)
        : poller_(poller),
          on_arrival_(std::move(on_arrival)),
          wakeup_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
        CHECK(wakeup_.valid(), "eventfd: errno {}", errno);
        poller_.watch(wakeup_.get(), *this);
    }
    ~Mailbox() { poller_.forget(wakeup_.get(), *this); }
    Mailbox(const Mailbox&) = delete;
    Mailbox& operator=(const Mailbox&) = delete;

    void post(T item) {
        const std::lock_guard lock(mutex_);
        arrived_.push_back(std::move(item));
        if (arrived_.size() > 1) return;  // the loop has been told already
        const std::uint64_t one = 1;
        CHECK(::write(wakeup_.get(), &one, sizeof one) == sizeof one, "eventfd: errno {}", errno);
    }

private:
    void on_ready(std::uint32_t) override {
        std::uint64_t count = 0;
        if (::read(wakeup_.get(), &count, sizeof count) < 0) return;
        std::vector<T> arrived;
        {
            const std::lock_guard lock(mutex_);
            arrived.swap(arrived_);
        }
        on_arrival_(std::move(arrived));
    }

    Poller& poller_;
    OnArrival on_arrival_;
    Descriptor wakeup_;
    std::mutex mutex_;
    std::vector<T> arrived_;
};

}  // namespace gregor::real
