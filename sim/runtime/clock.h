// The two clocks of a node, and waiting for one of them.
#pragma once

#include "sim/base/time.h"

namespace gregor {

class Clock {
public:
    virtual ~Clock() = default;

    /// Never goes back while the node lives; may run fast or slow.
    [[nodiscard]] virtual Instant now() = 0;
    /// Time of day for record timestamps; may be skewed and may jump either way.
    [[nodiscard]] virtual WallTime wall() = 0;
    /// Parks the fiber until now() >= `time`; Cancelled as every wait.
    virtual void sleep_until(Instant time) = 0;

    void sleep_for(Duration duration) { sleep_until(deadline_after(now(), duration)); }
};

}  // namespace gregor
