// One run: the world, the broker, the clients; a phase with faults, a phase in which everything
// must come right, a drain, and the disk's own word.
#include "scenarios/clients/programs.h"
#include "scenarios/clients/workload.h"
#include "scenarios/platter.h"
#include "scenarios/single_node/plan_check.h"
#include "scenarios/single_node/single_node.h"
#include "sim/simulated/fault_injector.h"
#include "sim/simulated/world.h"

namespace gregor::scenarios::single_node {
namespace {

using clients::Counts;
using clients::PartitionUnderTest;
using clients::Phase;
using clients::Workload;
using simulated::Fault;
using simulated::FaultKind;
using simulated::Machine;

/// After the faults heal everything must be answered and read within this: the clients' timeouts, a
/// recovery and a restart of the broker, with room.
constexpr Duration kLivenessBound = 120s;

// What a default run must have met; below it a run proves nothing.
constexpr std::uint64_t kFloorAcknowledged = 2000;
constexpr std::uint64_t kFloorFaults = 10;
constexpr std::uint64_t kFloorCrashes = 2;

class SingleNodeRun final : simulated::FaultInjector::Observer {
public:
    SingleNodeRun(const simulated::Plan& plan, const RunOptions& options)
        : plan_(plan),
          options_(options),
          world_(plan.seed, {.network = plan.network,
                             .bits_flip_in = clients::checksummed_bytes,
                             .trace = options.trace}),
          judge_([this] { return world_.now(); }, [this] { stop_at_violation(); }, options.mute),
          workload_(plan, judge_, world_.network()),
          config_(*broker_config(plan)),
          injector_(world_, this) {}

    RunReport run() {
        workload_.acknowledged_floor = floor("floor_acknowledged", kFloorAcknowledged);
        workload_.brokers = {{"n1", 9092}};
        make_partitions();
        start_broker();
        start_clients();
        injector_.arm(plan_.faults);
        run_for(plan_.duration);
        injector_.heal();
        workload_.phase = Phase::finishing;
        if (finish("clients", [this] {
                return workload_.producers_left == 0 && workload_.consumers_left == 0 &&
                       workload_.admin_done;
            })) {
            drain();
        }
        world_.shut_down();
        if (!judge_.violation() && !ended_early()) check_disk();
        return report();
    }

private:
    void make_partitions() {
        const bool synced = plan_.broker.contains("log.flush.interval.messages");
        for (std::int64_t topic = 0; topic < workload_.setting("topics"); ++topic) {
            for (std::int64_t index = 0; index < workload_.setting("partitions"); ++index) {
                PartitionUnderTest partition{.topic = fmt::format("t{}", topic),
                                             .index = static_cast<std::int32_t>(index)};
                partition.history = std::make_unique<PartitionHistory>(
                    judge_, PartitionHistory::Options{.name = fmt::format("t{}-{}", topic, index),
                                                      .synced_before_answer = synced});
                workload_.partitions.push_back(std::move(partition));
            }
        }
    }

    void start_broker() {
        broker_ = &world_.add_machine("n1", {.disk = plan_.disk});
        broker_->restart_after(500ms);
        broker_->start([this](Runtime& runtime) {
            return std::make_unique<NodeProgram>(
                runtime, config_, "c2luZ2xlLW5vZGUtcnVucw",
                [this](const std::string& why) { judge_failure(why); });
        });
    }

    void start_clients() {
        const auto machines = static_cast<std::size_t>(workload_.setting("clients"));
        bodies_.resize(machines);
        std::size_t next = 0;
        const auto add = [&](const std::string& name, ClientProgram::Body body) {
            const std::size_t place = next++ % machines;
            workload_.machines[name] = fmt::format("c{}", place);
            bodies_[place].push_back(std::move(body));
        };
        add("admin", [this](Runtime& runtime) { clients::run_admin(workload_, runtime); });
        for (std::int64_t i = 0; i < workload_.setting("producers"); ++i) {
            ++workload_.producers_left;
            add(fmt::format("producer-{}", i), [this, i](Runtime& runtime) {
                while (!workload_.topics_made) runtime.clock().sleep_for(50ms);
                clients::run_producer(workload_, runtime, static_cast<std::uint32_t>(i));
            });
        }
        for (std::int64_t i = 0; i < workload_.setting("consumers"); ++i) {
            ++workload_.consumers_left;
            add(fmt::format("consumer-{}", i), [this, i](Runtime& runtime) {
                clients::run_consumer(workload_, runtime, static_cast<std::uint32_t>(i));
            });
        }
        for (std::size_t i = 0; i < machines; ++i) {
            world_.add_machine(fmt::format("c{}", i), {}).start([this, i](Runtime& runtime) {
                return std::make_unique<ClientProgram>(runtime, bodies_[i]);
            });
        }
    }

