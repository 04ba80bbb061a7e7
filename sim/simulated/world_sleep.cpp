#include "sim/simulated/world_sleep.h"

namespace gregor::simulated {
namespace {

class WorldTimer final : public Timer {
public:
    WorldTimer(Scheduler& scheduler, Instant time)
        : scheduler_(scheduler), fiber_(scheduler.current()) {
        scheduler_.arm(*this, time);
    }
    ~WorldTimer() override { scheduler_.disarm(*this); }

private:
    void fire() override { scheduler_.wake(fiber_); }

    Scheduler& scheduler_;
    Fiber& fiber_;
};

}  // namespace

void sleep_until_world_time(Scheduler& scheduler, Instant time) {
    scheduler.throw_if_cancelled();
    const WorldTimer timer(scheduler, time);
    if (scheduler.park(kNever) == WakeReason::cancelled) throw Cancelled{};
}

void finish_at_world_time(Scheduler& scheduler, Instant time) {
    const WorldTimer timer(scheduler, time);
    while (timer.armed()) scheduler.park(kNever, /*heed_cancel=*/false);
}

}  // namespace gregor::simulated
