// RealRuntime: one node on the real machine.
#pragma once

#include <string>

#include "sim/real/real_clock.h"
#include "sim/real/real_disk.h"
#include "sim/real/real_machine.h"
#include "sim/real/real_network.h"
#include "sim/real/real_trace.h"
#include "sim/runtime/runtime.h"

namespace gregor::real {

struct RealNodeOptions {
    std::string name = "n1";
    /// Paths are relative to this directory, which exists; "" or "/": ordinary paths.
    std::string root;
    /// Print a line for each trace event.
    bool trace = false;
};

class RealRuntime final : public Runtime {
public:
    RealRuntime(RealMachine& machine, RealNodeOptions options);

    RealClock& clock() override { return clock_; }
    Random& random() override { return random_; }
    RealNetwork& network() override { return network_; }
    RealDisk& disk() override { return disk_; }
    TaskGroup& tasks() override { return tasks_; }
    RealTrace& trace() override { return trace_; }
    void offload(FunctionRef<void()> job) override;

    [[nodiscard]] RealMachine& machine() { return machine_; }

private:
    RealMachine& machine_;
    RealClock clock_;
    Random random_;
    RealNetwork network_;
    RealDisk disk_;
    TaskGroup tasks_;
    RealTrace trace_;
};

}  // namespace gregor::real
