#include "scenarios/cluster/atlas.h"

#include <algorithm>

namespace gregor::scenarios::cluster {

void Atlas::losing_power(const ClusterNode& node) {
    std::map<std::int32_t, Disk> disks;
    for (std::size_t place = 0; place < workload_.partitions.size(); ++place) {
        Promise& promise = promises_[place];
        promise.highest_end = std::max(promise.highest_end, end_on(node.id, place, disks));
    }
}

void Atlas::lost_power(const ClusterNode& node) {
    nodes_.look_at_images();
    const protocol::NodeId id(node.id);
    const auto* broker = nodes_.image() == nullptr ? nullptr : nodes_.image()->find_broker(id);
    if (broker != nullptr) lost_in_epoch_[node.id] = broker->broker_epoch;
    std::map<std::int32_t, Disk> disks;
    for (std::size_t place = 0; place < workload_.partitions.size(); ++place) {
        take_candidates(place);
        Promise& promise = promises_[place];
        if (!promise.is_candidate(protocol::NodeId(node.id))) continue;
        promise.lossy.insert(node.id);
        promise.ever_lossy.insert(node.id);
        judge(place, disks);
    }
}

void Atlas::image_published() {
    nodes_.look_at_images();
    std::map<std::int32_t, Disk> disks;
    for (std::size_t place = 0; place < workload_.partitions.size(); ++place) {
        const std::vector<protocol::NodeId> before = promises_[place].candidates;
        take_candidates(place);
        if (promises_[place].candidates != before) judge(place, disks);
    }
}

void Atlas::take_candidates(std::size_t place) {
    const clients::PartitionUnderTest& partition = workload_.partitions[place];
    const metadata::PartitionState* state = nodes_.partition(partition.topic, partition.index);
    if (state == nullptr) return;
    Promise& promise = promises_[place];
    promise.leader = state->leader;
    promise.leader_epoch = state->leader_epoch;
    const std::vector<protocol::NodeId> before = promise.candidates;
    promise.candidates = state->isr;
    std::ranges::copy(state->elr, std::back_inserter(promise.candidates));
    for (const protocol::NodeId node : promise.candidates) {
        const bool is_new = std::ranges::find(before, node) == before.end();
        if (!is_new || !has_lost_power_since_it_registered(node)) continue;
        promise.lossy.insert(node.value());
        promise.ever_lossy.insert(node.value());
    }
    std::vector<protocol::NodeId> last_known;
    if (promise.candidates.empty()) {
        promise.candidates = state->last_known_elr;
        last_known = state->last_known_elr;
    } else if (state->leader_recovery_state == metadata::LeaderRecoveryState::recovering) {
        last_known = {state->leader};
    }
    // It is a candidate again although it had ceased to be one, and not by catching up.
    for (const protocol::NodeId last : last_known) {
        if (promise.ever_lossy.contains(last.value())) promise.lossy.insert(last.value());
    }
    std::erase_if(promise.lossy,
                  [&](std::int32_t id) { return !promise.is_candidate(protocol::NodeId(id)); });
}

bool Atlas::has_lost_power_since_it_registered(protocol::NodeId node) const {
    const auto lost = lost_in_epoch_.find(node.value());
    const metadata::BrokerImage* broker = nodes_.image()->find_broker(node);
    return lost != lost_in_epoch_.end() && broker != nullptr &&
           broker->broker_epoch == lost->second;
}

void Atlas::judge(std::size_t place, std::map<std::int32_t, Disk>& disks) {
    Promise& promise = promises_[place];
    if (promise.lossy.empty()) return;
    std::int64_t end = 0;
    for (const protocol::NodeId member : promise.candidates) {
        end = std::max(end, end_on(member.value(), place, disks));
    }
    if (end < promise.highest_end) {
        workload_.partitions[place].history->lost_power(end, promise.last_epoch());
    }
    promise.highest_end = end;
    // What the last member has is what there is from now on.
    if (promise.candidates.size() == 1) promise.lossy.clear();
}

std::int64_t Atlas::end_on(std::int32_t node, std::size_t place,
                           std::map<std::int32_t, Disk>& disks) const {
    const auto [disk, is_first] = disks.try_emplace(node);
    if (is_first) {
        disk->second = read_partitions(*nodes_.node(protocol::NodeId(node)).machine->disk().store);
    }
    const auto it = disk->second.find(workload_.partitions[place].history->name());
    return it == disk->second.end() ? 0 : it->second.end;
}

}  // namespace gregor::scenarios::cluster
