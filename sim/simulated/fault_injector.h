// FaultInjector: makes a plan's faults happen to a world, at their time or cue, and keeps the
// ledger of what really happened, by which checkers tell obligations from excuses.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "sim/simulated/plan.h"
#include "sim/simulated/world.h"

namespace gregor::simulated {

class FaultInjector {
public:
    /// Told of each fault just before and just after it happens to a machine that runs.
    class Observer {
    public:
        virtual ~Observer() = default;
        virtual void before(const Fault& fault, Machine& machine) = 0;
        virtual void after(const Fault& fault, Machine& machine) = 0;
        /// The machine that a fault names, by itself or by a role; empty: nobody has that now.
        [[nodiscard]] virtual std::string who_is(const std::string& name) { return name; }
    };

    FaultInjector(World& world, Observer* observer);
    FaultInjector(const FaultInjector&) = delete;
    FaultInjector& operator=(const FaultInjector&) = delete;

    /// Arms the faults; times count from now.
    void arm(const std::vector<Fault>& faults);
    /// No fault happens from now on, and what lasts is over: links are whole, disks behave, clocks
    /// run true, paused and stopped machines go on.
    void heal();

private:
    void await_cue(const Fault& fault);
    void inject(const Fault& named);
    [[nodiscard]] std::string who_is(const std::string& name);
    void inject_node(const Fault& fault, Machine& machine);
    void inject_disk(const Fault& fault, Machine& machine);
    void inject_network(const Fault& fault, Machine& machine);
    void inject_clock(const Fault& fault, Machine& machine);
    void swizzle_clog(const Fault& fault);
    bool flip_bit(const Fault& fault, Machine& machine);
    void start_after(Machine& machine, Duration duration);

    World& world_;
    Observer* observer_;
    Random random_;
    bool healed_ = false;
};

}  // namespace gregor::simulated
