// World: virtual time, one network, and machines that may die. A run is a pure function of (build,
// plan, seed): everything that happens comes out of here, and `digest()` has seen all of it.
//
//     World world(seed, {});
//     Machine& broker = world.add_machine("n1", {});
//     broker.start([](Runtime& runtime) { return std::make_unique<MyProgram>(runtime); });
//     world.run_for(60s);
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/base/digest.h"
#include "sim/base/random.h"
#include "sim/runtime/runtime.h"
#include "sim/simulated/fault.h"
#include "sim/simulated/sim_clock.h"
#include "sim/simulated/sim_disk.h"
#include "sim/simulated/sim_network.h"

namespace gregor::simulated {

/// What runs on a machine. Built and destroyed outside fibers; destroyed only when all its fibers
/// have ended, so that they may refer to it.
class Program {
public:
    virtual ~Program() = default;
    /// On a fiber of the node. When it returns, the program has stopped by itself.
    virtual void run() = 0;
    /// Asks for an orderly stop; called outside fibers, never waits.
    virtual void request_stop() = 0;
};

using ProgramFactory = std::function<std::unique_ptr<Program>(Runtime&)>;

struct MachineModel {
    DiskModel disk;
    std::int64_t drift_ppm = 0;
    Duration wall_skew{};
    /// How long offloaded work takes.
    Duration offload_min = 10us;
    Duration offload_max = 300us;
};

class World;

/// A machine: its disk and name outlive the processes that run on it, one at a time.
class Machine {
public:
    Machine(World& world, std::string name, MachineModel model);
    ~Machine();

    [[nodiscard]] const std::string& name() const { return name_; }
    /// Starts a process; CHECKs that none runs. The factory is kept for restarts.
    void start(ProgramFactory factory);
    /// Starts the last factory again; nothing if a process runs.
    void start_again();
    [[nodiscard]] bool running() const;
    /// A process runs and was not killed: what it holds in memory is what its disk holds.
    [[nodiscard]] bool alive() const;

    /// The process is gone at once, its fibers unwound with no effect on the world. `then` is
    /// called when nothing of it is left.
    void kill(std::function<void()> then = {});
    /// The same, and the disk loses what was not synced, as `policy` spares (nullptr: drawn).
    void lose_power(std::function<void()> then = {}, CrashPolicy* policy = nullptr);
    /// An orderly stop; `then` is called when the process has ended.
    void stop(std::function<void()> then = {});
    /// An orderly stop for good: whoever starts it again, nothing does.
    void retire();
    void pause();
    void unpause();
    /// A process that ends by itself is started again after this long, as a service manager does.
    void restart_after(Duration delay) { restart_after_ = delay; }

    /// The running process's view; CHECKs that there is one.
    [[nodiscard]] Runtime& runtime();
    [[nodiscard]] Program* program();
    [[nodiscard]] SimClock& clock();
    [[nodiscard]] DiskHardware& disk() { return disk_; }
    [[nodiscard]] std::uint64_t starts() const { return starts_; }
    [[nodiscard]] std::uint64_t power_losses() const { return power_losses_; }
    [[nodiscard]] const DiskStore::PowerLoss& last_power_loss() const { return last_power_loss_; }
    [[nodiscard]] World& world() { return world_; }

private:
    class Process;

    void process_ended();

    World& world_;
    std::string name_;
    MachineModel model_;
    DiskHardware disk_;
    ProgramFactory factory_;
    std::unique_ptr<Process> process_;
    std::vector<std::function<void()>> when_ended_;
    std::uint64_t starts_ = 0;
    std::uint64_t power_losses_ = 0;
    DiskStore::PowerLoss last_power_loss_;
    std::optional<Duration> restart_after_;
    bool retired_ = false;
};

struct WorldOptions {
    NetworkModel network;
    /// Where a bit-flip may strike what is sent (BitFlips::where); not set: anywhere.
    std::function<std::vector<ByteRange>(ByteSpan sent)> bits_flip_in;
    /// Takes each trace line; empty: none are made.
    std::function<void(std::string_view)> trace;
    /// Wall time at the start.
    WallTime wall_start{std::chrono::seconds(1'700'000'000)};
    std::size_t stack_size = 256 * 1024;
};

class World {
public:
    World(std::uint64_t seed, WorldOptions options);
    ~World();
    World(const World&) = delete;
    World& operator=(const World&) = delete;

    Machine& add_machine(const std::string& name, MachineModel model);
    [[nodiscard]] Machine& machine(std::string_view name);
    [[nodiscard]] const std::vector<std::unique_ptr<Machine>>& machines() const {
        return machines_;
    }

    /// World time since the start.
    [[nodiscard]] Instant now() const { return time_.value(); }
    /// False when nothing can ever happen any more, or stop() was called.
    bool run_until(Instant time);
    bool run_for(Duration duration) { return run_until(now() + duration); }
    /// Ends run_until() after this event.
    void stop() { scheduler_.stop(); }
    /// Kills every process and lets the fibers end; nothing starts again, also what was to.
    void shut_down();

    [[nodiscard]] Scheduler& scheduler() { return scheduler_; }
    [[nodiscard]] NetworkFabric& network() { return network_; }
    [[nodiscard]] FaultCounters& counters() { return counters_; }
    [[nodiscard]] Digest digest() const { return digest_.value(); }
    [[nodiscard]] RunningDigest& running_digest() { return digest_; }
    [[nodiscard]] std::uint64_t seed() const { return seed_; }
    /// A stream of the seed that this world's digest witnesses.
    [[nodiscard]] Random stream(std::string_view purpose, std::uint64_t index = 0);

    /// Calls `action` at the cue, inside the event. Cues may be added at any time; an occurrence
    /// that has passed never comes.
    void at_cue(const Cue& cue, std::function<void()> action);
    /// The same, told on which node it happened.
    void at_cue_of(const Cue& cue, std::function<void(const std::string& node)> action);
    /// Calls `action` at every such event of any node, inside the event, for who looks on: it must
    /// not wait or change the world, and what the node is about to do it has not done.
    void watch(std::string_view event, std::function<void()> action);

    /// A line of the world itself, not of a node.
    void trace(EventName name, std::string_view values);
    [[nodiscard]] bool traced() const { return static_cast<bool>(options_.trace); }

private:
    friend class Machine;
    friend class ProcessTrace;

    /// Virtual time: when no fiber is ready, the next event is now.
    class VirtualTime final : public EventSource {
    public:
        Instant now() override { return now_; }
        [[nodiscard]] Instant value() const { return now_; }
        bool wait(Instant deadline) override;

    private:
        Instant now_{};
    };

    struct ArmedCue {
        std::uint64_t event_hash = 0;
        std::string node;  // empty: any
        std::uint64_t left = 0;
        std::function<void(const std::string& node)> action;
    };

    struct Watch {
        std::uint64_t event_hash = 0;
        std::function<void()> action;
    };

    void observe(const std::string& node, std::uint64_t node_hash, EventName name);

    std::uint64_t seed_;
    WorldOptions options_;
    RunningDigest digest_;
    VirtualTime time_;
    Random scheduling_;
    Scheduler scheduler_;
    FaultCounters counters_;
    NetworkFabric network_;
    std::vector<std::unique_ptr<Machine>> machines_;
    std::vector<ArmedCue> cues_;
    std::vector<Watch> watches_;
    bool shutting_down_ = false;
};

}  // namespace gregor::simulated
