#include "sim/simulated/world.h"

#include <algorithm>
#include <utility>

#include "sim/base/check.h"
#include "sim/simulated/tripwire.h"
#include "sim/simulated/world_sleep.h"

namespace gregor::simulated {

/// A node's trace: counted, digested, a cue, and a line only for who reads along.
class ProcessTrace final : public Trace {
public:
    ProcessTrace(World& world, const std::string& node)
        : world_(world), node_(node), node_hash_(EventName(node).hash()) {
        set_detailed(world.traced());
    }

protected:
    void count(EventName name) override { world_.observe(node_, node_hash_, name); }
    void line(EventName name, std::string_view values) override {
        world_.options_.trace(trace_line(to_string(world_.now()), node_, name, values));
    }

private:
    World& world_;
    std::string node_;
    std::uint64_t node_hash_;
};

/// One incarnation of a node: its Runtime, its program and its fibers.
class Machine::Process final : public Runtime {
public:
    Process(Machine& machine, std::uint64_t incarnation)
        : machine_(machine),
          world_(machine.world_),
          own_random_(world_.stream("process " + machine.name_, incarnation)),
          clock_(world_.scheduler_, Instant(own_random_.between(Duration(1s), Duration(1000s))),
                 world_.options_.wall_start + machine.model_.wall_skew +
                     world_.now().time_since_epoch()),
          network_(world_.network_, machine.name_),
          disk_(world_.scheduler_, machine.disk_),
          trace_(world_, machine.name_),
          tasks_(world_.scheduler_, machine.name_, &clock_) {
        clock_.set_drift(machine.model_.drift_ppm);
    }

    Clock& clock() override { return clock_; }
    Random& random() override { return own_random_; }
    Network& network() override { return network_; }
    Disk& disk() override { return disk_; }
    TaskGroup& tasks() override { return tasks_; }
    Trace& trace() override { return trace_; }
    void offload(FunctionRef<void()> job) override {
        world_.scheduler_.throw_if_cancelled();
        job();
        const Duration taken =
            own_random_.between(machine_.model_.offload_min, machine_.model_.offload_max);
        finish_at_world_time(world_.scheduler_, world_.now() + taken);
        world_.scheduler_.throw_if_cancelled();
    }

    void start(const ProgramFactory& factory) {
        program_ = factory(*this);
        tasks_.on_empty([this] {
            world_.scheduler_.call_at(world_.now(),
                                      [machine = &machine_] { machine->process_ended(); });
        });
        tasks_.spawn("main", [this] {
            program_->run();
            tasks_.cancel();
        });
    }

    /// Nothing this process still does has any effect.
    void sever() {
        is_severed_ = true;
        disk_.sever();
        network_.sever();
        tasks_.cancel();
        // A paused process dies all the same.
        if (clock_.paused()) world_.scheduler_.unpause(clock_);
    }

    [[nodiscard]] bool is_severed() const { return is_severed_; }
    SimClock& sim_clock() { return clock_; }
    Program* program() { return program_.get(); }

private:
    friend class Machine;

