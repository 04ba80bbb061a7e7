// Programs of one function for simulated machines, and a machine that runs one to its end.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "sim/base/check.h"
#include "sim/simulated/world.h"

namespace gregor::simulated {

/// Stops when asked to, by cancelling whatever it waits for.
class FunctionProgram final : public Program {
public:
    FunctionProgram(Runtime& runtime, std::function<void(Runtime&)> body)
        : runtime_(runtime), body_(std::move(body)) {}
    void run() override { body_(runtime_); }
    void request_stop() override { runtime_.tasks().cancel(); }

private:
    Runtime& runtime_;
    std::function<void(Runtime&)> body_;
};

inline ProgramFactory program(std::function<void(Runtime&)> body) {
    return [body](Runtime& runtime) { return std::make_unique<FunctionProgram>(runtime, body); };
}

/// Runs `body` on a machine of its own, beside those that the world has, and returns when it has
/// ended.
inline void run_client(World& world, const std::string& name,
                       const std::function<void(Runtime&)>& body) {
    bool ended = false;
    world.add_machine(name, {}).start(program([&](Runtime& runtime) {
        body(runtime);
        ended = true;
        world.stop();
    }));
    while (!ended && world.run_for(600s)) {
    }
    CHECK(ended, "the client hangs");
}

}  // namespace gregor::simulated
