// Process: holds a log open on a simulated machine and does there what it is told, one thing at a
// time.
#pragma once

#include <exception>
#include <functional>
#include <memory>
#include <optional>

#include "sim/runtime/sync.h"
#include "tests/property/log/log_under_test.h"

namespace gregor::log::testing {

class LogUnderTest::Process final : public simulated::Program {
public:
    Process(Runtime& runtime, LogOptions options)
        : runtime_(runtime), options_(std::move(options)), jobs_(runtime.scheduler(), 1) {}

    void run() override {
        while (const auto job = jobs_.pop()) {
            try {
                if (log_ == nullptr) log_ = open_log(runtime_, options_);
                (*job)(runtime_, *log_);
            } catch (const Cancelled&) {
                throw;
            } catch (...) {
                thrown_ = std::current_exception();
            }
            done_ = true;
        }
    }
    void request_stop() override { jobs_.close(); }

    void give(const std::function<void(Runtime&, Log&)>& job) {
        done_ = false;
        REQUIRE(jobs_.try_push(job));
    }
    [[nodiscard]] bool done() const { return done_; }
    [[nodiscard]] std::exception_ptr take_exception() { return std::exchange(thrown_, nullptr); }

private:
    Runtime& runtime_;
    LogOptions options_;
    Channel<std::function<void(Runtime&, Log&)>> jobs_;
    std::unique_ptr<Log> log_;
    std::exception_ptr thrown_;
    bool done_ = true;
};

}  // namespace gregor::log::testing
