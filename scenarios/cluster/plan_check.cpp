#include "scenarios/cluster/plan_check.h"

#include <algorithm>
#include <array>

#include "scenarios/cluster/operations.h"
#include "scenarios/cluster/replica_mover.h"
#include "scenarios/cluster/roles.h"
#include "scenarios/cluster/topology.h"

namespace gregor::scenarios::cluster {
namespace {

using simulated::Fault;
using simulated::FaultKind;
using simulated::Plan;

constexpr auto kNumbers = std::to_array<NumberRange>({
    {"brokers", 1, 9},
    {"controllers", 1, 9},
    {"separate_controllers", 0, 1},
    {"replication_factor", 1, 9},
    {"racks", 0, 9},
    {"clients", 1, 16},
    {"topics", 1, 16},
    {"partitions", 1, 16},
    {"producers", 1, 16},
    {"consumers", 0, 16},
    {"produce_per_second", 1, 10'000},
    {"records_per_batch", 1, 50},
    {"record_bytes", 1, 10'000},
    {"fetch_wait_ms", 0, 5'000},
    {"delete_records", 0, 1},
    {"extra_topics", 0, 64},
    {"log_dirs", 1, 4, true},
    {"elections", 0, 1, true},
    {"elr", 0, 1, true},
    {"cut_off_controller", 0, 1, true},
    {"dynamic_voters", 0, 1, true},
    {"spare_controllers", 0, 4, true},
    {"busy_ms", 1, 60'000, true},
    {"questions", 0, 1, true},
    {"tuning", 0, 1, true},
    {"recreations", 0, 1, true},
    {"quiet_ms", 0, 60'000, true},
    {"floor_acknowledged", 0, INT64_MAX, true},
    {"floor_faults", 0, INT64_MAX, true},
    {"floor_crashes", 0, INT64_MAX, true},
    {"floor_elections", 0, INT64_MAX, true},
    {"floor_reassignments", 0, INT64_MAX, true},
    {"floor_application", 0, 1, true},  // 0: what an application asks for is not asked for
});

/// The cluster's, and those of the drawing's application.
std::vector<NumberRange> numbers_of(const Drawing& drawing) {
    std::vector<NumberRange> all(kNumbers.begin(), kNumbers.end());
    if (drawing.application != nullptr) {
        std::ranges::copy(drawing.application->numbers(), std::back_inserter(all));
    }
    return all;
}

Result<void, std::string> check_number(const std::vector<NumberRange>& numbers,
                                       const std::string& key, std::int64_t value) {
    const auto it = std::ranges::find(numbers, key, &NumberRange::key);
    if (it == numbers.end()) {
        std::string known;
        for (const NumberRange& number : numbers) {
            known += (known.empty() ? "" : ", ") + std::string(number.key);
        }
        return fail(fmt::format("no workload number \"{}\"; there are: {}", key, known));
    }
    if (value >= it->lowest && value <= it->highest) return {};
    return fail(
        fmt::format("{} is {}; it goes from {} to {}", key, value, it->lowest, it->highest));
}

Result<void, std::string> check_topology(const Numbers& numbers) {
    if (numbers.at("replication_factor") > numbers.at("brokers")) {
        return fail(
            fmt::format("replication_factor is {} with {} brokers; it is at most their "
                        "number",
                        numbers.at("replication_factor"), numbers.at("brokers")));
    }
    if (numbers.at("separate_controllers") == 0 &&
        numbers.at("controllers") > numbers.at("brokers")) {
        return fail(fmt::format("controllers is {} with {} brokers; write separate_controllers = 1",
                                numbers.at("controllers"), numbers.at("brokers")));
    }
    const Topology topology(numbers);
    if (topology.spares > 0 && !topology.has_dynamic_voters) {
        return fail(std::string(
            "spare_controllers follow a quorum that can change: write dynamic_voters = 1"));
    }
    if (numbers.at("separate_controllers") == 0 &&
        topology.controllers + topology.spares > topology.brokers) {
        return fail(std::string("controllers and spare_controllers are more than brokers"));
    }
    const auto cut_off = numbers.find("cut_off_controller");
    const bool loses_controller = cut_off != numbers.end() && cut_off->second != 0;
    if (loses_controller &&
        (numbers.at("separate_controllers") == 0 || numbers.at("controllers") < 3)) {
        return fail(
            "cut_off_controller is 1; it needs separate_controllers = 1 and 3 controllers or more");
    }
    if (loses_controller && (topology.has_dynamic_voters || topology.spares > 0)) {
        return fail(std::string("cut_off_controller is 1 with voters that may change"));
    }
    return {};
}

/// What befalls a process or a disk; clients have neither to lose.
bool is_for_a_node(FaultKind kind) {
    switch (kind) {
        case FaultKind::kill:
        case FaultKind::power_loss:
        case FaultKind::clean_restart: return true;
        default: return shape_of(kind).path;
    }
}

/// Kinds whose damage this scenario has no excuse for yet.
bool is_out_of_scope(FaultKind kind) {
    return kind == FaultKind::disk_lying_sync || kind == FaultKind::disk_bit_rot ||
           kind == FaultKind::disk_misdirected_write || kind == FaultKind::bit_flip;
}

Result<void, std::string> check_machine(std::string_view what, const std::string& name,
                                        const Plan& plan) {
    const Topology topology(plan.workload);
    for (std::int64_t i = 1; i <= topology.nodes; ++i) {
        if (name == fmt::format("n{}", i)) return {};
    }
    for (std::int64_t i = 0; i < plan.workload.at("clients"); ++i) {
        if (name == fmt::format("c{}", i)) return {};
    }
    if (is_role(name, plan)) return {};
    return fail(
        fmt::format("its {} is \"{}\"; the machines are n1 to n{} and c0 to c{}, the roles {}, "
                    "{}t0-0, {}t0-0, {}t0-0 and, where there are groups, {}g0",
                    what, name, topology.nodes, plan.workload.at("clients") - 1, kActiveController,
                    kLeaderOf, kFollowerOf, kLastFollowerOf, kCoordinatorOf));
}

/// Only nodes tell of events.
bool is_a_nodes(std::string_view name, const Plan& plan) {
    return name.starts_with('n') || name == simulated::kTeller || is_role(name, plan);
}

/// An application's process may be killed or stopped: what starts again has a new name.
bool may_end(FaultKind kind) { return kind == FaultKind::kill || kind == FaultKind::clean_restart; }

Result<void, std::string> check_fault(const Drawing& drawing, const Fault& fault,
                                      const Plan& plan) {
    TRY(simulated::check_fault(fault));
    if (fault.node != simulated::kTeller) TRY(check_machine("node", fault.node, plan));
    if (!fault.peer.empty() && fault.peer != simulated::kTeller) {
        TRY(check_machine("peer", fault.peer, plan));
    }
    if (fault.cue && fault.cue->node != simulated::kAnyone) {
        TRY(check_machine("cue's node", fault.cue->node, plan));
    }
    const bool is_for_client = drawing.application != nullptr && may_end(fault.kind);
    if (is_for_a_node(fault.kind) && !is_for_client && !is_a_nodes(fault.node, plan)) {
        return fail(fmt::format("its node is {}; only nodes have disks and come back", fault.node));
    }
    if (is_out_of_scope(fault.kind)) {
        return fail(fmt::format("{} is a fault of single-node", simulated::name(fault.kind)));
    }
    return {};
}

/// How a node finds the quorum: its voters, or where to ask for them.
std::pair<std::string, std::string> quorum_property(const Topology& topology) {
    std::string nodes;
    for (std::int64_t id = 1; id <= topology.nodes; ++id) {
        if (!topology.is_first_voter(id)) continue;
        const std::string address = fmt::format("n{}:9093", id);
        nodes += nodes.empty() ? "" : ",";
        nodes += topology.has_dynamic_voters ? address : fmt::format("{}@{}", id, address);
    }
    return {topology.has_dynamic_voters ? "controller.quorum.bootstrap.servers"
                                        : "controller.quorum.voters",
            nodes};
}

/// What the scenario itself says of a node.
server::Properties own_properties(std::int64_t id, const Plan& plan) {
    const Topology topology(plan.workload);
    const bool broker = topology.is_broker(id);
    const bool controller = topology.is_controller(id);
    std::string roles = broker ? "broker" : "";
    if (controller) roles += broker ? ",controller" : "controller";
    std::string listeners = broker ? fmt::format("PLAINTEXT://n{}:9092", id) : "";
    if (controller) listeners += fmt::format("{}CONTROLLER://n{}:9093", broker ? "," : "", id);
    std::string directories = log_directory(1);
    for (std::int64_t i = 2; i <= log_directories(plan); ++i) directories += "," + log_directory(i);
    server::Properties own{
        {"node.id", std::to_string(id)},
        {"process.roles", roles},
        {"listeners", listeners},
        {"controller.listener.names", "CONTROLLER"},
        {"listener.security.protocol.map", "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT"},
        quorum_property(topology),
        {"log.dirs", directories},
        {"auto.create.topics.enable", "false"},
        {"unclean.leader.election.enable", "false"},
    };
    if (broker) own["advertised.listeners"] = fmt::format("PLAINTEXT://n{}:9092", id);
    const std::int64_t racks = plan.workload.at("racks");
    if (broker && racks > 0) own["broker.rack"] = fmt::format("r{}", id % racks + 1);
    return own;
}

}  // namespace

Result<void, std::string> check_numbers(const Drawing& drawing, const Numbers& numbers) {
    const std::vector<NumberRange> all = numbers_of(drawing);
    for (const auto& [key, value] : numbers) TRY(check_number(all, key, value));
    return {};
}

Result<void, std::string> check_plan(const Drawing& drawing, const Plan& plan) {
    if (plan.duration <= Duration::zero()) {
        return fail("the plan needs a duration; write duration = \"30s\"");
    }
    TRY(check_numbers(drawing, plan.workload));
    for (const NumberRange& number : numbers_of(drawing)) {
        if (!number.optional && !plan.workload.contains(std::string(number.key))) {
            return fail(fmt::format("[workload] lacks {}; gregor plan {} prints a whole plan",
                                    number.key, plan.scenario));
        }
    }
    TRY(check_topology(plan.workload));
    TRY(node_configs(plan));
    for (const Fault& fault : plan.faults) {
        const auto sound = check_fault(drawing, fault, plan);
        if (!sound) return fail(fmt::format("fault \"{}\": {}", to_string(fault), sound.error()));
    }
    for (const simulated::Operation& operation : plan.operations) {
        const auto sound = check_operation(operation, plan);
        if (sound) continue;
        return fail(fmt::format("operation \"{}\": {}", to_string(operation), sound.error()));
    }
    return {};
}

Result<std::vector<server::Config>, std::string> node_configs(const Plan& plan) {
    std::vector<server::Config> configs;
    for (std::int64_t id = 1; id <= Topology(plan.workload).nodes; ++id) {
        server::Properties properties = own_properties(id, plan);
        for (const auto& [key, value] : plan.broker) {
            if (!properties.try_emplace(key, value).second) {
                return fail(
                    fmt::format("[broker] {} is the scenario's own to set; leave it out", key));
            }
        }
        auto config = server::Config::from(properties, fmt::format("n{}", id));
        if (!config) return fail("[broker] " + config.error().front());
        configs.push_back(*std::move(config));
    }
    return configs;
}

raft::VoterSet initial_voters(const Plan& plan) {
    const Topology topology(plan.workload);
    std::vector<raft::Voter> voters;
    for (std::int64_t id = 1; id <= topology.nodes; ++id) {
        if (!topology.has_dynamic_voters || !topology.is_first_voter(id)) continue;
        raft::Voter voter{.key = {.id = raft::NodeId(static_cast<std::int32_t>(id))},
                          .endpoints = {{"CONTROLLER", fmt::format("n{}", id), 9093}}};
        voter.key.directory_id.bytes[0] = 1;
        voter.key.directory_id.bytes[15] = static_cast<std::uint8_t>(id);
        voters.push_back(std::move(voter));
    }
    return raft::VoterSet(voters);
}

}  // namespace gregor::scenarios::cluster
