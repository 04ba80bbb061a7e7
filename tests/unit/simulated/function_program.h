// A program of one function, which stops when asked to.
#pragma once

#include <functional>
#include <memory>

#include "sim/simulated/world.h"

namespace gregor::simulated {

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

}  // namespace gregor::simulated
