#include "sim/base/check.h"

#include <cstdio>
#include <cstdlib>

namespace gregor {
namespace {

CheckHandler g_handler = nullptr;
bool g_failing = false;

/// While the handler runs: a failure inside it is only printed. A property test's handler throws,
/// to have its counterexample made smaller, and the next failure finds it well again.
struct Failing {
    Failing() { g_failing = true; }
    ~Failing() { g_failing = false; }
};

}  // namespace

void set_check_handler(CheckHandler handler) { g_handler = handler; }

void check_failed(std::string_view file, int line, std::string_view condition,
                  std::string message) {
    const CheckFailure failure{file, line, condition, std::move(message)};
    if (!g_failing && g_handler != nullptr) {
        const Failing failing;
        g_handler(failure);
    } else {
        fmt::print(stderr, "CHECK failed at {}:{}: {} {}\n", failure.file, failure.line,
                   failure.condition, failure.message);
    }
    std::fflush(nullptr);
    std::abort();
}

}  // namespace gregor
