#include "sim/real/real_runtime.h"

#include <sys/random.h>

#include <cerrno>

#include "sim/base/check.h"

namespace gregor::real {
namespace {

std::uint64_t kernel_seed() {
    std::uint64_t seed = 0;
    CHECK(::getrandom(&seed, sizeof seed, 0) == sizeof seed, "getrandom: errno {}", errno);
    return seed;
}

}  // namespace

RealRuntime::RealRuntime(RealMachine& machine, RealNodeOptions options)
    : machine_(machine),
      clock_(machine.scheduler()),
      random_(kernel_seed()),
      network_(machine.scheduler(), machine.poller(), machine.workers()),
      disk_(machine.scheduler(), machine.workers(), options.root),
      tasks_(machine.root(), options.name),
      trace_(clock_, options.name, options.trace) {}

void RealRuntime::offload(FunctionRef<void()> job) {
    run_on_worker(machine_.scheduler(), machine_.workers(), job);
    machine_.scheduler().throw_if_cancelled();
}

}  // namespace gregor::real