    void stop_at_violation() { world_.stop(); }

    [[nodiscard]] bool ended_early() const {
        return options_.until && world_.now() >= *options_.until;
    }

    void run_for(Duration duration) {
        Instant end = world_.now() + duration;
        if (options_.until) end = std::min(end, *options_.until);
        while (!judge_.violation() && world_.now() < end) {
            if (!world_.run_until(std::min(end, world_.now() + kInvariantInterval))) break;
            check_broker();
        }
    }

    /// Runs until `done`; false and a violation when the bound passes first.
    template <class Done>
    bool finish(std::string_view who, Done&& done) {
        const Instant bound = world_.now() + kLivenessBound;
        while (!done() && !judge_.violation() && !ended_early()) {
            if (world_.now() >= bound) {
                std::string stuck;
                for (const auto& [name, what] : workload_.doing) {
                    stuck += fmt::format("; {}: {}", name, what);
                }
                judge_.violated("V3", "{} s after the faults healed the {} have not finished{}",
                                std::chrono::floor<std::chrono::seconds>(kLivenessBound).count(),
                                who, stuck);
                return false;
            }
            run_for(100ms);
        }
        return !judge_.violation() && !ended_early();
    }

    void drain() {
        drain_body_.push_back([this](Runtime& runtime) { clients::run_drain(workload_, runtime); });
        world_.add_machine("drain", {}).start([this](Runtime& runtime) {
            return std::make_unique<ClientProgram>(runtime, drain_body_);
        });
        finish("drain", [this] { return workload_.drained; });
    }

    /// A failing disk may stop a broker. A damaged file may not: no fault of this scenario damages
    /// files outside one partition's folder, so a crash must have left it so (L8).
    void judge_failure(const std::string& why) {
        if (why.find("damaged") != std::string::npos) {
            judge_.violated("L8", "the broker does not start: {}", why);
        }
    }

    /// The broker's own invariants, and that every partition which no fault has damaged came back.
    void check_broker() {
        if (!broker_->running()) return;
        auto* replicas = static_cast<NodeProgram&>(*broker_->program()).serving_replicas();
        if (replicas == nullptr) return;
        replicas->check_invariants();
        for (const PartitionUnderTest& partition : workload_.partitions) {
            if (partition.history->is_damaged() || partition.history->do_syncs_lie()) continue;
            const auto hosted = replicas->find({partition.topic, partition.index});
            judge_.compared();
            if (hosted != nullptr && hosted->log == nullptr) {
                judge_.violated("L8", "{} is offline after recovery", partition.history->name());
            }
        }
    }

    /// The run is over and the broker was killed: its files must hold what was told (L1, L2, L7).
    void check_disk() {
        const auto on_disk = read_partitions(*broker_->disk().store);
        for (const PartitionUnderTest& partition : workload_.partitions) {
            const PartitionHistory& history = *partition.history;
            if (history.is_damaged()) continue;
            const auto it = on_disk.find(history.name());
            judge_.compared();
            if (it == on_disk.end()) {
                judge_.violated("L1", "{} has no files", history.name());
                continue;
            }
            if (!it->second.damage.empty()) {
                judge_.violated("L1", "{}: {}", history.name(), it->second.damage);
            }
            if (!it->second.epoch_fall.empty()) {
                judge_.violated("L2", "{}: {}", history.name(), it->second.epoch_fall);
            }
        }
    }

    // What happens to the broker, as it happens. --------------------------------------------------

    void before(const Fault& fault, Machine& machine) override {
        if (fault.kind != FaultKind::power_loss || &machine != broker_) return;
        const auto durable = read_durable_partitions(*machine.disk().store);
        for (PartitionUnderTest& partition : workload_.partitions) {
            const auto it = durable.find(partition.history->name());
            partition.history->lost_power(it == durable.end() ? 0 : it->second.end);
        }
    }

    void after(const Fault& fault, Machine& machine) override {
        if (&machine != broker_) return;
        if (fault.kind == FaultKind::kill || fault.kind == FaultKind::power_loss) ++crashes_;
        const bool damages = fault.kind == FaultKind::disk_bit_rot ||
                             fault.kind == FaultKind::disk_misdirected_write;
        for (PartitionUnderTest& partition : workload_.partitions) {
            if (("data/" + partition.history->name() + "/").find(fault.path) == std::string::npos) {
                continue;
            }
            if (damages) partition.history->damaged();
            if (fault.kind == FaultKind::disk_lying_sync) partition.history->syncs_lie();
        }
    }

