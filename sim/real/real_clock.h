// RealClock: CLOCK_MONOTONIC and CLOCK_REALTIME of this machine.
#pragma once

#include "sim/runtime/clock.h"
#include "sim/runtime/scheduler.h"

namespace gregor::real {

class RealClock final : public Clock {
public:
    explicit RealClock(Scheduler& scheduler) : scheduler_(scheduler) {}

    [[nodiscard]] Instant now() override { return scheduler_.now(); }
    [[nodiscard]] WallTime wall() override;
    void sleep_until(Instant time) override { scheduler_.sleep_until(time); }

private:
    Scheduler& scheduler_;
};

}  // namespace gregor::real
