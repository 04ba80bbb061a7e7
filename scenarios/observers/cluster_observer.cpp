#include "scenarios/observers/cluster_observer.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <ranges>

namespace gregor::scenarios {

namespace {

/// What exposes something, or takes something back.
constexpr std::array<std::string_view, 12> kCues{
    "high_watermark_raised",   "image_published", "role_changed",  "replica_truncated",
    "log_truncated",           "isr_proposed",    "isr_changed",   "metadata_leader_elected",
    "metadata_leader_changed", "vote_received",   "vote_answered", "log_start_advanced"};

/// What was allocated for the view before is used again.
void copy_role(const replication::Partition& state, ReplicaView& view) {
    const LeaderEpoch epoch = state.leader_epoch().value_or(protocol::kNoLeaderEpoch);
    if (view.leader_epoch != epoch) view.fetched.clear();
    view.role = SeenRole::none;
    view.leader_epoch = epoch;
    view.partition_epoch = state.partition_epoch();
    view.is_consistent = false;
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
    view.is_isr_pending = leader->isr.pending().has_value();
    for (const auto& [id, other] : leader->others) view.fetched[id] = other.log_end_offset();
}

/// What the file beside the log's folder says of it; zero if it says nothing.
Offset checkpointed_high_watermark(simulated::DiskStore& disk, const log::Log& log) {
    const std::string directory = log.folder().substr(0, log.folder().rfind('/'));
    const auto file =
        disk.open(log::join_path(directory, "replication-offset-checkpoint"), OpenMode::read);
    if (!file) return Offset(0);
    const Bytes content = (*file)->read(0, (*file)->size());
    const auto offsets = log::parse_offset_checkpoint(content.text());
    const auto found = offsets ? offsets->find(log.partition()) : log::OffsetCheckpoint::iterator();
    return offsets && found != offsets->end() ? found->second : Offset(0);
}

NodeId voted_of(const raft::Raft& core) {
    const auto& voted = core.quorum_state().voted;
    return voted ? voted->id : protocol::kNoNode;
}

}  // namespace

void ClusterObserver::watch(simulated::World& world, FindNode find_node) {
    world_ = &world;
    find_node_ = std::move(find_node);
    for (const std::string_view cue : kCues) world.watch(cue, [this] { observe(); });
}

void ClusterObserver::observe() {
    ++observations_;
    view_.now = world_->now();
    view_.images.clear();
    machines_.resize(world_->machines().size());
    for (std::size_t place = 0; place < machines_.size(); ++place) {
        simulated::Machine& machine = *world_->machines()[place];
        SeenMachine& seen = machines_[place];
        note_restarts(machine, seen);
        note_power_losses(machine, seen);
        server::Node* node = machine.alive() ? find_node_(machine) : nullptr;
        if (node == nullptr) continue;
        seen.node = node->config().node_id();
        seen.latest_wall_ms = std::max(seen.latest_wall_ms, to_epoch_ms(machine.clock().wall()));
        look_at(machine, *node, seen.latest_wall_ms);
    }
    forget_what_is_gone();
    invariants_.check(view_);
}

void ClusterObserver::look_at(simulated::Machine& machine, server::Node& node,
                              std::int64_t latest_wall_ms) {
    const NodeId id = node.config().node_id();
    if (drivers::ClusterMetadata* metadata = node.find_metadata();
        metadata != nullptr && metadata->raft().has_started()) {
        view_.images[id] = {metadata->image_offset(), metadata->image()};
        look_at_quorum(machine, id, *metadata);
    }
    replication::ReplicaManager* replicas = node.find_replicas();
    if (replicas == nullptr) return;
    const bool is_registered = replicas->broker_epoch() != replication::kNoBrokerEpoch;
    const bool is_unable = machine.clock().paused() || node.failure().has_value();
    for (const replication::HostedRef& hosted : replicas->hosted()) {
        ReplicaView& replica = look_at_replica(machine, id, is_registered, *hosted);
        replica.latest_wall_ms = latest_wall_ms;
        replica.is_unable = is_unable;
    }
}

void ClusterObserver::look_at_quorum(simulated::Machine& machine, NodeId id,
                                     drivers::ClusterMetadata& metadata) {
    const raft::Raft& core = metadata.raft().core();
    // Before its first step it has yet to take up what it remembers.
    if (core.quorum_state().epoch != core.epoch()) return;
    const log::Log& log = *metadata.raft().log().log();
    QuorumMemberView& view = view_.quorum[id];
    view.start = machine.starts();
    view.epoch = core.epoch();
    view.leader_id = core.leader_id();
    // A vote that is not on disk has not been told to anybody.
    view.voted = metadata.raft().is_settled() ? voted_of(core) : protocol::kNoNode;
    view.is_leader = core.is_leader();
    view.is_paused = machine.clock().paused();
    view.is_busy = !metadata.raft().is_settled();
    view.check_quorum_timeout = core.config().fetch_timeout * 3 / 2;
    view.voter_changes.clear();
    view.voters.clear();
    if (const auto* leader = std::get_if<raft::Leader>(&core.role())) {
        view.epoch_start_offset = leader->state.epoch_start_offset();
        view.is_established = leader->state.high_watermark().has_value();
        view.voter_changes = core.voter_history().changes_from(
            std::min(view.epoch_start_offset, core.high_watermark()));
        std::ranges::copy(std::views::keys(core.voters().voters()),
                          std::back_inserter(view.voters));
    }
    view.log_start_offset = log.log_start_offset();
    view.high_watermark = core.high_watermark();
    view.log_end_offset = log.log_end_offset();
    Tail& tail = quorum_tails_[id];
    if (tail.start != machine.starts()) tail = {.start = machine.starts()};
    tail.seen_at = observations_;
    tail.tail.update(*machine.disk().store, log, view.log);
    view.synced_end = tail.tail.synced_end(view.log);
    // The core is behind a snapshot already, and the disk is about to be.
    if (core.log().start_offset() > log.log_start_offset()) view.log.is_whole = false;
}

ReplicaView& ClusterObserver::look_at_replica(simulated::Machine& machine, NodeId id,
                                              bool is_registered,
                                              const replication::HostedPartition& hosted) {
    const PartitionKey key{hosted.topic_id, protocol::PartitionId(hosted.partition.partition)};
    Tail& tail = tails_[{key, id}];
    const bool is_first_look = tail.replica == nullptr || tail.start != machine.starts();
    if (is_first_look) {
        PartitionView& partition = view_.partitions[key];
        if (partition.name.empty()) partition.name = fmt::format("{}", hosted.partition);
        tail = {.start = machine.starts(), .replica = &partition.replicas[id]};
    }
    tail.seen_at = observations_;
    ReplicaView& view = *tail.replica;
    view.start = machine.starts();
    view.is_registered = is_registered;
    copy_role(hosted.state, view);
    view.producers = nullptr;
    view.checkpointed_high_watermark.reset();
    if (hosted.log != nullptr) {
        view.marks = hosted.log_marks();
        // What it tells others, also before its log knows.
        if (!hosted.truncating) {
            view.marks.high_watermark = hosted.state.marks().high_watermark;
            view.marks.last_stable_offset =
                std::max(hosted.state.marks().last_stable_offset, view.marks.log_start_offset);
        }
        view.next_offset = hosted.log->next_offset();
        view.is_appending = hosted.appends_running > 0;
        view.epochs = hosted.log->leader_epochs().entries();
        simulated::DiskStore& disk = *machine.disk().store;
        tail.tail.update(disk, *hosted.log, view.log);
        const log::ProducerState& producers = hosted.log->producers();
        const bool is_settled = !hosted.truncating && view.log.is_whole &&
                                producers.end_offset() == hosted.log->log_end_offset();
        if (is_settled) view.producers = &producers;
        if (is_first_look && !taken_away_.contains({key, id})) {
            view.checkpointed_high_watermark = checkpointed_high_watermark(disk, *hosted.log);
        }
    }
    return view;
}

void ClusterObserver::note_restarts(const simulated::Machine& machine, SeenMachine& seen) {
    if (seen.starts == machine.starts()) return;
    seen.starts = machine.starts();
    if (!seen.node) return;
    invariants_.restarted(*seen.node);
    std::erase_if(taken_away_, [&](const auto& place) { return place.second == *seen.node; });
}

void ClusterObserver::note_power_losses(const simulated::Machine& machine, SeenMachine& seen) {
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
        taken_away_.insert(place);
        return true;
    });
    std::erase_if(quorum_tails_, [this](const auto& entry) {
        if (entry.second.seen_at == observations_) return false;
        view_.quorum.erase(entry.first);
        return true;
    });
}

}  // namespace gregor::scenarios
