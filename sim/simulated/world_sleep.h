// Waiting in world time: what hardware does, which does not run on its node's clock.
#pragma once

#include "sim/runtime/scheduler.h"

namespace gregor::simulated {

/// Parks the running fiber until world time `time`; throws Cancelled as every wait.
void sleep_until_world_time(Scheduler& scheduler, Instant time);

/// The same, but it outlasts cancellation: for work that cannot be cut short.
void finish_at_world_time(Scheduler& scheduler, Instant time);

}  // namespace gregor::simulated
