// RealMachine: one thread's loop over this machine: scheduler, poller and worker threads, shared by
// the nodes (RealRuntime) that run on it.
//
//     RealMachine machine;
//     RealRuntime node(machine, {.name = "n1"});
//     machine.run([&] { serve(node); });
#pragma once

#include <functional>
#include <string>

#include "sim/real/poller.h"
#include "sim/real/worker_pool.h"
#include "sim/runtime/scheduler.h"
#include "sim/runtime/task_group.h"

namespace gregor::real {

struct RealMachineOptions {
    std::size_t stack_size = 256 * 1024;
    std::size_t workers = 4;
};

class RealMachine {
public:
    /// Ignores SIGPIPE in the whole process from now on.
    explicit RealMachine(RealMachineOptions options = {});
    ~RealMachine();
    RealMachine(const RealMachine&) = delete;
    RealMachine& operator=(const RealMachine&) = delete;

    /// Runs `main` on a fiber and the loop with it. When `main` has ended, the fibers of every node
    /// are cancelled, and this returns when the last one is gone. Once only.
    void run(std::move_only_function<void()> main);

    [[nodiscard]] Scheduler& scheduler() { return scheduler_; }
    [[nodiscard]] Poller& poller() { return poller_; }
    [[nodiscard]] WorkerPool& workers() { return workers_; }
    /// The parent of every node's group.
    [[nodiscard]] TaskGroup& root() { return root_; }

private:
    class StackTrimmer;

    Poller poller_;
    Scheduler scheduler_;
    TaskGroup root_;
    WorkerPool workers_;
    std::unique_ptr<StackTrimmer> trimmer_;
};

}  // namespace gregor::real
