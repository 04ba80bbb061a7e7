#include "scenarios/observers/cluster_observer.h"

#include <algorithm>
#include <array>

namespace gregor::scenarios {

namespace {

/// What exposes something, or takes something back.
constexpr std::array kCues{EventName("high_watermark_raised"),
                           EventName("image_published"),
                           EventName("role_changed"),
                           EventName("log_truncated"),
                           EventName("isr_proposed"),
                           EventName("isr_changed"),
                           EventName("metadata_leader_elected"),
                           EventName("metadata_leader_changed")};

bool is_cue(EventName name) {
    return std::ranges::any_of(kCues,
                               [&](const EventName& cue) { return cue.hash() == name.hash(); });
}

void copy_role(const replication::Partition& state, ReplicaView& view) {
    view.role = SeenRole::none;
    view.leader_epoch = state.leader_epoch().value_or(protocol::kNoLeaderEpoch);
    view.partition_epoch = state.partition_epoch();
    if (state.is_offline()) view.role = SeenRole::offline;
    if (const replication::FollowerRole* follower = state.follower()) {
        view.role = SeenRole::follower;
        view.is_consistent = follower->is_consistent;
    }
    const replication::LeaderRole* leader = state.leader();
    if (leader == nullptr) return;
    view.role = SeenRole::leader;
    view.min_isr = std::min<std::size_t>(
        static_cast<std::size_t>(std::max(state.settings().min_insync_replicas, 1)),
        leader->replicas.size());
    view.isr = leader->isr.committed();
    view.maximal_isr = leader->isr.maximal();
    for (const auto& [id, other] : leader->others) view.fetched[id] = other.log_end_offset();
}

NodeId voted_of(const raft::Raft& core) {
    const auto& voted = core.quorum_state().voted;
    return voted ? voted->id : protocol::kNoNode;
}

}  // namespace

void ClusterObserver::watch(simulated::World& world, FindNode find_node) {
    world_ = &world;
    find_node_ = std::move(find_node);
    world.observe_events([this](EventName name) {
        if (is_cue(name)) observe();
    });
}

void ClusterObserver::observe() {
    ++observations_;
    view_.images.clear();
    for (const auto& machine : world_->machines()) {
        note_power_losses(*machine);
        if (!machine->alive()) continue;
        if (server::Node* node = find_node_(*machine)) look_at(*machine, *node);
    }
    forget_what_is_gone();
    invariants_.check(view_);
}

void ClusterObserver::look_at(simulated::Machine& machine, server::Node& node) {
    const NodeId id = node.config().node_id();
    machines_[machine.name()].node = id;
    if (drivers::ClusterMetadata* metadata = node.find_metadata();
        metadata != nullptr && metadata->raft().has_started()) {
        view_.images[id] = {metadata->image_offset(), metadata->image()};
        look_at_quorum(machine, id, *metadata);
    }
    replication::ReplicaManager* replicas = node.find_replicas();
    if (replicas == nullptr) return;
    const bool is_registered = replicas->broker_epoch() != replication::kNoBrokerEpoch;
    for (const replication::HostedRef& hosted : replicas->hosted()) {
        look_at_replica(machine, id, is_registered, *hosted);
    }
}

void ClusterObserver::look_at_quorum(simulated::Machine& machine, NodeId id,
                                     drivers::ClusterMetadata& metadata) {
    const raft::Raft& core = metadata.raft().core();
    const log::Log& log = *metadata.raft().log().log();
    QuorumMemberView& view = view_.quorum[id];
    view.start = machine.starts();
    view.epoch = core.epoch();
    view.leader_id = core.leader_id();
    view.voted = voted_of(core);
    view.is_leader = core.is_leader();
    view.log_start_offset = log.log_start_offset();
    view.high_watermark = core.high_watermark();
    view.log_end_offset = log.log_end_offset();
    Tail& tail = quorum_tails_[id];
    if (tail.start != machine.starts()) tail = {.start = machine.starts()};
    tail.seen_at = observations_;
    tail.tail.update(*machine.disk().store, log, view.log);
}

void ClusterObserver::look_at_replica(simulated::Machine& machine, NodeId id, bool is_registered,
                                      const replication::HostedPartition& hosted) {
    const PartitionKey key{hosted.topic_id, protocol::PartitionId(hosted.partition.partition)};
    PartitionView& partition = view_.partitions[key];
    if (partition.name.empty()) partition.name = fmt::format("{}", hosted.partition);
    ReplicaView& old = partition.replicas[id];
    ReplicaView view{.start = machine.starts(), .is_registered = is_registered};
    view.log = std::move(old.log);
    copy_role(hosted.state, view);
    Tail& tail = tails_[{key, id}];
    if (tail.start != machine.starts()) tail = {.start = machine.starts()};
    tail.seen_at = observations_;
    if (hosted.log != nullptr) {
        view.marks = hosted.log_marks();
        view.epochs = hosted.log->leader_epochs().entries();
        tail.tail.update(*machine.disk().store, *hosted.log, view.log);
    }
    old = std::move(view);
}

void ClusterObserver::note_power_losses(const simulated::Machine& machine) {
    SeenMachine& seen = machines_[machine.name()];
    if (seen.power_losses == machine.power_losses()) return;
    seen.power_losses = machine.power_losses();
    const auto& loss = machine.last_power_loss();
    if (seen.node && (loss.lost_data || loss.lost_names)) invariants_.lost_data(*seen.node);
}

/// Replicas and members that were not met this time.
void ClusterObserver::forget_what_is_gone() {
    std::erase_if(tails_, [this](const auto& entry) {
        const auto& [place, tail] = entry;
        if (tail.seen_at == observations_) return false;
        view_.partitions[place.first].replicas.erase(place.second);
        return true;
    });
    std::erase_if(quorum_tails_, [this](const auto& entry) {
        if (entry.second.seen_at == observations_) return false;
        view_.quorum.erase(entry.first);
        return true;
    });
}

}  // namespace gregor::scenarios
