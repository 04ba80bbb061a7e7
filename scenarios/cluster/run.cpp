// One run: the world, the nodes, the clients; a phase with faults, a phase in which everything must
// come right, a drain, and what the disks say.
#include <algorithm>
#include <deque>

#include "scenarios/applications/application_run.h"
#include "scenarios/clients/workload.h"
#include "scenarios/cluster/administrator.h"
#include "scenarios/cluster/cluster.h"
#include "scenarios/cluster/drawing.h"
#include "scenarios/cluster/group_lookup.h"
#include "scenarios/cluster/health.h"
#include "scenarios/cluster/leftovers.h"
#include "scenarios/cluster/metrics_check.h"
#include "scenarios/cluster/plan_check.h"
#include "scenarios/cluster/roles.h"
#include "scenarios/cluster/tuning.h"
#include "scenarios/cluster/voter_administrator.h"
#include "scenarios/cluster/watches.h"
#include "sim/simulated/fault_injector.h"

namespace gregor::scenarios::cluster {
namespace {

using clients::Counts;
using clients::PartitionUnderTest;
using clients::Phase;
using clients::Workload;
using simulated::Fault;
using simulated::FaultKind;
using simulated::Machine;

class ClusterRun final : simulated::FaultInjector::Observer {
public:
    ClusterRun(const Drawing& drawing, const simulated::Plan& plan, const RunOptions& options)
        : drawing_(drawing),
          plan_(plan),
          options_(options),
          world_(plan.seed, {.network = plan.network,
                             .bits_flip_in = clients::checksummed_bytes,
                             .trace = options.trace}),
          judge_([this] { return world_.now(); }, [this] { world_.stop(); }, options.mute),
          workload_(plan, judge_, world_.network()),
          configs_(*node_configs(plan)),
          watches_(plan, world_, workload_, nodes_, configs_.front()),
          groups_(nodes_),
          initial_voters_(initial_voters(plan)),
          administrator_(world_, workload_, nodes_),
          voter_administrator_(world_, workload_, nodes_),
          injector_(world_, this) {
        if (drawing.application == nullptr) return;
        application_ = std::make_unique<applications::ApplicationRun>(
            *drawing.application, world_, workload_, [this] { return partitions_of_topics(); },
            applications::HistoryWorld{
                .now = [this] { return world_.now(); },
                .has_replaced_coordinator =
                    [this](const std::string& group) {
                        return groups_.has_replaced_coordinator(group);
                    },
                .counts_member =
                    [this](const std::string& group, const std::string& member_id) {
                        return groups_.counts_member(group, member_id);
                    },
                .line = options.history});
    }

