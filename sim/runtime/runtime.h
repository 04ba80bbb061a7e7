// Runtime: all that one node knows of the world. It comes in through constructors; there is no
// other way to a clock, a random number, a socket, a file or another fiber.
#pragma once

#include "sim/base/random.h"
#include "sim/runtime/clock.h"
#include "sim/runtime/disk.h"
#include "sim/runtime/function_ref.h"
#include "sim/runtime/network.h"
#include "sim/runtime/task_group.h"
#include "sim/runtime/trace.h"

namespace gregor {

class Runtime {
public:
    virtual ~Runtime() = default;

    virtual Clock& clock() = 0;
    /// A stream of the run's seed; on the real machine seeded by the kernel.
    virtual Random& random() = 0;
    virtual Network& network() = 0;
    virtual Disk& disk() = 0;
    /// The fibers of this node: a node is this group and its children.
    virtual TaskGroup& tasks() = 0;
    virtual Trace& trace() = 0;
    /// Runs CPU work, or calls that may block, away from the loop; returns when done. The job
    /// touches nothing that a fiber may touch meanwhile, and does not wait on fibers. Simulated:
    /// runs at once and takes a drawn delay. It is not cut short by cancellation.
    virtual void offload(FunctionRef<void()> job) = 0;

    Scheduler& scheduler() { return tasks().scheduler(); }
};

}  // namespace gregor
