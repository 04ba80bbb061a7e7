#include "scenarios/cluster/voter_administrator.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "scenarios/cluster/operations.h"
#include "scenarios/cluster/settling.h"
#include "scenarios/cluster/topology.h"
#include "sim/base/probe.h"

namespace gregor::scenarios::cluster {
namespace {

using client::Error;
using clients::Phase;
using protocol::ErrorCode;
using protocol::NodeId;
using simulated::Operation;

constexpr Duration kPoll = 20ms;

/// It is so already, perhaps by an earlier try.
bool is_so_already(const Error& error, bool is_voter) {
    return error.code == (is_voter ? ErrorCode::duplicate_voter : ErrorCode::voter_not_found);
}

/// It was not done and will not be: the only voter is not removed, and kraft.version may be 0.
bool is_refusal(const Error& error) {
    return error.code == ErrorCode::invalid_request ||
           error.code == ErrorCode::unsupported_version ||
           error.code == ErrorCode::duplicate_voter || error.code == ErrorCode::voter_not_found;
}

}  // namespace

VoterAdministrator::VoterAdministrator(simulated::World& world, clients::Workload& workload,
                                       const Nodes& nodes)
    : world_(world), workload_(workload), nodes_(nodes) {
    const auto& operations = workload.plan.operations;
    has_work_ = std::ranges::any_of(operations,
                                    [](const Operation& each) { return is_of_voters(each.kind); });
    const Topology topology(workload.plan.workload);
    for (std::int64_t id = topology.first_controller; topology.is_controller(id); ++id) {
        wanted_[NodeId(static_cast<std::int32_t>(id))] = topology.is_first_voter(id);
    }
}

void VoterAdministrator::run(Runtime& runtime) {
    client::Cluster brokers(runtime, admin_options(workload_.brokers, kName));
    admin::Admin by_brokers(brokers, kAdminCallTimeout);
    runtime_ = &runtime;
    by_brokers_ = &by_brokers;
    while (!workload_.topics_made) pause(kPoll);
    with_task_group(runtime.tasks(), "voter changes", [this](TaskGroup& changes) {
        change_all(changes);
        doing("waiting for the end of the faults");
        while (workload_.phase == Phase::faults) pause(kPoll);
        changes.cancel();
        changes.join();
    });
    settle(workload_, runtime, kName, [this] { return what_is_left(); });
    is_done_ = true;
}

std::vector<Endpoint> VoterAdministrator::controllers() const {
    std::vector<Endpoint> endpoints;
    for (const ClusterNode& node : nodes_.all) {
        if (node.is_controller) endpoints.push_back({node.machine->name(), 9093});
    }
    return endpoints;
}

// Changes. ----------------------------------------------------------------------------------------

void VoterAdministrator::change_all(TaskGroup& changes) {
    if (const auto quorum = by_brokers_->describe_quorum()) learn(*quorum);
    for (const Operation& operation : workload_.plan.operations) {
        if (!is_of_voters(operation.kind)) continue;
        while (workload_.phase == Phase::faults && world_.now() < Instant(operation.at)) {
            pause(std::min<Duration>(Instant(operation.at) - world_.now(), kAdminLook));
        }
        if (workload_.phase != Phase::faults) return;
        doing(to_string(operation));
        if (operation.kind == kRaiseKRaftVersion) {
            raise_kraft_version();
        } else {
            changes.spawn("voter change", [this, &operation] { change(operation); });
        }
    }
}

void VoterAdministrator::change(const Operation& operation) {
    const NodeId id(*node_id(operation.target));
    const bool is_voter = operation.kind == kAddVoter;
    // Connections of its own, from another server on: a connection's requests wait for each other.
    std::vector<Endpoint> servers =
        runtime_->random().below(2) == 0 ? workload_.brokers : controllers();
    const auto first = static_cast<std::ptrdiff_t>(counts_.asked++ % servers.size());
    std::ranges::rotate(servers, servers.begin() + first);
    client::Cluster cluster(*runtime_, admin_options(std::move(servers), kName));
    admin::Admin admin(cluster, kAdminCallTimeout);
    const bool before = wanted_.at(id);
    wanted_[id] = is_voter;  // from now on it may come to pass
    const auto asked = ask(admin, id, is_voter);
    if (asked) {
        ++counts_.done;
    } else if (is_so_already(asked.error(), is_voter)) {
        PROBE("a change of voters was done before its answer came");
    } else if (is_refusal(asked.error())) {
        wanted_[id] = before;
    }
}

Result<void, Error> VoterAdministrator::ask(admin::Admin& admin, NodeId id, bool is_voter) {
    const auto directory = directory_of(id);
    if (!directory) {
        return fail(Error{ErrorCode::invalid_request, "nobody knows its directory id"});
    }
    if (!is_voter) return admin.remove_raft_voter(id, *directory);
    protocol::AddRaftVoterRequest request{
        .cluster_id = std::nullopt, .voter_id = id, .voter_directory_id = *directory};
    request.listeners.push_back(
        {.name = "CONTROLLER", .host = nodes_.node(id).machine->name(), .port = 9093});
    return admin.add_raft_voter(std::move(request));
}

void VoterAdministrator::raise_kraft_version() {
    protocol::UpdateFeaturesRequest request;
    request.feature_updates.push_back({.feature = "kraft.version", .max_version_level = 1});
    while (workload_.phase == Phase::faults) {
        ++counts_.asked;
        if (by_brokers_->update_features(request)) {
            ++counts_.done;
            return;
        }
        pause(kAdminLook);
    }
}

std::optional<protocol::Uuid> VoterAdministrator::directory_of(NodeId id) {
    if (!directories_.contains(id)) {
        if (const auto quorum = by_brokers_->describe_quorum()) learn(*quorum);
    }
    const auto it = directories_.find(id);
    if (it == directories_.end()) return std::nullopt;
    return it->second;
}

void VoterAdministrator::learn(const protocol::DescribeQuorumResponse& quorum) {
    const auto& partition = quorum.topics.front().partitions.front();
    for (const auto* replicas : {&partition.current_voters, &partition.observers}) {
        for (const auto& replica : *replicas) {
            if (replica.replica_directory_id.is_zero()) continue;
            directories_[replica.replica_id] = replica.replica_directory_id;
        }
    }
}

// The end. ----------------------------------------------------------------------------------------

/// And a step towards nothing.
std::string VoterAdministrator::what_is_left() {
    const auto quorum = by_brokers_->describe_quorum();
    if (!quorum) return "asking who votes: " + quorum.error().message;
    learn(*quorum);
    const auto& voters = quorum->topics.front().partitions.front().current_voters;
    // Who comes comes before who goes, so that somebody is left.
    for (const bool is_voter : {true, false}) {
        for (auto& [id, wanted] : wanted_) {
            const bool votes = std::ranges::any_of(
                voters, [&](const auto& each) { return each.replica_id == id; });
            if (wanted != is_voter || votes == is_voter) continue;
            const auto asked = ask(*by_brokers_, id, is_voter);
            // Each was asked for, but not all of them together.
            if (!asked && !is_voter && is_refusal(asked.error())) wanted = true;
            // Static voters stay what they were.
            if (!asked && asked.error().code == ErrorCode::unsupported_version) wanted = votes;
            return fmt::format("{} n{} once more: {}", is_voter ? "adding" : "removing", id,
                               asked ? "done" : asked.error().message);
        }
    }
    return "";
}

std::string VoterAdministrator::what_is_stuck() const {
    if (!has_work_ || !is_done_) return "";
    for (const ClusterNode& node : nodes_.all) {
        server::Node* serving = node.serving();
        if (serving == nullptr || !serving->metadata().controller().is_active()) continue;
        const raft::VoterSet& voters = serving->metadata().raft().core().voters();
        for (const auto& [id, wanted] : wanted_) {
            if (voters.contains_id(id) == wanted) continue;
            return fmt::format("n{} {} a voter, as n{} knows it", id,
                               wanted ? "is not" : "is still", node.id);
        }
    }
    return "";
}

}  // namespace gregor::scenarios::cluster