    RunReport run() {
        workload_.acknowledged_floor = floor("floor_acknowledged", drawing_.floor_acknowledged);
        workload_.replication_factor =
            static_cast<std::int16_t>(workload_.setting("replication_factor"));
        if (application_ == nullptr) make_partitions();
        watches_.begin();
        start_nodes();
        start_clients();
        injector_.arm(plan_.faults);
        run_for(plan_.duration);
        watches_.faults_end();
        injector_.heal();
        watches_.healed();
        if (workload_.optional_setting("cut_off_controller") != 0) cut_off_controller();
        workload_.phase = Phase::finishing;
        bool is_at_rest = false;
        if (finish_clients() && finish_application()) {
            is_at_rest = finish_health();
            if (goes_on()) is_at_rest = drain() && is_at_rest;
        }
        if (goes_on()) watches_.judge_rest();
        std::string unproven;
        if (application_ != nullptr) unproven = application_->judge_history();
        world_.shut_down();
        if (!ended_early()) watches_.judge_end();
        if (is_at_rest && goes_on()) {
            compare_disks(nodes_, judge_);
            check_formats(nodes_, plan_, judge_);
        }
        return report(std::move(unproven));
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
                                                      .synced_before_answer = synced,
                                                      .has_elections = true});
                workload_.partitions.push_back(std::move(partition));
            }
        }
    }

    void start_nodes() {
        for (const server::Config& config : configs_) {
            const std::string name = fmt::format("n{}", config.node_id().value());
            Machine& machine = world_.add_machine(name, {.disk = plan_.disk});
            nodes_.all.push_back({.id = config.node_id().value(),
                                  .machine = &machine,
                                  .is_broker = config.is_broker(),
                                  .is_controller = config.is_controller()});
            if (config.is_broker()) workload_.brokers.push_back({name, 9092});
            machine.restart_after(500ms);
            const bool is_first_voter = initial_voters_.contains_id(config.node_id());
            administrator_.start_when_due(nodes_.all.size() - 1, [=, this, &machine, &config] {
                machine.start([=, this, &config](Runtime& runtime) {
                    return std::make_unique<NodeProgram>(
                        runtime, config, "c2ltdWxhdGVkLWNsdXN0ZQ",
                        [this, name](const std::string& why) { judge_failure(name, why); },
                        is_first_voter ? initial_voters_ : raft::VoterSet());
                });
            });
        }
    }

    void start_clients() {
        if (application_ != nullptr) application_->start_machines();
        const auto machines = static_cast<std::size_t>(workload_.setting("clients"));
        bodies_.resize(machines);
        std::size_t next = 0;
        const auto add = [&](const std::string& name, ClientProgram::Body body) {
            const std::size_t place = next++ % machines;
            workload_.machines[name] = fmt::format("c{}", place);
            bodies_[place].push_back(std::move(body));
        };
        add("admin", [this](Runtime& runtime) { run_admin(workload_, runtime); });
        if (administrator_.has_work()) {
            add("administrator", [this](Runtime& runtime) { administrator_.run(runtime); });
        }
        if (voter_administrator_.has_work()) {
            add("voter-administrator",
                [this](Runtime& runtime) { voter_administrator_.run(runtime); });
        }
        if (workload_.optional_setting("questions") != 0) {
            start_apart("interview",
                        [this](Runtime& runtime) { watches_.interview().ask_at_random(runtime); });
            start_apart("inquiry",
                        [this](Runtime& runtime) { watches_.inquiry().ask_at_random(runtime); });
        }
        if (workload_.optional_setting("tuning") != 0) {
            start_apart("tuning", [this](Runtime& runtime) { run_tuning(workload_, runtime); });
        }
        if (workload_.optional_setting("recreations") != 0) {
            start_apart("recreator",
                        [this](Runtime& runtime) { run_recreator(workload_, runtime); });
        }
        if (application_ != nullptr) return start_operator();
        for (std::int64_t i = 0; i < workload_.setting("producers"); ++i) {
            ++workload_.producers_left;
            add(fmt::format("producer-{}", i), [this, i](Runtime& runtime) {
                while (!workload_.topics_made) runtime.clock().sleep_for(50ms);
                run_producer(workload_, runtime, static_cast<std::uint32_t>(i));
            });
        }
        for (std::int64_t i = 0; i < workload_.setting("consumers"); ++i) {
            ++workload_.consumers_left;
            add(fmt::format("consumer-{}", i), [this, i](Runtime& runtime) {
                run_consumer(workload_, runtime, static_cast<std::uint32_t>(i));
            });
        }
        for (std::size_t i = 0; i < machines; ++i) {
            world_.add_machine(fmt::format("c{}", i), {}).start([this, i](Runtime& runtime) {
                return std::make_unique<ClientProgram>(runtime, bodies_[i]);
            });
        }
    }

    /// On a machine of its own, so that the other clients draw what they draw without.
    void start_apart(const std::string& name, ClientProgram::Body body) {
        workload_.machines[name] = name;
        bodies_apart_.push_back({std::move(body)});
        world_.add_machine(name, {}).start([&bodies = bodies_apart_.back()](Runtime& runtime) {
            return std::make_unique<ClientProgram>(runtime, bodies);
        });
    }

    /// Who administers the cluster beside an application, on a machine without faults.
    void start_operator() {
        for (std::vector<ClientProgram::Body>& each : bodies_) {
            std::ranges::move(each, std::back_inserter(operator_body_));
        }
        for (auto& [name, machine] : workload_.machines) machine = "operator";
        world_.add_machine("operator", {}).start([this](Runtime& runtime) {
            return std::make_unique<ClientProgram>(runtime, operator_body_);
        });
    }

    /// Of the topics that have a history.
    [[nodiscard]] std::vector<client::TopicPartition> partitions_of_topics() {
        std::vector<client::TopicPartition> all;
        nodes_.look_at_images();
        if (nodes_.image() == nullptr) return all;
        for (const auto& [id, topic] : nodes_.image()->topics()) {
            if (!drawing_.application->has_history_of(topic->name)) continue;
            for (const auto& [index, state] : topic->partitions) {
                all.push_back({topic->name, index});
            }
        }
        std::ranges::sort(all);
        return all;
    }

    /// What stays broken: the active controller, or else the first, and the other voters do not
    /// hear of each other any more, while brokers and clients reach them all. A majority is left.
    void cut_off_controller() {
        ClusterNode* chosen = nullptr;
        for (ClusterNode& each : nodes_.all) {
            if (!each.is_controller) continue;
            server::Node* node = each.serving();
            const bool is_active = node != nullptr && node->metadata().controller().is_active();
            if (chosen == nullptr || is_active) chosen = &each;
        }
        chosen->is_cut_off = true;
        for (const ClusterNode& other : nodes_.all) {
            if (!other.is_controller || &other == chosen) continue;
            world_.network().block(chosen->machine->name(), other.machine->name(), gregor::kNever);
            world_.network().block(other.machine->name(), chosen->machine->name(), gregor::kNever);
        }
    }

    [[nodiscard]] bool ended_early() const {
        return options_.until && world_.now() >= *options_.until;
    }

    [[nodiscard]] bool goes_on() const { return !judge_.violation() && !ended_early(); }

    void run_for(Duration duration) {
        Instant end = world_.now() + duration;
        if (options_.until) end = std::min(end, *options_.until);
        while (!judge_.violation() && world_.now() < end) {
            if (!world_.run_until(std::min(end, world_.now() + kStep))) break;
            watches_.look();
        }
    }

    /// Twice what it takes to find out that somebody is gone and to agree on it, for the quorum,
    /// the controller, the leaders and TCP, with room for recoveries and the clients' own timeouts.
    [[nodiscard]] Duration liveness_bound() const {
        const server::Config& config = configs_.front();
        const Duration agreeing = config.milliseconds("controller.quorum.fetch.timeout.ms") +
                                  config.milliseconds("controller.quorum.election.timeout.ms") +
                                  config.milliseconds("broker.session.timeout.ms") +
                                  config.milliseconds("replica.lag.time.max.ms") +
                                  config.milliseconds("replica.socket.timeout.ms");
        const Duration of_application =
            application_ == nullptr ? Duration() : application_->application().patience();
        return 2 * (agreeing + plan_.network.tcp_timeout + plan_.network.connect_timeout) +
               of_application + 30s;
    }

    /// Runs until `look` finds nothing stuck; false and a violation, be it muted, when the bound
    /// passes first.
    template <class Look>
    bool finish(Look&& look) {
        const Instant bound = world_.now() + liveness_bound();
        for (Stuck stuck = look(); !stuck.text.empty(); stuck = look()) {
            replace_failed_disks();
            if (judge_.violation() || ended_early()) return false;
            if (world_.now() >= bound) {
                // Something wrong may be why, and came first.
                if (application_ != nullptr && !judge_.mutes(stuck.invariant)) {
                    static_cast<void>(application_->judge_history());
                }
                judge_.violated(stuck.invariant, "{} s after the faults healed: {}",
                                std::chrono::floor<std::chrono::seconds>(liveness_bound()).count(),
                                stuck.text);
                return false;
            }
            run_for(kStep);
        }
        return goes_on();
    }

    /// A log directory that has failed is taken into use again as its node starts.
    void replace_failed_disks() {
        for (const ClusterNode& each : nodes_.all) {
            server::Node* const node = each.serving();
            if (node == nullptr || node->find_replicas() == nullptr) continue;
            const log::LogManager& logs = node->find_replicas()->logs();
            for (std::size_t i = 0; i < logs.folders().size(); ++i) {
                if (logs.has_failed(i)) each.machine->stop();
            }
        }
    }

    [[nodiscard]] std::string unfinished_clients() const {
        std::string text;
        for (const auto& [name, what] : workload_.doing) {
            text += fmt::format("{}{}: {}", text.empty() ? "" : "; ", name, what);
        }
        return text.empty() ? "clients" : text;
    }

    /// Clients that wait for a cluster which does not come right are not those who are stuck.
    bool finish_clients() {
        return finish([this]() -> Stuck {
            const bool done = workload_.producers_left == 0 && workload_.consumers_left == 0 &&
                              workload_.admin_done && administrator_.is_done() &&
                              voter_administrator_.is_done();
            const Stuck application =
                application_ == nullptr ? Stuck{} : application_->unfinished();
            if (done && application.text.empty()) return {};
            const Stuck cluster = what_is_stuck(nodes_);
            const std::string_view first = done ? application.invariant : "V3";
            // Where members go on committing, replicas are never equal for long.
            const bool is_at_rest = application_ == nullptr;
            const bool is_clusters =
                !cluster.text.empty() && (is_at_rest || cluster.invariant != "V2");
            const std::string who = done ? application.text : unfinished_clients() + " — ";
            return {is_clusters ? cluster.invariant : first, who + cluster.text};
        });
    }

    bool finish_health() {
        const auto stuck = [this] { return what_is_stuck(nodes_); };
        const auto misled = [this] {
            return is_rebalanced_soon() ? who_does_not_lead_again(nodes_) : Stuck{};
        };
        return finish(stuck) && finish(misled) && finish([this] -> Stuck {
                   const std::string text = voter_administrator_.what_is_stuck();
                   return text.empty() ? Stuck{} : Stuck{"V4", text};
               }) &&
               finish([this] { return what_is_undecided(nodes_); });
    }

    /// A controller that looks at its leaders more seldom is not waited for.
    [[nodiscard]] bool is_rebalanced_soon() const {
        const server::Config& config = configs_.front();
        return config.boolean("auto.leader.rebalance.enable") &&
               config.integer("leader.imbalance.check.interval.seconds") <= 30;
    }

    /// Files of what was deleted are not waited for where they go later.
    [[nodiscard]] bool are_deleted_soon() const {
        return configs_.front().topic_defaults()->file_delete_delay_ms <= 10'000;
    }

    bool drain() {
        drain_body_.push_back([this](Runtime& runtime) { run_drain(workload_, runtime); });
        world_.add_machine("drain", {}).start([this](Runtime& runtime) {
            return std::make_unique<ClientProgram>(runtime, drain_body_);
        });
        const auto undrained = [this]() -> Stuck {
            return {"V3", workload_.drained ? "" : unfinished_clients()};
        };
        if (!finish(undrained) || !finish_health()) return false;
        start_apart("last-interview",
                    [this](Runtime& runtime) { watches_.interview().ask_all(runtime); });
        start_apart("last-inquiry",
                    [this](Runtime& runtime) { watches_.inquiry().ask_all(runtime); });
        return finish([this]() -> Stuck {
                   const bool are_done =
                       watches_.interview().is_done() && watches_.inquiry().is_done();
                   return {"V3", are_done ? "" : unfinished_clients()};
               }) &&
               finish([this]() -> Stuck { return {"O1", what_metrics_get_wrong(nodes_)}; }) &&
               finish([this] { return what_nobody_hosts(nodes_); }) && finish([this] {
                   return are_deleted_soon() ? what_is_left_of_the_deleted(nodes_) : Stuck{};
               }) &&
               finish_health();  // last: disks are compared as they are now
    }

    /// What it did is read, and its machines are at rest.
    bool finish_application() {
        if (application_ == nullptr) return true;
        application_->start_closing_reads();
        if (!finish([this] { return application_->unread(); })) return false;
        application_->stop_machines();
        return finish([this] { return application_->unstopped(); });
    }

    /// A failing disk may stop a node. Nothing else may, and no crash may leave a damaged file.
    void judge_failure(const std::string& node, const std::string& why) {
        if (why.find("damaged") != std::string::npos) {
            judge_.violated("L8", "{} does not start: {}", node, why);
        } else if (!has_failing_disks()) {
            judge_.violated("V4", "{} stopped: {}", node, why);
        }
    }

    [[nodiscard]] bool has_failing_disks() const {
        return std::any_of(plan_.faults.begin(), plan_.faults.end(),
                           [](const Fault& fault) { return shape_of(fault.kind).path; });
    }

    // What happens to the nodes, as it happens. ---------------------------------------------------

    std::string who_is(const std::string& name) override { return cluster::who_is(name, nodes_); }

    void before(const Fault& fault, Machine& machine) override {
        watches_.before(fault, nodes_.find(machine));
    }

    void after(const Fault& fault, Machine& machine) override {
        const ClusterNode* const node = nodes_.find(machine);
        watches_.after(fault, node);
        if (fault.kind != FaultKind::kill && fault.kind != FaultKind::power_loss) return;
        ++(node == nullptr ? client_crashes_ : crashes_);
    }

    // The report. ---------------------------------------------------------------------------------

    RunReport report(std::string unproven) {
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
            {"follower_fetches", counts.follower_fetches},
            {"moved_partitions", counts.moved_partitions},
            {"records_read", counts.records_read},
            {"unknown_sends", counts.unknown_sends},
            {"failed_sends", counts.failed_sends},
            {"retried_batches", counts.retried_batches},
            {"pipelined_sends", counts.pipelined_sends},
            {"reset_producers", counts.reset_producers},
            {"comparisons", judge_.comparisons()},
            {"crashes_recovered", crashes_},
            {"client_crashes", client_crashes_},
            {"reassignments_asked", administrator_.counts().reassignments_asked},
            {"reassignments_throttled", administrator_.counts().throttled},
            {"brokers_added", administrator_.counts().brokers_added},
            {"brokers_removed", administrator_.counts().brokers_removed},
            {"voter_changes_asked", voter_administrator_.counts().asked},
            {"voter_changes_done", voter_administrator_.counts().done},
            {"faults_fired", world_.counters().total()},
            {"events", world_.scheduler().switches() + world_.scheduler().timers_fired()},
            {"checked_operations", counts.produce_requests + counts.fetch_requests},
        };
        watches_.add_counts(report.counts);
        if (application_ != nullptr) count_application(report);
        for (const PartitionUnderTest& partition : workload_.partitions) {
            report.counts["excused_losses"] += partition.history->excused_count();
        }
        if (!ended_early() && !report.violation) {
            report.shortfall = unproven.empty() ? shortfall(report) : std::move(unproven);
        }
        return report;
    }

    void count_application(RunReport& report) const {
        const applications::History& history = application_->history();
        report.counts["acknowledged_sends"] = history.acknowledged();
        report.counts["records_read"] = history.records_read();
        report.counts["checked_operations"] = history.events();
        for (const auto& [name, count] : application_->application().counts()) {
            report.counts[name] = count;
        }
    }

    /// What the plan asks for, else the drawing's.
    [[nodiscard]] std::uint64_t floor(const std::string& key, std::uint64_t standard) const {
        const auto it = plan_.workload.find(key);
        return it == plan_.workload.end() ? standard : static_cast<std::uint64_t>(it->second);
    }

    [[nodiscard]] std::string shortfall(const RunReport& report) const {
        const std::array<std::tuple<std::string_view, std::uint64_t, std::uint64_t>, 5> floors{{
            {"acknowledged sends", report.counts.at("acknowledged_sends"),
             workload_.acknowledged_floor},
            {"fired faults", report.counts.at("faults_fired"),
             floor("floor_faults", drawing_.floor_faults)},
            {"crashes with recovery", crashes_, floor("floor_crashes", drawing_.floor_crashes)},
            {"elections", watches_.elections(), floor("floor_elections", drawing_.floor_elections)},
            {"completed reassignments", watches_.completed_reassignments(),
             floor("floor_reassignments",
                   plan_.operations.empty() ? 0 : drawing_.floor_reassignments)},
        }};
        for (const auto& [what, reached, wanted] : floors) {
            if (reached < wanted) {
                return fmt::format("{} {}, the floor is {}", reached, what, wanted);
            }
        }
        if (application_ != nullptr && floor("floor_application", 1) != 0) {
            for (const auto& [what, reached, wanted] : application_->application().floors()) {
                if (reached >= wanted) continue;
                return fmt::format("{} {}, the floor is {}", reached, what, wanted);
            }
        }
        return judge_.comparisons() == 0 ? "nothing was compared" : "";
    }

    static constexpr Duration kStep = 250ms;

    const Drawing& drawing_;
    const simulated::Plan& plan_;
    const RunOptions& options_;
    simulated::World world_;
    Judge judge_;
    Workload workload_;
    std::vector<server::Config> configs_;
    Nodes nodes_;
    Watches watches_;
    GroupLookup groups_;
    raft::VoterSet initial_voters_;  // none: they are configured
    Administrator administrator_;
    VoterAdministrator voter_administrator_;
    simulated::FaultInjector injector_;
    std::vector<std::vector<ClientProgram::Body>> bodies_;
    std::vector<ClientProgram::Body> drain_body_;
    std::deque<std::vector<ClientProgram::Body>> bodies_apart_;
    std::vector<ClientProgram::Body> operator_body_;
    std::unique_ptr<applications::ApplicationRun> application_;
    std::uint64_t crashes_ = 0;
    std::uint64_t client_crashes_ = 0;
};

