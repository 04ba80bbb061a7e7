#include "scenarios/observers/transaction_ends.h"

#include <algorithm>
#include <cstdlib>

namespace gregor::scenarios {

using coordinator::TransactionMetadata;
using coordinator::TransactionState;

namespace {

/// By any node's image.
std::map<PartitionKey, LeaderEpoch> newest_epochs(const ClusterView& view) {
    std::map<PartitionKey, LeaderEpoch> newest;
    for (const auto& [node, seen] : view.images) {
        if (seen.image == nullptr) continue;
        for (const auto& [topic_id, topic] : seen.image->topics()) {
            for (const auto& [index, state] : topic->partitions) {
                LeaderEpoch& epoch =
                    newest.try_emplace({topic_id, index}, state.leader_epoch).first->second;
                epoch = std::max(epoch, state.leader_epoch);
            }
        }
    }
    return newest;
}

}  // namespace

void TransactionEnds::begin(const ClusterView& view) {
    hanging_before_ = std::exchange(hanging_, {});
    unfinished_before_ = std::exchange(unfinished_, {});
    open_.clear();
    producers_.clear();
    const auto newest = newest_epochs(view);
    for (const auto& [key, partition] : view.partitions) {
        const auto epoch = newest.find(key);
        if (epoch == newest.end()) continue;
        if (partition.name.starts_with(drivers::kTransactionStateTopic)) {
            LeaderEpoch& known = newest_.try_emplace(key.partition, epoch->second).first->second;
            known = std::max(known, epoch->second);
        }
        for (const auto& [node, replica] : partition.replicas) {
            const bool leads =
                replica.role == SeenRole::leader && replica.leader_epoch == epoch->second;
            if (!leads || replica.producers == nullptr) continue;
            producers_[partition.name] = replica.producers;
            for (const auto& [id, entry] : replica.producers->entries()) {
                if (!entry.current_txn_first_offset) continue;
                open_.emplace(id, Open{partition.name, *entry.current_txn_first_offset});
            }
        }
    }
}

void TransactionEnds::look_at(const Shard& shard, std::int64_t wall_ms,
                              const coordinator::TransactionCoordinator& coordinator) {
    Unfinished& now = unfinished_[shard];
    now.wall_ms = wall_ms;
    for (const auto& [id, metadata] : coordinator.transactions()) {
        const bool is_over = metadata.is_complete() || metadata.state == TransactionState::empty;
        if (!is_over) now.ids.insert(id);
        if (!is_newest(shard)) continue;
        if (is_over) look_at_hanging(shard, id, metadata);
        if (metadata.state == TransactionState::ongoing) look_at_ended(shard, id, metadata);
    }
    const auto before = unfinished_before_.find(shard);
    if (before == unfinished_before_.end()) return;
    // Between two looks it may have ended; it is not forgotten before it has expired.
    const bool may_expire =
        std::abs(wall_ms - before->second.wall_ms) >= coordinator.config().id_expiration_ms;
    for (const std::string& id : before->second.ids) {
        judge_.compared();
        if (may_expire || coordinator.find(id) != nullptr) continue;
        judge_.violated("T6", "n{} has forgotten {}, whose transaction was open", shard.node, id);
    }
}

bool TransactionEnds::is_newest(const Shard& shard) const {
    const auto newest = newest_.find(shard.partition);
    return newest != newest_.end() && newest->second == shard.epoch;
}

/// Each transaction has an epoch of its own, and its end the next one: who has written in this
/// epoch and has nothing open was ended by an earlier one's end. Of other transactions it cannot be
/// told.
void TransactionEnds::look_at_ended(const Shard& shard, const std::string& id,
                                    const TransactionMetadata& metadata) {
    if (!metadata.has_epoch_per_transaction()) return;
    for (const auto& [topic, partition] : metadata.partitions) {
        const std::string name = fmt::format("{}-{}", topic, partition);
        const auto producers = producers_.find(name);
        if (producers == producers_.end()) continue;
        const log::ProducerEntry* entry = producers->second->find(metadata.producer.id);
        if (entry == nullptr || entry->producer_epoch != metadata.producer.epoch) continue;
        judge_.compared();
        if (entry->batches.empty() || entry->current_txn_first_offset) continue;
        judge_.violated("T10", "the transaction of {} is open on n{} in epoch {}, and over in {}",
                        id, shard.node, metadata.producer.epoch, name);
    }
}

void TransactionEnds::look_at_hanging(const Shard& shard, const std::string& id,
                                      const TransactionMetadata& metadata) {
    judge_.compared();
    const auto [first, last] = open_.equal_range(metadata.producer.id);
    for (auto each = first; each != last; ++each) {
        const Hanging hanging{shard,
                              id,
                              metadata.producer.id,
                              metadata.last_update_ms,
                              each->second.partition,
                              each->second.since};
        hanging_.insert(hanging);
        if (!hanging_before_.contains(hanging)) continue;
        judge_.violated("T6", "the transaction of {} is {} on n{}, and open in {} since {}", id,
                        name(metadata.state), shard.node, each->second.partition,
                        each->second.since);
    }
}

}  // namespace gregor::scenarios
