// SignalWatch: signals of the process as calls from the loop.
#pragma once

#include <csignal>
#include <functional>
#include <initializer_list>

#include "sim/real/descriptor.h"
#include "sim/real/poller.h"

namespace gregor::real {

class SignalWatch final : private Watched {
public:
    /// While this lives, `signals` (SIGTERM, SIGINT) do not end the process: each arrival calls
    /// `callback` from the loop, outside any fiber (it may set an Event, it may not wait). Made and
    /// destroyed in the loop's thread, which must be the process's only one besides the worker
    /// pools.
    SignalWatch(Poller& poller, std::initializer_list<int> signals,
                std::move_only_function<void(int)> callback);
    ~SignalWatch();
    SignalWatch(const SignalWatch&) = delete;
    SignalWatch& operator=(const SignalWatch&) = delete;

private:
    void on_ready(std::uint32_t events) override;

    Poller& poller_;
    std::move_only_function<void(int)> callback_;
    sigset_t before_;
    Descriptor descriptor_;
};

}  // namespace gregor::real
