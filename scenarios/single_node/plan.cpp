// What a seed of single-node is expanded into: sizes, settings, and 25 to 37 faults of a drawn
// subset of the kinds (swarm testing: a subset reaches what a mixture of everything hides).
#include <algorithm>
#include <array>

#include "scenarios/single_node/plan_check.h"
#include "scenarios/single_node/single_node.h"
#include "sim/base/random.h"

namespace gregor::scenarios::single_node {
namespace {

using simulated::Fault;
using simulated::FaultKind;
using simulated::Plan;

constexpr Duration kFaultPhase = 40s;

/// Kinds that leave the machine without its process for a while; two of them come for certain,
/// since recovery is what this scenario is about.
constexpr std::array kCrashes{FaultKind::kill, FaultKind::power_loss};

constexpr std::array kOthers{
    FaultKind::clean_restart,
    FaultKind::pause,
    FaultKind::disk_read_error,
    FaultKind::disk_write_error,
    FaultKind::disk_sync_error,
    FaultKind::disk_open_error,
    FaultKind::disk_rename_error,
    FaultKind::disk_full,
    FaultKind::disk_slow,
    FaultKind::disk_lying_sync,
    FaultKind::disk_bit_rot,
    FaultKind::disk_misdirected_write,
    FaultKind::connection_reset,
    FaultKind::half_open,
    FaultKind::partition,
    FaultKind::one_way_partition,
    FaultKind::clog,
    FaultKind::swizzle_clog,
    FaultKind::freeze_in_frame,
    FaultKind::connect_refused,
    FaultKind::slow_accept,
    FaultKind::bit_flip,
    FaultKind::clock_step,
    FaultKind::clock_drift,
};

/// Events of the broker that faults are anchored to, besides times.
constexpr std::array<std::string_view, 6> kCueEvents{
    "log_appended",
    "log_flushed",
    "segment_rolled",
    "checkpoint_written",
    "metadata_records_committed",
    "log_recovered",
};

std::string client_name(std::uint64_t index) { return "c" + std::to_string(index); }

class PlanDrawer {
public:
    PlanDrawer(std::uint64_t seed, const Numbers& given)
        : random_(Random::stream(seed, "single-node plan")), given_(given) {
        plan_.scenario = "single-node";
        plan_.seed = seed;
        plan_.duration = kFaultPhase;
    }

    Plan draw() {
        draw_workload();
        draw_broker();
        draw_models();
        draw_faults();
        return std::move(plan_);
    }

private:
    std::int64_t number(std::int64_t low, std::int64_t high) { return random_.between(low, high); }
    bool coin() { return random_.below(2) == 0; }

    void draw_workload() {
        auto& workload = plan_.workload;
        workload["clients"] = number(1, 3);
        workload["topics"] = number(1, 3);
        workload["partitions"] = number(1, 4);
        workload["producers"] = number(3, 6);
        workload["consumers"] = number(1, 4);
        workload["produce_per_second"] = number(80, 140);  // requests of all producers together
        workload["records_per_batch"] = number(2, 8);
        workload["record_bytes"] = coin() ? number(16, 200) : number(200, 2000);
        workload["fetch_wait_ms"] = number(10, 500);
        workload["delete_records"] = coin() ? 1 : 0;
        workload["extra_topics"] = number(0, 4);
        // Before anything that depends on them: faults name only what is there.
        for (const auto& [key, value] : given_) workload[key] = value;
    }