class ClusterScenario final : public Scenario {
public:
    explicit ClusterScenario(const Drawing& drawing) : drawing_(drawing) {}

    std::string_view name() const override { return drawing_.name; }
    std::string_view summary() const override { return drawing_.summary; }
    simulated::Plan expand(std::uint64_t seed, const Numbers& given) const override {
        return draw_plan(drawing_, seed, given);
    }
    Result<void, std::string> check_numbers(const Numbers& numbers) const override {
        return cluster::check_numbers(drawing_, numbers);
    }
    Result<void, std::string> check_plan(const simulated::Plan& plan) const override {
        return cluster::check_plan(drawing_, plan);
    }
    RunReport run(const simulated::Plan& plan, const RunOptions& options) const override {
        const auto sound = cluster::check_plan(drawing_, plan);
        CHECK(sound.has_value(), "a plan that nobody checked: {}", sound.error());
        return ClusterRun(drawing_, plan, options).run();
    }

private:
    const Drawing& drawing_;
};

}  // namespace
}  // namespace gregor::scenarios::cluster

namespace gregor::scenarios {

std::vector<std::unique_ptr<Scenario>> make_clusters() {
    std::vector<std::unique_ptr<Scenario>> all;
    for (const cluster::Drawing& drawing : cluster::drawings()) {
        all.push_back(make_cluster(drawing));
    }
    return all;
}

std::unique_ptr<Scenario> make_cluster(const cluster::Drawing& drawing) {
    return std::make_unique<cluster::ClusterScenario>(drawing);
}

}  // namespace gregor::scenarios