    RunReport report() {
        RunReport report;
        report.violation = judge_.violation();
        report.muted = judge_.muted();
        report.digest = world_.digest();
        report.digest_events = world_.running_digest().count();
        report.faults = world_.counters();
        report.simulated = world_.now().time_since_epoch();
        const Counts& counts = workload_.counts;
        report.counts = {
            {"acknowledged_sends", counts.acknowledged_sends},
            {"produce_requests", counts.produce_requests},
            {"fetch_requests", counts.fetch_requests},
            {"incremental_fetches", counts.incremental_fetches},
            {"lost_fetch_sessions", counts.lost_fetch_sessions},
            {"records_read", counts.records_read},
            {"unknown_sends", counts.unknown_sends},
            {"failed_sends", counts.failed_sends},
            {"retried_batches", counts.retried_batches},
            {"pipelined_sends", counts.pipelined_sends},
            {"reset_producers", counts.reset_producers},
            {"damaged_requests", counts.damaged_requests},
            {"damaged_answers", counts.damaged_answers},
            {"comparisons", judge_.comparisons()},
            {"crashes_recovered", crashes_},
            {"faults_fired", world_.counters().total()},
            {"events", world_.scheduler().switches() + world_.scheduler().timers_fired()},
            {"checked_operations", counts.produce_requests + counts.fetch_requests},
        };
        for (const PartitionUnderTest& partition : workload_.partitions) {
            report.counts["excused_losses"] += partition.history->excused_count();
        }
        if (!ended_early() && !report.violation) report.shortfall = shortfall(report);
        return report;
    }

    /// What the plan asks for, else the standard.
    [[nodiscard]] std::uint64_t floor(const std::string& key, std::uint64_t standard) const {
        const auto it = plan_.workload.find(key);
        return it == plan_.workload.end() ? standard : static_cast<std::uint64_t>(it->second);
    }

    [[nodiscard]] std::string shortfall(const RunReport& report) const {
        const std::array<std::tuple<std::string_view, std::uint64_t, std::uint64_t>, 3> floors{{
            {"acknowledged sends", report.counts.at("acknowledged_sends"),
             workload_.acknowledged_floor},
            {"fired faults", report.counts.at("faults_fired"), floor("floor_faults", kFloorFaults)},
            {"crashes with recovery", crashes_, floor("floor_crashes", kFloorCrashes)},
        }};
        for (const auto& [what, reached, wanted] : floors) {
            if (reached < wanted) {
                return fmt::format("{} {}, the floor is {}", reached, what, wanted);
            }
        }
        return judge_.comparisons() == 0 ? "nothing was compared" : "";
    }

    static constexpr Duration kInvariantInterval = 500ms;

    const simulated::Plan& plan_;
    const RunOptions& options_;
    simulated::World world_;
    Judge judge_;
    Workload workload_;
    server::Config config_;
    simulated::FaultInjector injector_;
    Machine* broker_ = nullptr;
    std::vector<std::vector<ClientProgram::Body>> bodies_;
    std::vector<ClientProgram::Body> drain_body_;
    std::uint64_t crashes_ = 0;
};

class SingleNode final : public Scenario {
public:
    std::string_view name() const override { return "single-node"; }
    std::string_view summary() const override {
        return "one broker through crashes, lost writes, bad disks, networks and clocks";
    }
    simulated::Plan expand(std::uint64_t seed, const Numbers& given) const override {
        return draw_plan(seed, given);
    }
    Result<void, std::string> check_numbers(const Numbers& numbers) const override {
        return single_node::check_numbers(numbers);
    }
    Result<void, std::string> check_plan(const simulated::Plan& plan) const override {
        return single_node::check_plan(plan);
    }
    RunReport run(const simulated::Plan& plan, const RunOptions& options) const override {
        return single_node::run(plan, options);
    }
};

}  // namespace

RunReport run(const simulated::Plan& plan, const RunOptions& options) {
    const auto sound = check_plan(plan);
    CHECK(sound.has_value(), "a plan that nobody checked: {}", sound.error());
    return SingleNodeRun(plan, options).run();
}

}  // namespace gregor::scenarios::single_node

namespace gregor::scenarios {

std::unique_ptr<Scenario> make_single_node() { return std::make_unique<single_node::SingleNode>(); }

}  // namespace gregor::scenarios
