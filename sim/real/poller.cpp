#include "sim/real/poller.h"

#include <cerrno>
#include <ctime>

#include "sim/base/check.h"

namespace gregor::real {

Poller::Poller() : epoll_(::epoll_create1(EPOLL_CLOEXEC)), batch_(kBatch) {
    CHECK(epoll_.valid(), "epoll_create1: errno {}", errno);
}

Instant Poller::now() {
    timespec time{};
    ::clock_gettime(CLOCK_MONOTONIC, &time);
    return Instant(std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec));
}

bool Poller::wait(Instant deadline) {
    const Instant start = now();
    if (deadline <= start && start - kBusyPollInterval < last_poll_) return true;
    const std::size_t count = fetch(deadline, start);
    last_poll_ = deadline <= start ? start : now();
    undelivered_ = std::span(batch_).first(count);
    while (!undelivered_.empty()) {
        const epoll_event event = undelivered_.front();
        undelivered_ = undelivered_.subspan(1);
        if (event.data.ptr != nullptr)
            static_cast<Watched*>(event.data.ptr)->on_ready(event.events);
    }
    return true;
}

std::size_t Poller::fetch(Instant deadline, Instant now) {
    ++polls_;
    const Duration patience =
        deadline <= now ? Duration::zero() : deadline - std::max(now, Instant());
    int count = -1;
    if (has_nanosecond_wait_) {
        timespec timeout{};
        timeout.tv_sec = patience / 1s;
        timeout.tv_nsec = (patience % 1s).count();
        count = ::epoll_pwait2(epoll_.get(), batch_.data(), static_cast<int>(batch_.size()),
                               deadline == kNever ? nullptr : &timeout, nullptr);
        if (count < 0 && errno == ENOSYS) has_nanosecond_wait_ = false;
    }
    if (!has_nanosecond_wait_) {  // kernels before 5.11
        const auto rounded = std::chrono::ceil<std::chrono::milliseconds>(patience);
        const auto timeout = static_cast<int>(std::min<std::int64_t>(rounded.count(), 60'000));
        count = ::epoll_wait(epoll_.get(), batch_.data(), static_cast<int>(batch_.size()), timeout);
    }
    CHECK(count >= 0 || errno == EINTR, "epoll_wait: errno {}", errno);
    return count < 0 ? 0 : static_cast<std::size_t>(count);
}

void Poller::watch(int fd, Watched& watched) {
    epoll_event event{};
    event.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
    event.data.ptr = &watched;
    CHECK(::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) == 0, "epoll_ctl: errno {}", errno);
}

void Poller::forget(int fd, Watched& watched) {
    CHECK(::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, fd, nullptr) == 0, "epoll_ctl: errno {}", errno);
    for (epoll_event& event : undelivered_) {
        if (event.data.ptr == &watched) event.data.ptr = nullptr;
    }
}

}  // namespace gregor::real
