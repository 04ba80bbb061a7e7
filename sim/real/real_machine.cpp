#include "sim/real/real_machine.h"

#include <csignal>

#include "sim/base/check.h"

namespace gregor::real {

/// Gives back the stack memory of fibers that have waited for long: see Scheduler::trim_stacks.
class RealMachine::StackTrimmer final : public Timer {
public:
    explicit StackTrimmer(Scheduler& scheduler) : scheduler_(scheduler) { arm(kPause); }
    ~StackTrimmer() { scheduler_.disarm(*this); }

private:
    static constexpr Duration kStep = 10ms;
    static constexpr Duration kPause = 1s;
    static constexpr std::size_t kFibersAtOnce = 256;

    void fire() override { arm(scheduler_.trim_stacks(kFibersAtOnce) ? kPause : kStep); }
    void arm(Duration pause) { scheduler_.arm(*this, scheduler_.now() + pause); }

    Scheduler& scheduler_;
};

RealMachine::RealMachine(RealMachineOptions options)
    : scheduler_(poller_, {.stack_size = options.stack_size}),
      root_(scheduler_, "machine"),
      workers_(poller_, options.workers),
      trimmer_(std::make_unique<StackTrimmer>(scheduler_)) {
    // sendfile() has no flag that says so, as send() has.
    std::signal(SIGPIPE, SIG_IGN);
}

RealMachine::~RealMachine() = default;

void RealMachine::run(std::move_only_function<void()> main) {
    CHECK(!root_.cancelled(), "a machine runs once");
    root_.on_empty([this] { scheduler_.stop(); });
    root_.spawn("main", [this, main = std::move(main)]() mutable {
        struct AtEnd {
            TaskGroup& root;
            ~AtEnd() { root.cancel(); }
        } at_end{root_};
        main();
        main = nullptr;
    });
    scheduler_.run();
}

}  // namespace gregor::real
