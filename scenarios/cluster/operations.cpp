#include "scenarios/cluster/operations.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "scenarios/cluster/topology.h"
#include "sim/base/random.h"

namespace gregor::scenarios::cluster {
namespace {

using simulated::Operation;
using simulated::Plan;

constexpr std::int64_t kSlowest = 5'000;
constexpr std::int64_t kFastest = 200'000;

Duration milliseconds(Duration duration) {
    return std::chrono::floor<std::chrono::milliseconds>(duration);
}

class Drawer {
public:
    Drawer(const OperationsDrawing& drawing, const Plan& plan)
        : drawing_(drawing),
          plan_(plan),
          random_(Random::stream(plan.seed, plan.scenario + " operations")),
          brokers_(plan.workload.at("brokers")) {}

    std::vector<Operation> draw() {
        if (drawing_.brokers_come_and_go) draw_membership();
        const std::int64_t count =
            random_.between(drawing_.reassignments_min, drawing_.reassignments_max);
        for (std::int64_t i = 0; i < count; ++i) draw_reassignment();
        std::ranges::stable_sort(operations_, {}, &Operation::at);
        return std::move(operations_);
    }

private:
    bool coin() { return random_.below(2) == 0; }
    std::int64_t workload(const std::string& key) const { return plan_.workload.at(key); }

    /// As many as a topic needs are there at all times.
    void draw_membership() {
        if (brokers_ <= workload("replication_factor")) return;
        if (coin()) {
            late_ = {brokers_, milliseconds(random_.between(Duration(3s), Duration(12s)))};
            add(kStartBroker, late_.at, fmt::format("n{}", late_.node));
        }
        const std::int64_t first =
            workload("separate_controllers") != 0 ? std::int64_t{1} : workload("controllers") + 1;
        if (coin() || first > brokers_) return;
        leaving_ = {random_.between(first, brokers_),
                    milliseconds(random_.between(Duration(13s), Duration(20s)))};
        const std::string name = fmt::format("n{}", leaving_.node);
        add(kRemoveBroker, leaving_.at, name);
        if (coin()) {
            add(kUnregisterBroker,
                milliseconds(leaving_.at + random_.between(Duration(1s), Duration(6s))), name);
        }
    }

    void draw_reassignment() {
        const Duration at = milliseconds(random_.between(Duration(4s), plan_.duration - 3s));
        const std::int64_t throttle =
            random_.below(3) == 0 ? random_.between(kSlowest, kFastest) : 0;
        const std::int64_t together = random_.below(3) == 0 ? random_.between(2, 3) : 1;
        for (std::int64_t i = 0; i < together; ++i) {
            const std::string partition =
                fmt::format("t{}-{}", random_.between(0, workload("topics") - 1),
                            random_.between(0, workload("partitions") - 1));
            const bool is_twice = std::ranges::any_of(operations_, [&](const Operation& each) {
                return each.at == at && each.target == partition;
            });
            if (is_twice) continue;
            add(kReassign, at, partition);
            operations_.back().nodes = draw_replicas(at);
            operations_.back().amount = throttle;
        }
        if (random_.below(4) != 0) return;
        const std::string target = operations_.back().target;
        add(kCancel, milliseconds(at + random_.between(Duration(20ms), Duration(2s))), target);
    }

    /// A few more or fewer than the topic was made with.
    std::vector<std::int64_t> draw_replicas(Duration at) {
        std::vector<std::int64_t> candidates;
        for (std::int64_t id = 1; id <= brokers_; ++id) {
            const bool is_there = id != late_.node || at > late_.at;
            const bool stays = id != leaving_.node || at < leaving_.at;
            if (is_there && stays) candidates.push_back(id);
        }
        const std::int64_t factor = workload("replication_factor");
        const std::int64_t count = coin() ? factor : random_.between(factor - 1, factor + 1);
        std::vector<std::int64_t> replicas;
        while (!candidates.empty() && std::ssize(replicas) < std::max(count, std::int64_t{1})) {
            const auto place =
                candidates.begin() + static_cast<std::ptrdiff_t>(random_.below(candidates.size()));
            replicas.push_back(*place);
            candidates.erase(place);
        }
        return replicas;
    }

    void add(std::string_view kind, Duration at, std::string target) {
        operations_.push_back(
            {.kind = std::string(kind), .at = at, .target = std::move(target), .nodes = {}});
    }

    struct Moment {
        std::int64_t node = 0;
        Duration at{};
    };

