#include "sim/real/signal_watch.h"

#include <sys/signalfd.h>

#include <cerrno>

#include "sim/base/check.h"

namespace gregor::real {

SignalWatch::SignalWatch(Poller& poller, std::initializer_list<int> signals,
                         std::move_only_function<void(int)> callback)
    : poller_(poller), callback_(std::move(callback)) {
    sigset_t wanted;
    sigemptyset(&wanted);
    for (const int signal : signals) sigaddset(&wanted, signal);
    CHECK(::pthread_sigmask(SIG_BLOCK, &wanted, &before_) == 0);
    descriptor_ = Descriptor(::signalfd(-1, &wanted, SFD_NONBLOCK | SFD_CLOEXEC));
    CHECK(descriptor_.valid(), "signalfd: errno {}", errno);
    poller_.watch(descriptor_.get(), *this);
}

SignalWatch::~SignalWatch() {
    poller_.forget(descriptor_.get(), *this);
    ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

void SignalWatch::on_ready(std::uint32_t) {
    signalfd_siginfo info{};
    while (::read(descriptor_.get(), &info, sizeof info) == sizeof info) {
        callback_(static_cast<int>(info.ssi_signo));
    }
}

}  // namespace gregor::real
