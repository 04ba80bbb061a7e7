// Time as a node sees it. Two clocks, two types: Instant is monotonic and has no meaning outside
// its node and incarnation; WallTime is milliseconds-since-1970 material, may be skewed and may
// jump. Neither type can read a clock: only Runtime::clock() can.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace gregor {

using Duration = std::chrono::nanoseconds;

struct MonotonicTimeline {
    using duration = Duration;
    using rep = Duration::rep;
    using period = Duration::period;
    using time_point = std::chrono::time_point<MonotonicTimeline, Duration>;
    static constexpr bool is_steady = true;
};

struct WallTimeline {
    using duration = Duration;
    using rep = Duration::rep;
    using period = Duration::period;
    using time_point = std::chrono::time_point<WallTimeline, Duration>;
    static constexpr bool is_steady = false;
};

using Instant = MonotonicTimeline::time_point;
using WallTime = WallTimeline::time_point;

using namespace std::chrono_literals;

/// A deadline that never comes.
inline constexpr Instant kNever = Instant::max();

/// `now + timeout`, saturating at kNever.
[[nodiscard]] constexpr Instant deadline_after(Instant now, Duration timeout) {
    return timeout >= kNever - now ? kNever : now + timeout;
}

/// Milliseconds since 1970, as Kafka's timestamps are.
[[nodiscard]] constexpr std::int64_t to_epoch_ms(WallTime time) {
    return std::chrono::floor<std::chrono::milliseconds>(time.time_since_epoch()).count();
}

/// "12.345678s", the form of trace lines.
[[nodiscard]] std::string to_string(Instant time);
/// "1.5ms", "20us", "3s": the shortest exact form, as plans write it.
[[nodiscard]] std::string to_string(Duration duration);

}  // namespace gregor
