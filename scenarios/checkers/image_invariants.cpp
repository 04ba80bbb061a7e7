#include "scenarios/checkers/image_invariants.h"

#include <fmt/ranges.h>

#include <algorithm>

#include "broker/metadata/snapshot.h"

namespace gregor::scenarios {

namespace {

/// Of images to come; a node that is further behind is not compared.
constexpr std::size_t kRemembered = 256;

std::string rack_of(const metadata::MetadataImage& image, NodeId node) {
    const metadata::BrokerImage* broker = image.find_broker(node);
    return broker == nullptr ? std::string() : broker->rack.value_or(std::string());
}

/// Brokers without one are in one together.
std::set<std::string> racks_in(const metadata::MetadataImage& image) {
    std::set<std::string> racks;
    for (const auto& [id, broker] : image.brokers()) racks.insert(rack_of(image, id));
    return racks;
}

}  // namespace

void ImageInvariants::check(const std::map<NodeId, ImageView>& images) {
    for (const auto& [node, seen] : images) {
        compare(node, seen);
        if (seen.offset > newest_.offset) take_newer(seen);
    }
}

void ImageInvariants::compare(NodeId node, const ImageView& seen) {
    if (seen.offset.value() % options_.compare_every != 0) return;
    const auto last = compared_.find(node);
    if (last != compared_.end() && last->second == seen.offset) return;
    compared_.insert_or_assign(node, seen.offset);
    const auto [first, is_first] =
        first_seen_.try_emplace(seen.offset, FirstSeen{node, seen.image});
    if (first_seen_.size() > kRemembered) first_seen_.erase(first_seen_.begin());
    if (is_first) return;
    judge_.compared();
    if (first->second.image == seen.image || *first->second.image == *seen.image) return;
    judge_.violated("M2", "n{} and n{} differ in their images at offset {}", first->second.node,
                    node, seen.offset);
}

void ImageInvariants::take_newer(const ImageView& next) {
    for (const auto& [id, topic] : next.image->topics()) {
        check_topic(*topic, newest().find_topic(id), *next.image);
    }
    check_brokers(*next.image);
    check_ids(*next.image);
    check_snapshot(next);
    newest_ = next;
}

/// Whoever starts from a snapshot has the same image as one that has read every record.
void ImageInvariants::check_snapshot(const ImageView& next) {
    if (next.offset.value() % options_.snapshot_every != 0) return;
    ByteBuffer file;
    for (const Bytes& batch : metadata::encode_snapshot({.image = *next.image}, {}, 0)) {
        file.append(batch);
    }
    const auto read = metadata::decode_snapshot(std::move(file).freeze());
    judge_.compared();
    if (read && read->image == *next.image) return;
    judge_.violated("M2", "a snapshot of the image at offset {} says {}", next.offset,
                    read ? "something else" : read.error());
}

void ImageInvariants::check_topic(const metadata::TopicImage& topic,
                                  const metadata::TopicImage* before,
                                  const metadata::MetadataImage& next) {
    for (const auto& [partition, state] : topic.partitions) {
        const std::string name = fmt::format("{}-{}", topic.name, partition);
        check_partition(name, state, next);
        const metadata::PartitionState* old = before ? before->find(partition) : nullptr;
        if (old != nullptr) check_change(name, *old, state);
        if (old == nullptr && state.partition_epoch == 0) check_placement(name, state, next);
        judge_.compared();
    }
}

void ImageInvariants::check_partition(std::string_view name, const metadata::PartitionState& state,
                                      const metadata::MetadataImage& next) {
    for (const NodeId node : state.isr) {
        if (!state.is_replica(node)) {
            judge_.violated("M4", "{}: n{} of the isr is no replica", name, node);
        }
        if (state.has_leader() && !next.is_active(node)) {
            judge_.violated("M4", "{}: n{} is fenced or stopping, and in the isr {} (leader n{})",
                            name, node, state.isr, state.leader);
        }
    }
    for (const NodeId node : state.elr) {
        if (!state.is_replica(node) || state.is_in_isr(node)) {
            judge_.violated("M4", "{}: n{} of the elr is in the isr {} or no replica", name, node,
                            state.isr);
        }
    }
    const bool is_unclean =
        state.leader_recovery_state == metadata::LeaderRecoveryState::recovering;
    if (state.has_leader() && !state.is_in_isr(state.leader) && !is_unclean) {
        judge_.violated("M4", "{}: n{} leads from outside the isr {}", name, state.leader,
                        state.isr);
    }
}

/// KIP-36: a new partition's replicas are in as many racks as there are, or in one each.
void ImageInvariants::check_placement(std::string_view name, const metadata::PartitionState& state,
                                      const metadata::MetadataImage& next) {
    std::set<std::string> used;
    for (const NodeId node : state.replicas) used.insert(rack_of(next, node));
    // Brokers may have come, or gone, since it was placed.
    const std::size_t racks = std::min(racks_in(newest()).size(), racks_in(next).size());
    if (used.size() >= std::min(racks, state.replicas.size())) return;
    judge_.violated("M4", "{} is placed on {}, in {} of {} racks", name, state.replicas,
                    used.size(), racks);
}

void ImageInvariants::check_change(std::string_view name, const metadata::PartitionState& before,
                                   const metadata::PartitionState& after) {
    if (before == after) return;
    check_leader_change(name, before, after);
    const bool any_gone =
        !std::ranges::all_of(before.replicas, [&](NodeId node) { return after.is_replica(node); });
    if (any_gone && after.leader_epoch == before.leader_epoch) {
        judge_.violated("M5",
                        "{}: its replicas were {} and are {}, and the leader epoch is {} still",
                        name, before.replicas, after.replicas, after.leader_epoch);
    }
    if (after.partition_epoch <= before.partition_epoch) {
        judge_.violated("M5", "{} has changed, and its partition epoch from {} to {}", name,
                        before.partition_epoch, after.partition_epoch);
    }
    if (after.leader_epoch < before.leader_epoch) {
        judge_.violated("M5", "{}: the leader epoch falls from {} to {}", name, before.leader_epoch,
                        after.leader_epoch);
    }
    if (after.leader != before.leader && after.leader_epoch == before.leader_epoch) {
        judge_.violated("M5", "{}: n{} and n{} lead in epoch {}", name, before.leader, after.leader,
                        after.leader_epoch);
    }
}

/// Whoever leads alone and was in neither isr nor elr may lack what was committed: all are told.
void ImageInvariants::check_leader_change(std::string_view name,
                                          const metadata::PartitionState& before,
                                          const metadata::PartitionState& after) {
    // Of several changes those between may have made it a member.
    if (after.partition_epoch != before.partition_epoch + 1) return;
    if (!after.has_leader() || after.leader == before.leader) return;
    // What a leader has asked for may end a reassignment that takes it away.
    if (after.replicas != before.replicas || after.isr.size() != 1) return;
    if (before.is_in_isr(after.leader) || before.is_in_elr(after.leader)) return;
    if (after.leader_recovery_state == metadata::LeaderRecoveryState::recovering) return;
    judge_.violated("M4", "{}: n{} was elected from outside isr {} and elr {}, and nobody is told",
                    name, after.leader, before.isr, before.elr);
}

void ImageInvariants::check_brokers(const metadata::MetadataImage& next) {
    for (const auto& [id, after] : next.brokers()) {
        const metadata::BrokerImage* before = newest().find_broker(id);
        if (before == nullptr) continue;
        const bool is_same_run = before->incarnation_id == after.incarnation_id;
        // A request of the run before that comes late is taken for a successor, and this run
        // registers again: there is room for it where more than one record has come since.
        const bool may_be_again = is_same_run && after.broker_epoch > newest_.offset.value();
        if (after.broker_epoch < before->broker_epoch ||
            (is_same_run != (after.broker_epoch == before->broker_epoch) && !may_be_again)) {
            judge_.violated("M5", "n{}: broker epoch {} after {}, {} incarnation", id,
                            after.broker_epoch, before->broker_epoch,
                            is_same_run ? "the same" : "another");
        }
    }
}

void ImageInvariants::check_ids(const metadata::MetadataImage& next) {
    for (const auto& [name, id] : next.topic_ids()) {
        if (newest().find_topic(id) != nullptr) continue;
        if (const auto [known, is_new] = topic_names_.try_emplace(id, name); !is_new) {
            judge_.violated("M8", "the topics {} and {} had the same id", known->second, name);
        }
    }
    if (next.next_producer_id() < newest().next_producer_id()) {
        judge_.violated("M8", "the next producer id falls from {} to {}",
                        newest().next_producer_id(), next.next_producer_id());
    }
}

}  // namespace gregor::scenarios
