// A loop with virtual time for tests of the runtime alone.
#pragma once

#include <string>

#include "sim/runtime/scheduler.h"
#include "sim/runtime/sync.h"
#include "sim/runtime/task_group.h"

namespace gregor {

class VirtualEvents final : public EventSource {
public:
    Instant now() override { return now_; }
    bool wait(Instant deadline) override {
        if (deadline == kNever) return false;
        if (deadline > now_) now_ = deadline;
        return true;
    }

private:
    Instant now_{};
};

struct Loop {
    explicit Loop(SchedulerOptions options = {}) : scheduler(events, options) {}

    void spawn(std::move_only_function<void()> body) { group.spawn("test", std::move(body)); }
    /// Until nothing can happen any more.
    void run() { scheduler.run(); }

    VirtualEvents events;
    Scheduler scheduler;
    TaskGroup group{scheduler, "test"};
    std::string log;  // what fibers note down
};

inline Instant at(Duration time) { return Instant(time); }

}  // namespace gregor