    const OperationsDrawing& drawing_;
    const Plan& plan_;
    Random random_;
    std::int64_t brokers_;
    Moment late_;
    Moment leaving_;
    std::vector<Operation> operations_;
};

// What may be said. -------------------------------------------------------------------------------

using Checked = Result<void, std::string>;

Checked check_partition(const Operation& operation, const Plan& plan) {
    for (std::int64_t topic = 0; topic < plan.workload.at("topics"); ++topic) {
        for (std::int64_t index = 0; index < plan.workload.at("partitions"); ++index) {
            if (operation.target == fmt::format("t{}-{}", topic, index)) return {};
        }
    }
    return fail(fmt::format("its target is \"{}\"; the partitions are t0-0 to t{}-{}",
                            operation.target, plan.workload.at("topics") - 1,
                            plan.workload.at("partitions") - 1));
}

Checked check_replicas(const Operation& operation, const Plan& plan) {
    std::vector<std::int64_t> ids = operation.nodes;
    std::ranges::sort(ids);
    const std::int64_t brokers = plan.workload.at("brokers");
    const bool are_brokers = !ids.empty() && ids.front() >= 1 && ids.back() <= brokers;
    if (are_brokers && std::ranges::adjacent_find(ids) == ids.end()) return {};
    return fail(fmt::format("its nodes are replicas: some of 1 to {}, each once", brokers));
}

Checked check_move(const Operation& operation, const Plan& plan) {
    const std::int64_t brokers = plan.workload.at("brokers");
    const bool is_broker = operation.nodes.size() == 1 && operation.nodes.front() >= 1 &&
                           operation.nodes.front() <= brokers;
    if (!is_broker) return fail(fmt::format("its nodes are one of 1 to {}", brokers));
    if (operation.amount >= 1 && operation.amount <= log_directories(plan)) return {};
    return fail(fmt::format("its amount is {}; the log directories are 1 to {} (log_dirs)",
                            operation.amount, log_directories(plan)));
}

Checked check_broker(const Operation& operation, const Plan& plan) {
    const std::int64_t brokers = plan.workload.at("brokers");
    const bool apart = plan.workload.at("separate_controllers") != 0;
    const std::int64_t first = apart ? std::int64_t{1} : plan.workload.at("controllers") + 1;
    const auto id = node_id(operation.target);
    if (!id || *id < first || *id > brokers) {
        return fail(
            fmt::format("its target is \"{}\"; the brokers that are no controllers are n{} to n{}",
                        operation.target, first, brokers));
    }
    const auto comes_or_goes = std::ranges::count_if(plan.operations, [](const Operation& each) {
        return each.kind == kStartBroker || each.kind == kRemoveBroker;
    });
    if (brokers - comes_or_goes < plan.workload.at("replication_factor") - 1) {
        return fail(std::string("too many brokers come and go for the replication_factor"));
    }
    return {};
}

Checked check_voter_change(const Operation& operation, const Plan& plan) {
    const Topology topology(plan.workload);
    const auto raises = [](const Operation& each) { return each.kind == kRaiseKRaftVersion; };
    const bool can_change =
        topology.has_dynamic_voters || std::ranges::any_of(plan.operations, raises);
    if (operation.kind == kRaiseKRaftVersion) {
        return operation.target.empty() ? Checked() : fail(std::string("it has no target"));
    }
    const auto id = node_id(operation.target);
    if (!id || !topology.is_controller(*id)) {
        return fail(
            fmt::format("its target is \"{}\"; the controllers are n{} to n{}", operation.target,
                        topology.first_controller,
                        topology.first_controller + topology.controllers + topology.spares - 1));
    }
    if (can_change) return {};
    return fail(fmt::format("the voters are configured; write dynamic_voters = 1, or {} first",
                            kRaiseKRaftVersion));
}

}  // namespace

bool is_of_voters(std::string_view kind) {
    return kind == kAddVoter || kind == kRemoveVoter || kind == kRaiseKRaftVersion;
}

std::int64_t log_directories(const Plan& plan) {
    const auto number = plan.workload.find("log_dirs");
    return number == plan.workload.end() ? 1 : number->second;
}

std::vector<Operation> draw_moves(const Plan& plan) {
    Random random = Random::stream(plan.seed, plan.scenario + " moves");
    const auto pick = [&](const std::string& key) { return random.below(plan.workload.at(key)); };
    std::vector<Operation> moves(static_cast<std::size_t>(random.between(4, 12)));
    for (Operation& move : moves) {
        move.kind = kMoveReplica;
        move.at = milliseconds(random.between(Duration(4s), plan.duration - 3s));
        move.target = fmt::format("t{}-{}", pick("topics"), pick("partitions"));
        move.nodes = {random.between(1, plan.workload.at("brokers"))};
        move.amount = random.between(1, log_directories(plan));
    }
    std::ranges::stable_sort(moves, {}, &Operation::at);
    return moves;
}

std::vector<Operation> draw_operations(const OperationsDrawing& drawing, const Plan& plan) {
    return Drawer(drawing, plan).draw();
}

Result<void, std::string> check_operation(const Operation& operation, const Plan& plan) {
    if (operation.kind == kMoveReplica) {
        TRY(check_move(operation, plan));
        return check_partition(operation, plan);
    }
    const bool is_reassign = operation.kind == kReassign;
    constexpr std::array kOfBrokers{kStartBroker, kRemoveBroker, kUnregisterBroker};
    if (!is_reassign && (!operation.nodes.empty() || operation.amount != 0)) {
        return fail(std::string("only reassign and move-replica take nodes and an amount"));
    }
    if (operation.amount < 0) return fail(std::string("its amount is not negative"));
    if (is_reassign) TRY(check_replicas(operation, plan));
    if (is_reassign || operation.kind == kCancel) return check_partition(operation, plan);
    if (std::ranges::find(kOfBrokers, operation.kind) != kOfBrokers.end()) {
        return check_broker(operation, plan);
    }
    if (is_of_voters(operation.kind)) return check_voter_change(operation, plan);
    return fail(fmt::format("no operation \"{}\"; there are: {}, {}, {}, {}, {}, {}, {}",
                            operation.kind, kReassign, kCancel, kMoveReplica,
                            fmt::join(kOfBrokers, ", "), kAddVoter, kRemoveVoter,
                            kRaiseKRaftVersion));
}

std::optional<std::int32_t> node_id(std::string_view name) {
    if (!name.starts_with('n')) return std::nullopt;
    std::int32_t id = 0;
    const char* const last = name.data() + name.size();
    const auto [end, error] = std::from_chars(name.data() + 1, last, id);
    if (error != std::errc{} || end != last) return std::nullopt;
    return id;
}

std::optional<Duration> late_start(const Plan& plan, std::int32_t node) {
    const auto it = std::ranges::find_if(plan.operations, [&](const Operation& each) {
        return each.kind == kStartBroker && node_id(each.target) == node;
    });
    if (it == plan.operations.end()) return std::nullopt;
    return it->at;
}

}  // namespace gregor::scenarios::cluster
