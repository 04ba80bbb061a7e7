// What the runtime itself costs: switches, timers, sync objects, and the real machine's loop.
//
//     build/release/bin/runtime_bench
#include <benchmark/benchmark.h>

#include <fstream>
#include <string>

#include "sim/real/real_runtime.h"
#include "sim/runtime/sync.h"
#include "tests/unit/runtime/loop.h"

namespace gregor {
namespace {

/// `body` runs on a fiber of a loop with virtual time.
template <class F>
void on_loop(benchmark::State& state, F&& body) {
    Loop loop;
    loop.spawn([&] { body(loop); });
    loop.run();
    state.SetItemsProcessed(
        static_cast<std::int64_t>(loop.scheduler.switches() + loop.scheduler.timers_fired()));
}

void yield_alone(benchmark::State& state) {
    on_loop(state, [&](Loop& loop) {
        for (auto _ : state) loop.scheduler.yield();
    });
}
BENCHMARK(yield_alone);

void channel_ping_pong(benchmark::State& state) {
    on_loop(state, [&](Loop& loop) {
        Channel<int> there(loop.scheduler, 1);
        Channel<int> back(loop.scheduler, 1);
        with_task_group(loop.group, "pong", [&](TaskGroup& group) {
            group.spawn("pong", [&] {
                while (const auto item = there.pop()) back.push(*item + 1);
            });
            for (auto _ : state) {
                there.push(1);
                benchmark::DoNotOptimize(back.pop());
            }
        });
    });
}
BENCHMARK(channel_ping_pong);

void sleepers(benchmark::State& state) {
    on_loop(state, [&](Loop& loop) {
        with_task_group(loop.group, "sleepers", [&](TaskGroup& group) {
            for (int i = 0; i < state.range(0); ++i) {
                group.spawn("sleeper", [&, i] {
                    for (;;) loop.scheduler.sleep_until(loop.scheduler.now() + Duration(997 + i));
                });
            }
            for (auto _ : state) loop.scheduler.sleep_until(loop.scheduler.now() + 1us);
        });
    });
}
BENCHMARK(sleepers)->Arg(10)->Arg(1000)->Arg(10'000);

void wait_with_deadline(benchmark::State& state) {
    on_loop(state, [&](Loop& loop) {
        WaitQueue queue(loop.scheduler);
        with_task_group(loop.group, "notifier", [&](TaskGroup& group) {
            group.spawn("notifier", [&] {
                for (;;) {
                    queue.notify_one();
                    loop.scheduler.yield();
                }
            });
            for (auto _ : state) queue.wait(loop.scheduler.now() + 1h);
        });
    });
}
BENCHMARK(wait_with_deadline);

void spawn_and_join(benchmark::State& state) {
    on_loop(state, [&](Loop& loop) {
        for (auto _ : state) {
            with_task_group(loop.group, "scope", [&](TaskGroup& group) {
                group.spawn("one", [] {});
                group.join();
            });
        }
    });
}
BENCHMARK(spawn_and_join);

// The real machine. ------------------------------------------------------------------------------

void real_yield(benchmark::State& state) {
    real::RealMachine machine;
    machine.run([&] {
        for (auto _ : state) machine.scheduler().yield();
    });
    state.SetItemsProcessed(static_cast<std::int64_t>(machine.scheduler().switches()));
    state.counters["polls"] = static_cast<double>(machine.poller().polls());
}
BENCHMARK(real_yield);

void real_offload(benchmark::State& state) {
    real::RealMachine machine;
    real::RealRuntime node(machine, {});
    machine.run([&] {
        for (auto _ : state) node.offload([] {});
    });
    state.SetItemsProcessed(state.iterations());
}
BENCHMARK(real_offload)->UseRealTime();

/// Round trips of 100 bytes over `range` loopback connections, both ends on this loop.
void real_round_trips(benchmark::State& state) {
    real::RealMachine machine;
    real::RealRuntime node(machine, {});
    std::int64_t trips = 0;
    machine.run([&] {
        const Bytes message = Bytes::copy_of(std::string(100, 'x'));
        auto listener = node.network().listen({"127.0.0.1", 0});
        Semaphore turn(node.scheduler(), 0);
        Semaphore done(node.scheduler(), 0);
        with_task_group(node.tasks(), "echo", [&](TaskGroup& group) {
            group.spawn("accept", [&] {
                for (;;) {
                    auto accepted = (*listener)->accept();
                    group.spawn("echo", [stream = *std::move(accepted), &message] {
                        ByteBuffer buffer;
                        while (stream->read(buffer, 100, 100)) {
                            buffer.clear();
                            if (!stream->write(message)) return;
                        }
                    });
                }
            });
            for (int i = 0; i < state.range(0); ++i) {
                group.spawn("client", [&] {
                    auto stream = node.network().connect((*listener)->local(), kNever);
                    ByteBuffer buffer;
                    for (;;) {
                        turn.acquire();
                        (void)(*stream)->write(message);
                        (void)(*stream)->read(buffer, 100, 100);
                        buffer.clear();
                        ++trips;
                        done.release();
                    }
                });
            }
            for (auto _ : state) {
                turn.release(state.range(0));
                done.acquire(state.range(0));
            }
        });
    });
    state.SetItemsProcessed(trips);
}
BENCHMARK(real_round_trips)->Arg(1)->Arg(100)->UseRealTime();

std::int64_t resident_bytes() {
    std::ifstream file("/proc/self/statm");
    std::int64_t total = 0;
    std::int64_t resident = 0;
    file >> total >> resident;
    return resident * 4096;
}

[[gnu::noinline]] void touch_stack() {
    volatile char deep[50'000];
    for (std::size_t i = 0; i < sizeof deep; i += 4096) deep[i] = 1;
}

/// Resident memory of a connection (both its ends) whose fiber has handled one deep request and now
/// waits for the next: right after it, and after the stacks were trimmed.
void idle_connections(benchmark::State& state) {
    const auto count = state.range(0);
    real::RealMachine machine;
    real::RealRuntime node(machine, {});
    for (auto _ : state) {
        machine.run([&] {
            auto listener = node.network().listen({"127.0.0.1", 0});
            std::vector<std::unique_ptr<Connection>> clients;
            Semaphore served(node.scheduler(), 0);
            const std::int64_t before = resident_bytes();
            with_task_group(node.tasks(), "idle", [&](TaskGroup& group) {
                group.spawn("accept", [&] {
                    for (;;) {
                        auto accepted = (*listener)->accept();
                        group.spawn("connection", [&, stream = *std::move(accepted)] {
                            ByteBuffer buffer;
                            while (stream->read(buffer, 1, 1000)) {
                                touch_stack();
                                buffer = ByteBuffer();
                                served.release();
                            }
                        });
                    }
                });
                for (std::int64_t i = 0; i < count; ++i) {
                    clients.push_back(*node.network().connect((*listener)->local(), kNever));
                    (void)clients.back()->write(Bytes::copy_of("deep"));
                }
                served.acquire(count);
                node.clock().sleep_for(10ms);
                const auto each = [&] {
                    return static_cast<double>(resident_bytes() - before) /
                           static_cast<double>(count);
                };
                state.counters["bytes_busy"] = each();
                node.clock().sleep_for(5s);
                state.counters["bytes_idle"] = each();
            });
        });
    }
}
BENCHMARK(idle_connections)->Arg(9'000)->Iterations(1)->UseRealTime();

}  // namespace
}  // namespace gregor

BENCHMARK_MAIN();
