#include "scenarios/cluster/administrator.h"

#include <algorithm>

#include "scenarios/cluster/operations.h"
#include "scenarios/cluster/settling.h"

namespace gregor::scenarios::cluster {
namespace {

using admin::ActiveReassignments;
using admin::Assignment;
using admin::Replicas;
using admin::to_string;
using admin::TopicPartition;
using client::Error;
using clients::Phase;
using protocol::ErrorCode;
using protocol::NodeId;
using simulated::Operation;

constexpr Duration kPoll = 100ms;

/// "t0-1".
TopicPartition partition_of(const Operation& operation) {
    const std::size_t dash = operation.target.rfind('-');
    return {operation.target.substr(0, dash),
            protocol::PartitionId(std::stoi(operation.target.substr(dash + 1)))};
}

Replicas without(Replicas replicas, const Replicas& others) {
    std::erase_if(replicas, [&](NodeId replica) {
        return std::ranges::find(others, replica) != others.end();
    });
    return replicas;
}

bool holds(const Replicas& replicas, std::int32_t id) {
    return std::ranges::find(replicas, NodeId(id)) != replicas.end();
}

/// Where the partition will be when what goes on is done.
Replicas target_of(const TopicPartition& partition, const Replicas& present,
                   const ActiveReassignments& active) {
    const auto it = active.find(partition);
    return it == active.end() ? present : without(it->second.replicas, it->second.removing);
}

bool is_throttle(const std::string& key) { return key.find(".throttled.") != std::string::npos; }

}  // namespace

void Administrator::start_when_due(std::size_t node, std::function<void()> start) {
    const auto late = late_start(workload_.plan, nodes_.all[node].id);
    if (!late) return start();
    nodes_.all[node].is_absent = true;
    world_.scheduler().call_at(world_.now() + *late, [this, node, start = std::move(start)] {
        if (workload_.phase != Phase::faults) return;
        nodes_.all[node].is_absent = false;
        ++counts_.brokers_added;
        start();
    });
}

bool Administrator::has_work() const {
    return std::ranges::any_of(workload_.plan.operations, [](const Operation& operation) {
        return !is_of_voters(operation.kind);
    });
}

void Administrator::run(Runtime& runtime) {
    client::Cluster cluster(runtime, admin_options(workload_.brokers, kName));
    admin::Admin calls(cluster, kAdminCallTimeout);
    runtime_ = &runtime;
    admin_ = &calls;
    reassigner_.emplace(calls);
    mover_.emplace(cluster);
    while (!workload_.topics_made) pause(kPoll);
    for (const Group& group : groups()) {
        wait_until(Instant(group.front()->at));
        if (workload_.phase != Phase::faults) break;
        execute(group);
    }
    doing("waiting for the end of the faults");
    wait_until(kNever);
    end_throttles();
    settle(workload_, runtime, kName, [this] { return what_is_left(); });
    is_done_ = true;
}

std::vector<Administrator::Group> Administrator::groups() const {
    std::vector<Group> groups;
    for (const Operation& operation : workload_.plan.operations) {
        if (operation.kind == kStartBroker || is_of_voters(operation.kind)) continue;
        const bool joins = !groups.empty() && operation.kind == kReassign &&
                           groups.back().front()->kind == kReassign &&
                           groups.back().front()->at == operation.at;
        if (!joins) groups.emplace_back();
        groups.back().push_back(&operation);
    }
    return groups;
}

/// Or until the faults are over. Throttles whose moves are done go meanwhile.
void Administrator::wait_until(Instant time) {
    while (workload_.phase == Phase::faults && world_.now() < time) {
        pause(kPoll);
        if (!is_throttled_) continue;
        const auto active = reassigner_->active();
        if (active && active->empty()) clear_throttles();
    }
}

void Administrator::pause(Duration duration) { runtime_->clock().sleep_for(duration); }

// Operations. -------------------------------------------------------------------------------------

void Administrator::execute(const Group& group) {
    const Operation& first = *group.front();
    doing(to_string(first));
    if (first.kind == kReassign) reassign(group);
    if (first.kind == kCancel) cancel(first);
    if (first.kind == kMoveReplica) move_replica(first);
    if (first.kind == kRemoveBroker) remove_broker(*node_id(first.target));
    if (first.kind == kUnregisterBroker) unregister(*node_id(first.target));
}

bool Administrator::may_hold_replicas(std::int64_t id) const {
    const auto node = static_cast<std::int32_t>(id);
    return !leaving_.contains(node) && !nodes_.node(NodeId(node)).is_absent;
}

void Administrator::reassign(const Group& group) {
    Assignment target;
    for (const Operation* operation : group) {
        const auto may = [this](std::int64_t id) { return may_hold_replicas(id); };
        if (!std::ranges::all_of(operation->nodes, may)) continue;
        Replicas& replicas = target[partition_of(*operation)];
        for (const std::int64_t id : operation->nodes) {
            replicas.push_back(NodeId(static_cast<std::int32_t>(id)));
        }
    }
    if (target.empty()) return;
    if (group.front()->amount > 0) throttle(target, group.front()->amount);
    const auto refusals = reassigner_->start(target);
    for (const auto& [partition, replicas] : target) {
        if (refusals && refusals->contains(partition)) continue;
        ++counts_.reassignments_asked;
        wanted_[partition] = replicas;
    }
}

void Administrator::throttle(const Assignment& target, std::int64_t rate) {
    const auto current = everything();
    const auto active = reassigner_->active();
    if (!current || !active) return;
    is_throttled_ = true;  // in part at least
    ++counts_.throttled;
    const auto set = reassigner_->throttle(moves_between(*active, *current, target), rate);
    if (!set) world_.trace("throttle_failed", set.error().message);
}

void Administrator::cancel(const Operation& operation) {
    const TopicPartition partition = partition_of(operation);
    const auto active = reassigner_->active();
    if (!active || !active->contains(partition)) return;
    const auto& reassignment = active->at(partition);
    const Replicas before = without(reassignment.replicas, reassignment.adding);
    const auto may = [this](NodeId id) { return may_hold_replicas(id.value()); };
    if (!std::ranges::all_of(before, may)) return;
    const auto refusals = reassigner_->cancel({partition});
    if (refusals && refusals->empty()) wanted_[partition] = before;
    if (!refusals) wanted_.erase(partition);  // this way or that
}

void Administrator::move_replica(const Operation& operation) {
    const std::int64_t broker = operation.nodes.front();
    if (!may_hold_replicas(broker)) return;
    mover_->move({partition_of(operation), NodeId(static_cast<std::int32_t>(broker))},
                 log_directory(operation.amount));
}

/// Until nobody knows of a replica of it any more, also where metadata comes late.
void Administrator::remove_broker(std::int32_t id) {
    if (!may_hold_replicas(id)) return;
    leaving_.insert(id);
    mover_->forget(NodeId(id));
    for (;;) {
        const auto all = everything();
        const auto active = reassigner_->active();
        if (all && active) {
            if (!has_replicas(*all, id)) break;
            move_off(*all, *active);
        }
        pause(kAdminLook);
    }
    ClusterNode& node = nodes_.all[static_cast<std::size_t>(id - 1)];
    node.is_absent = true;
    ++counts_.brokers_removed;
    world_.scheduler().call_at(world_.now(), [&node] { node.machine->retire(); });
}

void Administrator::unregister(std::int32_t id) {
    const ClusterNode& node = nodes_.node(NodeId(id));
    if (!leaving_.contains(id)) return;
    for (;; pause(kAdminLook)) {
        if (node.machine->running()) continue;
        const auto done = admin_->unregister_broker(NodeId(id));
        if (done || done.error().code == ErrorCode::broker_id_not_registered) break;
    }
}

/// Every partition's replicas, as some broker knows them.
Result<Assignment, Error> Administrator::everything() {
    Assignment all;
    const auto topics = TRY(admin_->describe_topics({}));
    for (const auto& topic : topics) {
        for (const auto& partition : topic.partitions) {
            all[{topic.name.value_or(""), partition.partition_index}] = partition.replica_nodes;
        }
    }
    return all;
}

bool Administrator::has_replicas(const Assignment& all, std::int32_t id) const {
    for (const auto& [partition, replicas] : all) {
        if (holds(replicas, id)) return true;
    }
    for (const auto& [topic_id, topic] : nodes_.image()->topics()) {
        for (const auto& [index, state] : topic->partitions) {
            if (holds(state.replicas, id)) return true;
        }
    }
    return false;
}

/// The same without those that leave; others take their places, another one at each turn.
Replicas Administrator::instead_of(const Replicas& replicas, std::size_t turn) const {
    Replicas others;
    for (const ClusterNode& node : nodes_.all) {
        const bool is_free = node.is_broker && !holds(replicas, node.id);
        if (is_free && may_hold_replicas(node.id)) others.push_back(NodeId(node.id));
    }
    Replicas instead;
    for (const NodeId replica : replicas) {
        if (!leaving_.contains(replica.value())) {
            instead.push_back(replica);
        } else if (!others.empty()) {
            const auto next = others.begin() + static_cast<std::ptrdiff_t>(turn % others.size());
            instead.push_back(*next);
            others.erase(next);
        }
    }
    return instead;
}

void Administrator::move_off(const Assignment& all, const ActiveReassignments& active) {
    Assignment moved;
    std::size_t turn = 0;
    for (const auto& [partition, present] : all) {
        const Replicas target = target_of(partition, present, active);
        const auto leaves = [this](NodeId id) { return leaving_.contains(id.value()); };
        if (std::ranges::none_of(target, leaves)) continue;
        Replicas instead = instead_of(target, turn++);
        if (!instead.empty()) moved.emplace(partition, std::move(instead));
    }
    if (moved.empty()) return;
    const auto refusals = reassigner_->start(moved);
    for (const auto& [partition, replicas] : moved) {
        if (refusals && refusals->contains(partition)) continue;
        wanted_[partition] = replicas;
    }
}

// The end. ----------------------------------------------------------------------------------------

/// With one there is no bound on how long a move takes.
void Administrator::end_throttles() {
    doing("ending throttles");
    while (is_throttled_) {
        clear_throttles();
        if (is_throttled_) pause(kAdminLook);
    }
}

/// And a step towards nothing.
std::string Administrator::what_is_left() {
    const auto all = everything();
    const auto active = reassigner_->active();
    if (!all || !active) return "asking where everything is";
    move_off(*all, *active);
    std::erase_if(wanted_, [&](const auto& each) { return !all->contains(each.first); });
    Assignment again;
    for (const auto& [partition, replicas] : wanted_) {
        if (target_of(partition, all->at(partition), *active) != replicas) {
            again.emplace(partition, replicas);
        }
    }
    if (!again.empty()) {
        const auto refusals = reassigner_->start(again);
        return fmt::format("asking again for {}, now at {}: {}", to_string(again.begin()->first),
                           fmt::join(all->at(again.begin()->first), ","),
                           !refusals           ? refusals.error().message
                           : refusals->empty() ? "taken"
                                               : refusals->begin()->second.message);
    }
    if (!active->empty()) {
        const auto& [partition, each] = *active->begin();
        return fmt::format("{} is being reassigned: replicas {}, adding {}, removing {}",
                           to_string(partition), fmt::join(each.replicas, ","),
                           fmt::join(each.adding, ","), fmt::join(each.removing, ","));
    }
    for (const std::int32_t id : leaving_) {
        if (has_replicas(*all, id)) return fmt::format("n{} still has replicas", id);
    }
    return mover_->what_is_left();
}

void Administrator::clear_throttles() {
    const metadata::MetadataImage& image = *nodes_.image();
    std::set<NodeId> brokers;
    std::set<std::string> topics;
    for (const auto& [resource, configs] : image.configs()) {
        const auto throttles = [](const auto& config) { return is_throttle(config.first); };
        if (std::ranges::none_of(configs, throttles)) continue;
        if (resource.type == metadata::ConfigResourceType::topic) topics.insert(resource.name);
    }
    for (const auto& [id, broker] : image.brokers()) brokers.insert(id);
    is_throttled_ =
        !reassigner_->clear_rates(brokers) || !reassigner_->clear_throttled_replicas(topics);
}

}  // namespace gregor::scenarios::cluster
