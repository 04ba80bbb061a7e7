#include "sim/real/real_clock.h"

#include <ctime>

namespace gregor::real {

WallTime RealClock::wall() {
    timespec time{};
    ::clock_gettime(CLOCK_REALTIME, &time);
    return WallTime(std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec));
}

}  // namespace gregor::real
