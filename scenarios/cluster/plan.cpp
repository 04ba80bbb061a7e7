// What a seed of a cluster scenario is expanded into: topology, settings with short timeouts,
// workload, and the faults of its drawing, at times and at cues.
#include <algorithm>
#include <array>

#include "scenarios/cluster/drawing.h"
#include "scenarios/cluster/roles.h"
#include "scenarios/cluster/scenes.h"
#include "scenarios/cluster/topology.h"
#include "scenarios/cluster/voter_drawing.h"
#include "sim/base/random.h"

namespace gregor::scenarios::cluster {
namespace {

using simulated::Fault;
using simulated::FaultKind;
using simulated::Plan;

constexpr Duration kFaultPhase = 30s;
constexpr std::size_t kTimed = 6;

struct CueEvent {
    std::string_view name;
    /// Later occurrences are not drawn: few runs would come to them.
    std::int64_t last_occurrence = 20;
};

/// What faults are anchored to, besides times.
constexpr std::array<CueEvent, 10> kCueEvents{{
    {"role_changed"},
    {"isr_changed"},
    {"isr_proposed"},
    {"image_published"},
    {"metadata_leader_elected", 3},
    {"controller_activated", 3},
    {"vote_answered", 6},
    {"replica_truncated"},
    {"high_watermark_raised", 1'000},
    {"log_appended", 1'000},
}};

class PlanDrawer {
public:
    PlanDrawer(const Drawing& drawing, std::uint64_t seed, const Numbers& given)
        : drawing_(drawing),
          random_(Random::stream(seed, fmt::format("{} plan", drawing.name))),
          given_(given) {
        plan_.scenario = drawing.name;
        plan_.seed = seed;
        plan_.duration = kFaultPhase;
    }

    Plan draw() {
        draw_topology();
        draw_workload();
        if (drawing_.application != nullptr) drawing_.application->draw_numbers(plan_);
        for (const auto& [key, value] : given_) plan_.workload[key] = value;
        fit_to_given();
        draw_settings();
        if (drawing_.application != nullptr) drawing_.application->draw_settings(plan_);
        if (drawing_.scenes_max > 0) raise_min_isr();
        keep_little_metadata();
        draw_models();
        draw_faults();
        draw_scenes();
        if (drawing_.application != nullptr) draw_faults_of_application();
        draw_operations();
        draw_log_dirs();
        draw_retention();
        draw_formats();
        draw_visitors();
        draw_deletions();
        draw_failover();
        if (changes_voters_) draw_voter_changes(plan_);
        return std::move(plan_);
    }

private:
    /// What was drawn for a topology that the given numbers have replaced.
    void fit_to_given() {
        if (!given_.contains("cut_off_controller") && !can_lose_a_controller()) {
            plan_.workload.erase("cut_off_controller");
        }
        const bool is_apart = workload("separate_controllers") != 0;
        if (!Topology(plan_.workload).has_dynamic_voters) {
            plan_.workload.erase("spare_controllers");
        } else if (!is_apart && !given_.contains("spare_controllers")) {
            const std::int64_t free = workload("brokers") - workload("controllers");
            workload("spare_controllers") = std::min(workload("spare_controllers"), free);
        }
    }

    std::int64_t number(std::int64_t low, std::int64_t high) { return random_.between(low, high); }
    bool coin() { return random_.below(2) == 0; }
    std::int64_t& workload(const std::string& key) { return plan_.workload[key]; }

    void draw_topology() {
        workload("brokers") = 3;
        workload("controllers") = 3;
        workload("separate_controllers") = 0;
        workload("replication_factor") = 3;
        if (drawing_.operations.brokers_come_and_go) {
            // Two more than a topic needs, so that there is somewhere to move while one is away.
            workload("replication_factor") = number(2, 3);
            workload("brokers") = number(workload("replication_factor") + 2, 6);
            workload("separate_controllers") = number(0, 1);
        }
        if (!drawing_.any_topology) return;
        workload("brokers") = number(3, 5);
        workload("separate_controllers") = number(0, 1);
        constexpr std::array<std::int64_t, 4> kVoters{1, 3, 3, 5};
        const std::int64_t voters = random_.pick(kVoters);
        workload("controllers") =
            workload("separate_controllers") != 0 ? voters : std::min(voters, workload("brokers"));
        if (workload("controllers") == 4) workload("controllers") = 3;
        constexpr std::array<std::int64_t, 4> kFactors{2, 3, 3, 3};
        workload("replication_factor") = random_.pick(kFactors);
        if (can_lose_a_controller()) workload("cut_off_controller") = number(0, 1);
        changes_voters_ = draw_voter_topology(drawing_.voter_changes_in, plan_);
    }

    /// Of three apart from brokers one may be cut off for good.
    bool can_lose_a_controller() {
        return workload("separate_controllers") != 0 && workload("controllers") >= 3;
    }

    /// From a stream of its own. An application's history does not tell of it.
    bool deletes_records() {
        if (drawing_.application != nullptr) return false;
        return Random::stream(plan_.seed, plan_.scenario + " deletes records").below(3) == 0;
    }

    void draw_workload() {
        workload("racks") = number(0, 3);
        workload("clients") = number(1, 3);
        workload("topics") = number(1, 2);
        workload("partitions") = number(1, 4);
        // A move that is too slow for its throttle must not be all that happens.
        if (drawing_.operations.brokers_come_and_go) workload("partitions") += 2;
        workload("producers") = number(3, 5);
        workload("consumers") = number(1, 4);
        workload("produce_per_second") = coin() ? number(40, 100) : number(10, 40);
        workload("records_per_batch") = number(2, 6);
        workload("record_bytes") = number(16, 400);
        workload("fetch_wait_ms") = number(10, 200);
        workload("delete_records") = deletes_records() ? 1 : 0;
        workload("extra_topics") = number(0, 3);
        workload("elections") = number(0, 1);
        workload("elr") = number(0, 1);
        // Elections that nobody writes between show other bugs.
        if (coin()) {
            workload("busy_ms") = number(200, 2'000);
            workload("quiet_ms") = number(500, 4'000);
        }
    }

    void set(const std::string& key, std::int64_t value) {
        plan_.broker[key] = std::to_string(value);
    }

    void draw_settings() {
        set("min.insync.replicas", number(1, workload("replication_factor") >= 3 ? 2 : 1));
        const std::int64_t session = number(1'000, 4'000);
        set("broker.session.timeout.ms", session);
        set("broker.heartbeat.interval.ms", std::max<std::int64_t>(session / 5, 200));
        set("replica.lag.time.max.ms", number(1'000, 6'000));
        set("replica.fetch.wait.max.ms", number(20, 500));
        set("replica.fetch.backoff.ms", number(20, 500));
        set("replica.socket.timeout.ms", number(1'000, 3'000));
        set("replica.fetch.max.bytes", coin() ? number(500, 16'000) : 1'048'576);
        set("replica.high.watermark.checkpoint.interval.ms", number(200, 5'000));
        const std::int64_t election = number(300, 1'000);
        set("controller.quorum.election.timeout.ms", election);
        set("controller.quorum.election.backoff.max.ms", election);
        set("controller.quorum.fetch.timeout.ms", number(600, 2'000));
        set("controller.quorum.request.timeout.ms", number(500, 1'500));
        set("metadata.log.max.record.bytes.between.snapshots",
            coin() ? number(1'000, 20'000) : 20'971'520);
        set("leader.imbalance.check.interval.seconds", number(1, 10));
        set("log.segment.bytes", number(16'384, 262'144));
        set("log.index.interval.bytes", number(64, 4'096));
        set("log.flush.offset.checkpoint.interval.ms", number(500, 10'000));
        set("num.recovery.threads.per.data.dir", 1);
        if (coin()) set("log.flush.interval.messages", 1);
        if (workload("racks") > 0) {
            plan_.broker["replica.selector.class"] =
                "org.apache.kafka.common.replica.RackAwareReplicaSelector";
        }
    }

    /// Between one copy and all of them there is most to get wrong. From a stream of its own.
    void raise_min_isr() {
        Random chooser = Random::stream(plan_.seed, plan_.scenario + " min isr");
        if (workload("replication_factor") >= 3 && chooser.below(2) == 0) {
            set("min.insync.replicas", 2);
        }
    }

    /// Of snapshots that come often only the latest stay, and whoever was away fetches one
    /// (KIP-630).
    void keep_little_metadata() {
        Random chooser = Random::stream(plan_.seed, plan_.scenario + " little metadata");
        if (chooser.below(2) == 0) return;
        set("metadata.max.retention.bytes", chooser.between(2'000, 40'000));
        set("metadata.log.segment.bytes", chooser.between(16'000, 64'000));
    }

    void draw_models() {
        plan_.network.latency_max = random_.between(Duration(100us), Duration(5ms));
        plan_.network.jitter_mean = random_.between(Duration(10us), Duration(1ms));
        plan_.network.split = Chance{static_cast<std::uint32_t>(random_.below(100'000))};
        plan_.network.tcp_timeout = random_.between(Duration(3s), Duration(10s));
        plan_.network.connect_timeout = random_.between(Duration(1s), Duration(5s));
        plan_.disk.sync_max = random_.between(Duration(300us), Duration(10ms));
        plan_.disk.write_waits = Chance{static_cast<std::uint32_t>(random_.below(200'000))};
        plan_.disk.writeback_after = random_.between(Duration(1s), Duration(30s));
    }

    void draw_faults() {
        if (drawing_.rolls) {
            draw_roll();
        } else {
            std::vector<FaultKind> enabled;
            for (const FaultKind kind : drawing_.kinds) {
                if (random_.below(drawing_.one_kind_in) == 0) enabled.push_back(kind);
            }
            // A mixture without any that hurts shows little.
            enabled.push_back(drawing_.kinds[random_.below(drawing_.kinds.size())]);
            enabled.push_back(drawing_.kinds.front());
            std::int64_t left = number(drawing_.faults_min, drawing_.faults_max);
            // A floor that asks for crashes is within reach of every plan.
            if (drawing_.floor_crashes > 0) {
                add(FaultKind::kill);
                --left;
            }
            for (; left > 0; --left) add(random_.pick(enabled));
        }
        sort_faults();
    }

    void sort_faults() {
        std::stable_sort(plan_.faults.begin(), plan_.faults.end(),
                         [](const Fault& a, const Fault& b) { return a.at < b.at; });
    }

    /// From streams of their own too.
    void draw_scenes() {
        if (drawing_.scenes_max == 0) return;
        Random chooser = Random::stream(plan_.seed, plan_.scenario + " has scenes");
        add_scenes(chooser.between(1, drawing_.scenes_max), plan_);
        sort_faults();
    }

    void draw_faults_of_application() {
        drawing_.application->draw_faults(plan_);
        sort_faults();
    }

    /// From streams of their own: they change nothing of the rest.
    void draw_operations() {
        if (drawing_.operations_in == 0) return;
        Random chooser = Random::stream(plan_.seed, plan_.scenario + " has operations");
        if (chooser.below(drawing_.operations_in) != 0) return;
        plan_.operations = cluster::draw_operations(drawing_.operations, plan_);
    }

    /// The same.
    void draw_log_dirs() {
        Random chooser = Random::stream(plan_.seed, plan_.scenario + " log directories");
        const bool are_several =
            drawing_.log_dirs_in != 0 && chooser.below(drawing_.log_dirs_in) == 0;
        if (are_several && !given_.contains("log_dirs"))
            workload("log_dirs") = chooser.between(2, 3);
        if (log_directories(plan_) == 1) return;
        std::ranges::move(draw_moves(plan_), std::back_inserter(plan_.operations));
        std::ranges::stable_sort(plan_.operations, {}, &simulated::Operation::at);
    }

    /// From a stream of their own, and where nobody deletes records by request: a log's start tells
    /// of one reason only.
    void draw_retention() {
        if (drawing_.application != nullptr || workload("delete_records") != 0) return;
        Random chooser = Random::stream(plan_.seed, plan_.scenario + " retention");
        if (chooser.below(2) != 0) return;
        const auto draw = [&](const std::string& key, std::int64_t low, std::int64_t high) {
            set(key, chooser.between(low, high));
        };
        draw("log.retention.ms", 5'000, 20'000);
        if (chooser.below(2) == 0) draw("log.retention.bytes", 20'000, 200'000);
        draw("log.retention.check.interval.ms", 500, 3'000);
        draw("log.segment.delete.delay.ms", 100, 5'000);
        draw("log.roll.ms", 2'000, 10'000);
        if (chooser.below(2) == 0) {
            draw("log.flush.interval.ms", 100, 2'000);
            draw("log.flush.scheduler.interval.ms", 100, 1'000);
        }
    }

    /// The same: what brokers make of batches.
    void draw_formats() {
        Random chooser = Random::stream(plan_.seed, plan_.scenario + " formats");
        // Not zstd: some consumers are too old for it (KIP-110).
        constexpr std::array kCodecs{"uncompressed", "gzip", "snappy", "lz4"};
        if (chooser.below(4) == 0) plan_.broker["compression.type"] = chooser.pick(kCodecs);
        const bool is_clients = drawing_.application != nullptr;
        if (!is_clients && chooser.below(4) == 0) {
            plan_.broker["log.message.timestamp.type"] = "LogAppendTime";
        }
    }

    /// The same: who asks brokers what few clients ask, and who changes settings of topics.
    void draw_visitors() {
        Random chooser = Random::stream(plan_.seed, plan_.scenario + " visitors");
        const std::int64_t questions = chooser.between(0, 1);
        const std::int64_t tuning = chooser.below(3) == 0 ? 1 : 0;
        const std::int64_t recreations = chooser.below(3) == 0 ? 1 : 0;
        if (!given_.contains("questions")) workload("questions") = questions;
        const bool has_topics = drawing_.application == nullptr;
        if (!given_.contains("tuning")) workload("tuning") = has_topics ? tuning : 0;
        // Not with several log directories: where a deleted log's folder cannot be renamed in one,
        // and the next log of its name is in another, a start finds two of the name, as Kafka's
        // does.
        const bool is_recreated = has_topics && log_directories(plan_) == 1 && recreations != 0;
        if (!given_.contains("recreations")) workload("recreations") = is_recreated ? 1 : 0;
    }

    /// The same: what is deleted goes from the disks before the run ends.
    void draw_deletions() {
        const std::string key = "log.segment.delete.delay.ms";
        Random chooser = Random::stream(plan_.seed, plan_.scenario + " deletions");
        const std::int64_t delay = chooser.between(100, 5'000);
        if (!plan_.broker.contains(key)) set(key, delay);
    }

    /// Behind all other faults, and when what they have broken is mended: one that strikes a whole
    /// cluster.
    void draw_failover() {
        if (drawing_.failovers_in == 0 || changes_voters_) return;
        Random chooser = Random::stream(plan_.seed, plan_.scenario + " has a failover");
        if (chooser.below(drawing_.failovers_in) != 0) return;
        Duration end = kFaultPhase;
        for (const Fault& fault : plan_.faults) end = std::max(end, fault.at + fault.duration);
        const Duration mending = plan_.network.tcp_timeout + plan_.network.connect_timeout + 4s;
        Fault crash{.kind = FaultKind::kill, .at = milliseconds(end + mending)};
        // Where brokers are controllers, the active one may lead a partition, too.
        const bool of_controller = chooser.below(2) == 0;
        if (of_controller && workload("separate_controllers") == 0) {
            crash.node = kActiveController;
        } else {
            const std::uint64_t topic =
                chooser.below(static_cast<std::uint64_t>(workload("topics")));
            const std::uint64_t partition =
                chooser.below(static_cast<std::uint64_t>(workload("partitions")));
            crash.node = fmt::format("{}t{}-{}", kLeaderOf, topic, partition);
        }
        // It stays away until all is healed.
        constexpr Duration kLast = 10s;
        crash.duration = kLast + 1s;
        plan_.duration = crash.at + kLast;
        plan_.faults.push_back(std::move(crash));
    }

    void draw_roll() {
        const std::int64_t count = nodes();
        const Duration step = (kFaultPhase - 6s) / count;
        for (std::int64_t i = 0; i < count; ++i) {
            plan_.faults.push_back({.kind = FaultKind::clean_restart,
                                    .at = milliseconds(3s + step * i),
                                    .node = fmt::format("n{}", i + 1),
                                    .duration = std::chrono::milliseconds(number(50, 1'500))});
        }
    }

    static Duration milliseconds(Duration duration) {
        return std::chrono::floor<std::chrono::milliseconds>(duration);
    }

    [[nodiscard]] std::int64_t nodes() const { return Topology(plan_.workload).nodes; }
    [[nodiscard]] std::int64_t controllers() const {
        const Topology topology(plan_.workload);
        return topology.controllers + topology.spares;
    }

    std::string node() {
        if (!drawing_.controllers_only) return fmt::format("n{}", number(1, nodes()));
        return fmt::format("n{}", first_controller() + number(0, controllers() - 1));
    }

    [[nodiscard]] std::int64_t first_controller() {
        return workload("separate_controllers") != 0 ? workload("brokers") + 1 : 1;
    }

    /// Another node, or now and then a client.
    std::string peer_of(const std::string& node) {
        if (random_.below(4) == 0) return fmt::format("c{}", number(0, workload("clients") - 1));
        std::string peer = node;
        while (peer == node) peer = fmt::format("n{}", number(1, nodes()));
        return peer;
    }

    void add(FaultKind kind) {
        Fault fault{.kind = kind, .node = node()};
        // The first three seconds are quiet, and the last ones too.
        fault.at = milliseconds(random_.between(Duration(3s), Duration(kFaultPhase - 3s)));
        // The first ones are at times: the event of a cue may never come.
        if (plan_.faults.size() >= kTimed && coin()) {
            const CueEvent& event = random_.pick(kCueEvents);
            // Half of them strike whoever told of the event.
            fault.cue =
                simulated::Cue{std::string(event.name), coin() ? fault.node : node(),
                               static_cast<std::uint64_t>(number(1, event.last_occurrence))};
            fault.at = {};
        }
        fault.duration =
            std::chrono::milliseconds(coin() ? number(20, 1'000) : number(1'000, 6'000));
        shape(fault);
        if (!shape_of(kind).duration) fault.duration = {};
        if (is_cut(kind) && fault.peer.empty() && coin()) {
            add_cuts(fault);
        } else if (is_crash(kind) && random_.below(6) == 0) {
            add_crashes(fault);
        } else {
            plan_.faults.push_back(fault);
        }
    }

    static bool is_cut(FaultKind kind) {
        return kind == FaultKind::partition || kind == FaultKind::one_way_partition ||
               kind == FaultKind::clog;
    }

    static bool is_crash(FaultKind kind) {
        return kind == FaultKind::kill || kind == FaultKind::power_loss;
    }

    /// Several nodes at once, as when a rack loses its power; each comes back at its own time.
    void add_crashes(const Fault& first) {
        plan_.faults.push_back(first);
        const std::int64_t others = number(1, nodes() - 1);
        for (std::int64_t i = 0; i < others; ++i) {
            Fault crash = first;
            crash.node = node();
            crash.duration = std::chrono::milliseconds(number(20, 2'000));
            plan_.faults.push_back(std::move(crash));
        }
    }

    /// A node and those of one role, at once: a leader without its controllers, a controller that
    /// brokers reach and other voters do not, a broker to which metadata comes late.
    void add_cuts(Fault whole) {
        if (coin()) whole.duration = std::chrono::milliseconds(number(3'000, 10'000));
        const bool from_controllers = coin();
        const bool the_other_way = coin();
        const std::int64_t first = from_controllers ? first_controller() : 1;
        const std::int64_t count = from_controllers ? controllers() : workload("brokers");
        for (std::int64_t id = first; id < first + count; ++id) {
            Fault cut = whole;
            cut.peer = fmt::format("n{}", id);
            if (cut.peer == cut.node) continue;
            if (the_other_way) std::swap(cut.node, cut.peer);
            plan_.faults.push_back(std::move(cut));
        }
    }

    /// Fills in what the kind needs.
    void shape(Fault& fault) {
        switch (fault.kind) {
            case FaultKind::disk_read_error:
            case FaultKind::disk_write_error:
            case FaultKind::disk_sync_error:
            case FaultKind::disk_open_error:
            case FaultKind::disk_rename_error: fault.amount = number(1, 3); break;
            case FaultKind::connection_reset:
            case FaultKind::half_open: fault.peer = peer_of(fault.node); break;
            case FaultKind::partition:
            case FaultKind::one_way_partition:
            case FaultKind::clog:
            case FaultKind::freeze_in_frame:
                // One node from all others, or one link; half of the one-sided ones the other way.
                if (coin()) fault.peer = peer_of(fault.node);
                if (!fault.peer.empty() && coin()) std::swap(fault.node, fault.peer);
                break;
            case FaultKind::clock_step:
                fault.amount = random_.between(Duration(-100s), Duration(100s)).count();
                break;
            case FaultKind::clock_drift: fault.amount = number(-100'000, 100'000); break;
            default: break;
        }
    }

    const Drawing& drawing_;
    Random random_;
    const Numbers& given_;
    bool changes_voters_ = false;
    Plan plan_;
};

}  // namespace

Plan draw_plan(const Drawing& drawing, std::uint64_t seed, const Numbers& given) {
    return PlanDrawer(drawing, seed, given).draw();
}

}  // namespace gregor::scenarios::cluster