    void draw_broker() {
        auto& broker = plan_.broker;
        const std::int64_t segment_bytes = number(16 * 1024, 256 * 1024);
        broker["log.segment.bytes"] =
            std::to_string(std::max(segment_bytes, largest_batch(plan_.workload)));
        broker["log.index.interval.bytes"] = std::to_string(number(64, 4096));
        // Under one policy each answered send is on the platter, under the other the kernel
        // decides.
        if (coin()) broker["log.flush.interval.messages"] = "1";
        broker["log.flush.offset.checkpoint.interval.ms"] = std::to_string(number(500, 10'000));
        broker["log.retention.check.interval.ms"] = std::to_string(number(1'000, 10'000));
        broker["num.recovery.threads.per.data.dir"] = "1";
        draw_message_limit();
    }

    /// Above what the clients send, and small: a refused batch is just above it. Some plans keep
    /// Kafka's default. From a stream of its own, so that the rest of a seed's plan stays.
    void draw_message_limit() {
        Random random = Random::stream(plan_.seed, "single-node message limit");
        if (random.below(16) == 0) return;
        const std::int64_t limit = random.between(24 * 1024, 96 * 1024);
        plan_.broker["message.max.bytes"] =
            std::to_string(std::max(limit, largest_batch(plan_.workload)));
    }

    void draw_models() {
        plan_.network.latency_max = random_.between(Duration(100us), Duration(5ms));
        plan_.network.jitter_mean = random_.between(Duration(10us), Duration(1ms));
        plan_.network.split = Chance{static_cast<std::uint32_t>(random_.below(200'000))};
        plan_.network.tcp_timeout = random_.between(Duration(3s), Duration(15s));
        plan_.disk.sync_max = random_.between(Duration(300us), Duration(20ms));
        plan_.disk.write_waits = Chance{static_cast<std::uint32_t>(random_.below(300'000))};
        plan_.disk.writeback_after = random_.between(Duration(1s), Duration(30s));
    }

    void draw_faults() {
        std::vector<FaultKind> enabled;
        for (const FaultKind kind : kOthers) {
            if (random_.below(3) == 0) enabled.push_back(kind);
        }
        enabled.push_back(random_.pick(kCrashes));
        // Far more than the floor: some never fire, as what they wait for does not come.
        const std::int64_t count = number(20, 32);
        for (std::int64_t i = 0; i < count; ++i) add(random_.pick(enabled), coin());
        // The crashes that every run has, at times, so that they come; some find the node down.
        for (int i = 0; i < 5; ++i) add(random_.pick(kCrashes), false);
        std::stable_sort(plan_.faults.begin(), plan_.faults.end(),
                         [](const Fault& a, const Fault& b) { return a.at < b.at; });
    }

    /// Kinds that damage a partition beyond what the disk can promise.
    static bool is_damage(FaultKind kind) {
        return kind == FaultKind::disk_bit_rot || kind == FaultKind::disk_misdirected_write ||
               kind == FaultKind::disk_lying_sync;
    }

    void add(FaultKind kind, bool at_cue) {
        // One partition always stays whole.
        if (is_damage(kind) && plan_.workload["topics"] * plan_.workload["partitions"] == 1) return;
        Fault fault{.kind = kind, .node = "n1"};
        // The first two seconds are quiet, and the last ones too.
        fault.at = random_.between(Duration(2s), Duration(kFaultPhase - 4s));
        fault.at = std::chrono::floor<std::chrono::microseconds>(fault.at);
        if (at_cue) {
            const std::string_view event = random_.pick(kCueEvents);
            const std::int64_t limit = event == "log_appended" ? 1500 : 12;
            fault.cue = simulated::Cue{std::string(event), "n1",
                                       static_cast<std::uint64_t>(number(1, limit))};
            fault.at = {};
        }
        fault.duration = std::chrono::milliseconds(number(20, 3000));
        shape(fault);
        if (!shape_of(kind).duration) fault.duration = {};
        plan_.faults.push_back(fault);
    }

    /// Fills in what the kind needs.
    void shape(Fault& fault) {
        switch (fault.kind) {
            case FaultKind::disk_read_error:
            case FaultKind::disk_write_error:
            case FaultKind::disk_sync_error:
            case FaultKind::disk_open_error:
            case FaultKind::disk_rename_error:
                fault.amount = number(1, 3);
                if (coin()) fault.path = partition_path();
                break;
            case FaultKind::disk_lying_sync:
            case FaultKind::disk_bit_rot:
            case FaultKind::disk_misdirected_write: fault.path = partition_path(); break;
            case FaultKind::connection_reset: fault.peer = peer(); break;
            case FaultKind::half_open:
                fault.peer = peer();
                // Half of them die at the client's end.
                if (coin()) std::swap(fault.node, fault.peer);
                break;
            case FaultKind::partition:
            case FaultKind::one_way_partition:
            case FaultKind::clog:
            case FaultKind::freeze_in_frame:
                if (coin()) fault.peer = peer();
                // Half of the one-sided ones cut the other way.
                if (!fault.peer.empty() && coin()) std::swap(fault.node, fault.peer);
                break;
            case FaultKind::bit_flip:
                fault.amount = number(1, 3);
                fault.peer = peer();
                if (coin()) std::swap(fault.node, fault.peer);
                break;
            case FaultKind::clock_step:
                fault.amount = random_.between(Duration(-100s), Duration(100s)).count();
                break;
            case FaultKind::clock_drift: fault.amount = number(-200'000, 200'000); break;
            default: break;
        }
    }

    std::string peer() {
        return client_name(random_.below(static_cast<std::uint64_t>(plan_.workload["clients"])));
    }

    /// One partition's directory: damage is excused there and nowhere else. Never the last one's.
    std::string partition_path() {
        const std::int64_t partitions = plan_.workload["partitions"];
        const std::int64_t count = plan_.workload["topics"] * partitions;
        const std::int64_t place = number(0, std::max<std::int64_t>(count - 2, 0));
        return fmt::format("t{}-{}/", place / partitions, place % partitions);
    }

    Random random_;
    const Numbers& given_;
    Plan plan_;
};

}  // namespace

Plan draw_plan(std::uint64_t seed, const Numbers& given) { return PlanDrawer(seed, given).draw(); }

}  // namespace gregor::scenarios::single_node
