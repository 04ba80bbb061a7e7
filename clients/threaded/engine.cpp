#include "clients/threaded/engine.h"

#include "sim/real/mailbox.h"
#include "sim/real/real_runtime.h"

namespace gregor::threaded {

struct Engine::Loop {
    explicit Loop(std::string name)
        : machine({.workers = 1}),
          runtime(machine, {.name = std::move(name)}),
          end(machine.scheduler()),
          jobs(machine.poller(), [this](std::vector<Job> arrived) {
              for (Job& job : arrived) {
                  runtime.tasks().spawn("job",
                                        [this, job = std::move(job)]() mutable { job(runtime); });
              }
          }) {}

    real::RealMachine machine;
    real::RealRuntime runtime;
    Event end;
    real::Mailbox<Job> jobs;
};

Engine::Engine(std::string name) {
    std::promise<Loop*> made;
    auto loop = made.get_future();
    thread_ = std::thread([&made, name = std::move(name)]() mutable {
        Loop own(std::move(name));
        made.set_value(&own);
        own.machine.run([&own] { own.end.wait(); });
    });
    loop_ = loop.get();
}

Engine::~Engine() {
    post([loop = loop_](Runtime&) { loop->end.set(); });
    thread_.join();
}

void Engine::post(Job job) { loop_->jobs.post(std::move(job)); }

bool Engine::is_own_thread() const { return std::this_thread::get_id() == thread_.get_id(); }

Runtime& Engine::runtime() { return loop_->runtime; }

}  // namespace gregor::threaded
