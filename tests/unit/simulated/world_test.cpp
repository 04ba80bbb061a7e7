// A whole world with two machines: an echo server and its clients, under every kind of end.
#include <functional>

#include "sim/runtime/sync.h"
#include "sim/simulated/world.h"
#include "tests/support/catch.h"
#include "tests/support/function_program.h"

using namespace gregor;
using namespace gregor::simulated;

namespace {

void serve_echo(Runtime& runtime) {
    auto listener = *runtime.network().listen({"n1", 9092});
    while (auto accepted = listener->accept()) {
        std::shared_ptr<Connection> connection = std::move(*accepted);
        runtime.tasks().spawn("echo", [connection] {
            for (;;) {
                ByteBuffer buffer;
                if (!connection->read(buffer, 1, 4096)) return;
                if (!connection->write(std::move(buffer).freeze())) return;
            }
        });
    }
}

struct EchoRun {
    Digest digest;
    int answered = 0;
    int failed = 0;
};

EchoRun run_echo(std::uint64_t seed, const std::function<void(World&)>& disturb) {
    EchoRun run;
    World world(seed, {});
    world.add_machine("n1", {}).start(program(serve_echo));
    world.add_machine("c1", {}).start(program([&run](Runtime& runtime) {
        for (int i = 0; i < 200; ++i) {
            runtime.clock().sleep_for(10ms);
            auto connection = runtime.network().connect({"n1", 9092});
            if (!connection) {
                ++run.failed;
                continue;
            }
            const Bytes text = Bytes::copy_of("message " + std::to_string(i));
            ByteBuffer answer;
            if ((*connection)->write(text) &&
                (*connection)->read(answer, text.size(), text.size())) {
                REQUIRE(std::move(answer).freeze() == text);
                ++run.answered;
            } else {
                ++run.failed;
            }
        }
    }));
    disturb(world);
    world.run_until(Instant(60s));
    run.digest = world.digest();
    return run;
}

}  // namespace

TEST_CASE("an undisturbed world answers everything, and the same seed gives the same digest") {
    const EchoRun first = run_echo(7, [](World&) {});
    REQUIRE(first.answered == 200);
    REQUIRE(first.failed == 0);
    const EchoRun second = run_echo(7, [](World&) {});
    REQUIRE(first.digest == second.digest);
    REQUIRE(first.digest != run_echo(8, [](World&) {}).digest);
}

TEST_CASE("a killed process refuses connections until it is started again") {
    const auto disturb = [](World& world) {
        world.scheduler().call_at(Instant(500ms), [&world] { world.machine("n1").kill(); });
        world.scheduler().call_at(Instant(900ms), [&world] { world.machine("n1").start_again(); });
    };
    const EchoRun run = run_echo(9, disturb);
    REQUIRE(run.answered > 100);
    REQUIRE(run.failed > 10);
    REQUIRE(run.digest == run_echo(9, disturb).digest);
}

TEST_CASE("a partition longer than the TCP timeout kills connections, a short one only delays") {
    const EchoRun shortly = run_echo(3, [](World& world) {
        world.scheduler().call_at(
            Instant(500ms), [&world] { world.network().block("c1", "n1", world.now() + 2s); });
    });
    REQUIRE(shortly.failed == 0);
    REQUIRE(shortly.answered == 200);
}

TEST_CASE("a cue fires inside the n-th event of its node") {
    World world(1, {});
    std::vector<Instant> at;
    Machine& machine = world.add_machine("n1", {});
    machine.start(program([](Runtime& runtime) {
        for (int i = 0; i < 5; ++i) {
            runtime.clock().sleep_for(1s);
            runtime.trace().event("ticked", "i={}", i);
        }
    }));
    world.at_cue({"ticked", "n1", 3}, [&] { at.push_back(world.now()); });
    world.run_until(Instant(20s));
    REQUIRE(at == std::vector{Instant(3s)});
}

TEST_CASE("a paused process stands still and goes on late") {
    World world(1, {});
    std::vector<Instant> ticks;
    Machine& machine = world.add_machine("n1", {});
    machine.start(program([&](Runtime& runtime) {
        for (int i = 0; i < 4; ++i) {
            runtime.clock().sleep_for(1s);
            ticks.push_back(world.now());
        }
    }));
    world.scheduler().call_at(Instant(1500ms), [&] { machine.pause(); });
    world.scheduler().call_at(Instant(7s), [&] { machine.unpause(); });
    world.run_until(Instant(20s));
    REQUIRE(ticks == std::vector{Instant(1s), Instant(7s), Instant(8s), Instant(9s)});
}

TEST_CASE("a drifting clock reaches its deadlines at another world time") {
    World world(1, {});
    Instant woke{};
    world.add_machine("n1", {.drift_ppm = 250'000}).start(program([&](Runtime& runtime) {
        runtime.clock().sleep_for(10s);
        woke = world.now();
    }));
    world.run_until(Instant(20s));
    REQUIRE(woke == Instant(8s));
}
