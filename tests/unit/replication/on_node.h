// Runs a test's body on a fiber of a simulated node, with objects that outlive the node's fibers.
#pragma once

#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "sim/simulated/world.h"
#include "tests/support/catch.h"

namespace gregor::replication_test {

/// Keeps what the fibers of a node refer to until the last of them has ended.
class Keeper {
public:
    explicit Keeper(simulated::Machine& machine) : machine_(machine) {}

    /// The node's disk, for making it fail.
    [[nodiscard]] simulated::DiskHardware& disk() { return machine_.disk(); }
    template <class T, class... Args>
    T& make(Args&&... args) {
        auto object = std::make_shared<T>(std::forward<Args>(args)...);
        objects_.push_back(object);
        return *object;
    }
    ~Keeper() {
        while (!objects_.empty()) objects_.pop_back();
    }

private:
    simulated::Machine& machine_;
    std::vector<std::shared_ptr<void>> objects_;
};

using Body = std::function<void(Runtime&, Keeper&)>;

class BodyProgram final : public simulated::Program {
public:
    BodyProgram(simulated::Machine& machine, Runtime& runtime, Body body, bool& finished)
        : runtime_(runtime), body_(std::move(body)), finished_(finished), keeper_(machine) {}
    void run() override {
        body_(runtime_, keeper_);
        finished_ = true;
    }
    void request_stop() override { runtime_.tasks().cancel(); }

private:
    Runtime& runtime_;
    Body body_;
    bool& finished_;
    Keeper keeper_;
};

/// Runs `body` on `machine` to its end; its process has ended afterwards.
inline void run_on(simulated::World& world, simulated::Machine& machine, Body body) {
    bool finished = false;
    machine.start([&](Runtime& runtime) {
        return std::make_unique<BodyProgram>(machine, runtime, body, finished);
    });
    world.run_for(3600s);
    REQUIRE(finished);
    REQUIRE_FALSE(machine.running());
}

/// The same on a node of a world of its own.
inline void on_node(Body body, std::uint64_t seed = 1) {
    simulated::World world(seed, {});
    run_on(world, world.add_machine("n1", {}), std::move(body));
}

}  // namespace gregor::replication_test
