// What the runtime itself costs: switches, timers, sync objects, and the real machine's loop.
//
//     build/release/bin/runtime_bench
#include <benchmark/benchmark.h>

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
    state.SetItemsProcessed(static_cast<std::int64_t>(loop.scheduler.switches() +
                                                      loop.scheduler.timers_fired()));
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
            Semaphore turn(node.scheduler(), 0);
            Semaphore done(node.scheduler(), 0);
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

}  // namespace
}  // namespace gregor

BENCHMARK_MAIN();
