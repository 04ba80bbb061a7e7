#include "clients/threaded/engine.h"

#include <stdexcept>
#include <vector>

#include "sim/runtime/sync.h"
#include "tests/support/catch.h"

namespace gregor::threaded {
namespace {

TEST_CASE("what is called on the engine returns or throws in the caller's thread") {
    Engine engine;
    REQUIRE(engine.call([](Runtime&) { return 7; }) == 7);
    REQUIRE_THROWS_AS(engine.call([](Runtime&) -> int { throw std::runtime_error("no"); }),
                      std::runtime_error);
    const auto caller = std::this_thread::get_id();
    const auto callee = engine.call([](Runtime&) { return std::this_thread::get_id(); });
    REQUIRE(caller != callee);
}

TEST_CASE("a call inside the engine's own thread is simply made") {
    Engine engine;
    const int found =
        engine.call([&](Runtime&) { return engine.call([](Runtime&) { return 3; }) + 1; });
    REQUIRE(found == 4);
}

TEST_CASE("jobs wait for each other, from any thread") {
    Engine engine;
    std::vector<std::thread> threads;
    int sum = 0;  // the engine's thread alone touches it
    for (int i = 0; i < 8; ++i) {
        threads.emplace_back([&engine, &sum] {
            for (int n = 0; n < 200; ++n) {
                engine.call([&sum](Runtime& runtime) {
                    runtime.scheduler().yield();
                    ++sum;
                });
            }
        });
    }
    for (std::thread& thread : threads) thread.join();
    REQUIRE(engine.call([&sum](Runtime&) { return sum; }) == 1600);
}

TEST_CASE("the engine ends with jobs that would wait for ever") {
    bool unwound = false;
    {
        struct Witness {
            ~Witness() { seen = true; }
            bool& seen;
        };
        Engine engine;
        engine.post([&unwound](Runtime& runtime) {
            const Witness witness{unwound};
            runtime.clock().sleep_until(kNever);
        });
        engine.call([](Runtime&) {});
    }
    REQUIRE(unwound);
}

}  // namespace
}  // namespace gregor::threaded
