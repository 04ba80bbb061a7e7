// Outage: from the end of a partition's leader until another one takes sends, as clients see it.
// Somebody begins it (cluster/failover_watch.h), the producers fill it in.
#pragma once

#include <optional>

#include "sim/runtime/clock.h"

namespace gregor::scenarios::clients {

/// Of sends with acks=all; in world time.
struct Outage {
    Instant since{};
    /// When a batch was first to be sent since then.
    std::optional<Instant> wanted;
    /// When one was first acknowledged that had been sent since then.
    std::optional<Instant> acknowledged;
};

}  // namespace gregor::scenarios::clients
