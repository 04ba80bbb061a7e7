// The clocks of one simulated node.
//
// Fault model. The monotonic clock never goes back while the node lives and may run fast or slow by
// parts per million, changed at any time; each start of the node begins at another value. The wall
// clock runs at the same rate and may in addition jump, either way, by any amount. A paused node's
// clocks go on: it wakes late.
#pragma once

#include "sim/base/check.h"
#include "sim/runtime/clock.h"
#include "sim/runtime/scheduler.h"

namespace gregor::simulated {

class SimClock final : public Clock, public FiberHost {
public:
    SimClock(Scheduler& scheduler, Instant start, WallTime wall)
        : scheduler_(scheduler),
          world_base_(scheduler.now()),
          node_base_(start),
          wall_base_(wall) {}

    Instant now() override { return node_base_ + elapsed(); }
    WallTime wall() override { return wall_base_ + elapsed(); }
    void sleep_until(Instant time) override { scheduler_.sleep_until(time); }

    Instant to_world(Instant time) const override {
        const auto node_ns = static_cast<__int128>(time.time_since_epoch().count()) -
                             node_base_.time_since_epoch().count();
        if (node_ns <= 0) return world_base_;
        const __int128 rate = kMillion + drift_ppm_;
        const __int128 world_ns =
            drift_ppm_ == 0 ? node_ns : (node_ns * kMillion + rate - 1) / rate;
        const auto left = static_cast<__int128>((kNever - world_base_).count());
        return world_ns >= left ? kNever
                                : world_base_ + Duration(static_cast<std::int64_t>(world_ns));
    }

    void step_wall(Duration step) { wall_base_ += step; }
    /// Both clocks run at (1 + ppm / 1,000,000) of world time from now on; -900,000 is the slowest.
    void set_drift(std::int64_t ppm) {
        CHECK(ppm >= -900'000, "a drift of {} ppm", ppm);
        const Duration passed = elapsed();
        world_base_ = scheduler_.now();
        node_base_ += passed;
        wall_base_ += passed;
        drift_ppm_ = ppm;
    }
    [[nodiscard]] std::int64_t drift_ppm() const { return drift_ppm_; }

private:
    static constexpr std::int64_t kMillion = 1'000'000;

    [[nodiscard]] Duration elapsed() const {
        if (drift_ppm_ == 0) return scheduler_.now() - world_base_;  // without a division
        const auto world_ns = static_cast<__int128>((scheduler_.now() - world_base_).count());
        return Duration(static_cast<std::int64_t>(world_ns * (kMillion + drift_ppm_) / kMillion));
    }

    Scheduler& scheduler_;
    Instant world_base_;
    Instant node_base_;
    WallTime wall_base_;
    std::int64_t drift_ppm_ = 0;
};

}  // namespace gregor::simulated