    Machine& machine_;
    World& world_;
    Random own_random_;
    SimClock clock_;
    SimNetwork network_;
    SimDisk disk_;
    ProcessTrace trace_;
    TaskGroup tasks_;
    std::unique_ptr<Program> program_;
    bool is_severed_ = false;
};

// Machine. ----------------------------------------------------------------------------------------

Machine::Machine(World& world, std::string name, MachineModel model)
    : world_(world), name_(std::move(name)), model_(model) {
    disk_.model = model.disk;
    disk_.random = world.stream("disk " + name_);
    disk_.counters = &world.counters_;
    disk_.digest = &world.digest_;
}

Machine::~Machine() { CHECK(process_ == nullptr, "machine {} dies with a process", name_); }

void Machine::start(ProgramFactory factory) {
    factory_ = std::move(factory);
    start_again();
}

void Machine::start_again() {
    if (process_ != nullptr || !factory_ || retired_ || world_.shutting_down_) return;
    world_.network_.attach(name_);
    ++starts_;
    process_ = std::make_unique<Process>(*this, starts_);
    world_.trace("process_started", fmt::format("node={} start={}", name_, starts_));
    process_->start(factory_);
}

bool Machine::running() const { return process_ != nullptr; }

bool Machine::alive() const { return process_ != nullptr && !process_->is_severed(); }

void Machine::kill(std::function<void()> then) {
    if (then) when_ended_.push_back(std::move(then));
    if (process_ == nullptr) return;
    world_.trace("process_killed", fmt::format("node={}", name_));
    process_->sever();
    world_.network_.process_died(name_);
}

void Machine::lose_power(std::function<void()> then, CrashPolicy* policy) {
    if (then) when_ended_.push_back(std::move(then));
    if (process_ != nullptr) process_->sever();
    world_.network_.power_lost(name_);
    RandomCrashPolicy drawn(disk_.random);
    last_power_loss_ = disk_.store->crash(policy != nullptr ? *policy : drawn);
    ++power_losses_;
    world_.trace("power_lost",
                 fmt::format("node={} lost_data={} lost_names={}", name_,
                             last_power_loss_.lost_data, last_power_loss_.lost_names));
}

void Machine::stop(std::function<void()> then) {
    if (then) when_ended_.push_back(std::move(then));
    if (process_ == nullptr) return;
    world_.trace("process_asked_to_stop", fmt::format("node={}", name_));
    process_->program()->request_stop();
}

void Machine::retire() {
    retired_ = true;
    stop();
}

void Machine::pause() {
    if (process_ != nullptr) world_.scheduler_.pause(process_->sim_clock());
}

void Machine::unpause() {
    if (process_ != nullptr && process_->sim_clock().paused()) {
        world_.scheduler_.unpause(process_->sim_clock());
    }
}

Runtime& Machine::runtime() {
    CHECK(process_ != nullptr, "{} does not run", name_);
    return *process_;
}

Program* Machine::program() { return process_ == nullptr ? nullptr : process_->program(); }

SimClock& Machine::clock() {
    CHECK(process_ != nullptr, "{} does not run", name_);
    return process_->sim_clock();
}

void Machine::process_ended() {
    world_.network_.process_died(name_);
    process_ = nullptr;
    world_.trace("process_ended", fmt::format("node={}", name_));
    const auto listeners = std::exchange(when_ended_, {});
    for (const auto& then : listeners) then();
    if (listeners.empty() && restart_after_) {
        world_.scheduler_.call_at(world_.now() + *restart_after_, [this] { start_again(); });
    }
}

// World. ------------------------------------------------------------------------------------------

bool World::VirtualTime::wait(Instant deadline) {
    if (deadline == kNever) return false;
    now_ = std::max(now_, deadline);
    return true;
}

World::World(std::uint64_t seed, WorldOptions options)
    : seed_(seed),
      options_(std::move(options)),
      scheduling_(stream("scheduling")),
      scheduler_(time_,
                 {.stack_size = options_.stack_size, .random = &scheduling_, .digest = &digest_}),
      network_(scheduler_, seed, options_.network, counters_, &digest_) {
    network_.set_bit_flips(
        {.where = options_.bits_flip_in,
         .on_flip = [this](std::string_view line) { trace("bit_flipped", line); }});
}

World::~World() { shut_down(); }

Machine& World::add_machine(const std::string& name, MachineModel model) {
    machines_.push_back(std::make_unique<Machine>(*this, name, model));
    network_.attach(name);
    return *machines_.back();
}

Machine& World::machine(std::string_view name) {
    for (const auto& machine : machines_) {
        if (machine->name() == name) return *machine;
    }
    UNREACHABLE("no machine {}", name);
}

bool World::run_until(Instant time) {
    arm_tripwire();
    const bool goes_on = scheduler_.run_until(time);
    disarm_tripwire();
    return goes_on;
}

void World::shut_down() {
    shutting_down_ = true;
    for (const auto& machine : machines_) machine->kill();
    const auto any_running = [this] {
        return std::any_of(machines_.begin(), machines_.end(),
                           [](const auto& machine) { return machine->running(); });
    };
    for (int turns = 0; any_running(); ++turns) {
        CHECK(turns < 1000, "killed processes do not end");
        run_until(now() + 10ms);
    }
}

Random World::stream(std::string_view purpose, std::uint64_t index) {
    Random random = Random::stream(seed_, purpose, index);
    random.set_witness(&digest_);
    return random;
}

void World::at_cue(const Cue& cue, std::function<void()> action) {
    at_cue_of(cue, [action = std::move(action)](const std::string&) { action(); });
}

void World::at_cue_of(const Cue& cue, std::function<void(const std::string& node)> action) {
    CHECK(cue.occurrence > 0);
    cues_.push_back({.event_hash = EventName(cue.event).hash(),
                     .node = cue.node == kAnyone ? "" : cue.node,
                     .left = cue.occurrence,
                     .action = std::move(action)});
}

void World::watch(std::string_view event, std::function<void()> action) {
    watches_.push_back({EventName(event).hash(), std::move(action)});
}

void World::observe(const std::string& node, std::uint64_t node_hash, EventName name) {
    digest_.add(name.hash() ^ node_hash);
    for (const Watch& each : watches_) {
        if (each.event_hash == name.hash()) each.action();
    }
    if (cues_.empty()) [[likely]]
        return;
    for (std::size_t i = 0; i < cues_.size(); ++i) {
        ArmedCue& cue = cues_[i];
        if (cue.event_hash != name.hash()) continue;
        if (!cue.node.empty() && cue.node != node) continue;
        if (--cue.left > 0) continue;
        const auto action = std::move(cue.action);
        cues_.erase(cues_.begin() + static_cast<std::ptrdiff_t>(i--));
        action(node);
    }
}

void World::trace(EventName name, std::string_view values) {
    digest_.add(name.hash());
    if (options_.trace) options_.trace(trace_line(to_string(now()), "world", name, values));
}

}  // namespace gregor::simulated
