#include "scenarios/cluster/roles.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include "broker/drivers/group_coordinators.h"

namespace gregor::scenarios::cluster {
namespace {

using metadata::PartitionState;
using protocol::NodeId;

enum class Place : std::uint8_t { leader, follower, last_follower };

struct PartitionRole {
    Place place{};
    std::string_view partition;  // "t0-1"
};

std::optional<PartitionRole> partition_role(std::string_view name) {
    constexpr std::array<std::pair<std::string_view, Place>, 3> kPlaces{{
        {kLeaderOf, Place::leader},
        {kFollowerOf, Place::follower},
        {kLastFollowerOf, Place::last_follower},
    }};
    for (const auto& [prefix, place] : kPlaces) {
        if (name.starts_with(prefix)) return PartitionRole{place, name.substr(prefix.size())};
    }
    return std::nullopt;
}

std::string machine_name(NodeId id) { return fmt::format("n{}", id); }

std::string active_controller(const Nodes& nodes) {
    const ClusterNode* found = nullptr;
    protocol::LeaderEpoch latest{-1};
    for (const ClusterNode& each : nodes.all) {
        server::Node* node = each.running();
        drivers::ClusterMetadata* metadata = node == nullptr ? nullptr : node->find_metadata();
        if (metadata == nullptr || !metadata->raft().has_started()) continue;
        const auto& core = metadata->raft().core();
        if (!core.is_leader() || core.epoch() <= latest) continue;
        latest = core.epoch();
        found = &each;
    }
    return found == nullptr ? "" : found->machine->name();
}

std::string follower(const PartitionState& state, bool last) {
    std::vector<NodeId> in_sync;
    std::vector<NodeId> others;
    for (const NodeId replica : state.replicas) {
        if (replica == state.leader) continue;
        others.push_back(replica);
        if (state.is_in_isr(replica)) in_sync.push_back(replica);
    }
    const std::vector<NodeId>& chosen = in_sync.empty() ? others : in_sync;
    if (chosen.empty()) return "";
    return machine_name(last ? chosen.back() : chosen.front());
}

const PartitionState* find_partition(const Nodes& nodes, std::string_view name) {
    const std::size_t dash = name.rfind('-');
    std::int32_t index = 0;
    std::from_chars(name.data() + dash + 1, name.data() + name.size(), index);
    return nodes.partition(std::string(name.substr(0, dash)), index);
}

/// "t0-1" of the plan's topics, or a partition of an internal topic.
bool is_partition(std::string_view name, const simulated::Plan& plan) {
    for (std::int64_t topic = 0; topic < plan.workload.at("topics"); ++topic) {
        for (std::int64_t index = 0; index < plan.workload.at("partitions"); ++index) {
            if (name == fmt::format("t{}-{}", topic, index)) return true;
        }
    }
    constexpr std::array<std::pair<std::string_view, const char*>, 2> kInternal{{
        {"__consumer_offsets", "offsets.topic.num.partitions"},
        {"__transaction_state", "transaction.state.log.num.partitions"},
    }};
    for (const auto& [topic, setting] : kInternal) {
        const auto count = plan.broker.find(setting);
        if (count == plan.broker.end()) continue;
        for (int index = 0; index < std::stoi(count->second); ++index) {
            if (name == fmt::format("{}-{}", topic, index)) return true;
        }
    }
    return false;
}

bool is_group(std::string_view name, const simulated::Plan& plan) {
    const auto groups = plan.workload.find("groups");
    if (groups == plan.workload.end()) return false;
    for (std::int64_t group = 0; group < groups->second; ++group) {
        if (name == fmt::format("g{}", group)) return true;
    }
    return false;
}

const PartitionState* partition_of_group(const Nodes& nodes, std::string_view group) {
    if (nodes.image() == nullptr) return nullptr;
    const auto index = drivers::GroupCoordinators::partition_of(*nodes.image(), group);
    if (!index) return nullptr;
    return nodes.partition(std::string(drivers::kConsumerOffsetsTopic), index->value());
}

std::string leader(const PartitionState* state) {
    return state != nullptr && state->has_leader() ? machine_name(state->leader) : "";
}

}  // namespace

bool is_role(std::string_view name, const simulated::Plan& plan) {
    if (name == kActiveController) return true;
    if (name.starts_with(kCoordinatorOf)) return is_group(name.substr(kCoordinatorOf.size()), plan);
    const auto role = partition_role(name);
    return role && is_partition(role->partition, plan);
}

std::string who_is(const std::string& name, Nodes& nodes) {
    if (name == kActiveController) return active_controller(nodes);
    const std::string_view given = name;
    const auto role = partition_role(given);
    if (!role && !given.starts_with(kCoordinatorOf)) return name;
    nodes.look_at_images();
    if (!role) return leader(partition_of_group(nodes, given.substr(kCoordinatorOf.size())));
    const PartitionState* state = find_partition(nodes, role->partition);
    if (role->place == Place::leader) return leader(state);
    return state == nullptr ? "" : follower(*state, role->place == Place::last_follower);
}

}  // namespace gregor::scenarios::cluster
