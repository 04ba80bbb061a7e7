#include "clients/producer/accumulator.h"

#include <algorithm>
#include <limits>
#include <utility>

namespace gregor::producer {

using protocol::NodeId;
using protocol::PartitionId;
using State = ProducerBatch::State;

Accumulator::Accumulator(AccumulatorOptions options) : options_(options) {
    CHECK(options_.max_in_flight > 0);
    CHECK(!options_.idempotent || options_.max_in_flight <= 5, "the log remembers 5 batches");
    CHECK(!options_.transactional || options_.idempotent);
}

PartitionSlot Accumulator::add_partition(std::string topic, PartitionId partition) {
    partitions_.push_back({.topic = std::move(topic), .partition = partition});
    return PartitionSlot(static_cast<std::uint32_t>(partitions_.size() - 1));
}

const std::string& Accumulator::topic_of(PartitionSlot slot) const { return at(slot).topic; }

PartitionId Accumulator::partition_of(PartitionSlot slot) const { return at(slot).partition; }

void Accumulator::set_leader(PartitionSlot slot, NodeId leader) { at(slot).leader = leader; }

void Accumulator::begin_transaction() {
    CHECK(options_.transactional && empty(), "a transaction begins in one that is open");
    for (Partition& partition : partitions_) partition.is_admitted = false;
}

void Accumulator::set_producer_id(ProducerIdentity identity) {
    CHECK(options_.idempotent);
    CHECK(identity.is_known());
    identity_ = identity;
}

// Records come in. --------------------------------------------------------------------------------

Accumulator::Appended Accumulator::append(Instant now, PartitionSlot slot,
                                          const records::RecordInput& record, std::size_t charge) {
    Partition& partition = at(slot);
    ProducerBatch* last = partition.queue.empty() ? nullptr : partition.queue.back().get();
    bool made_ready = false;
    if (last != nullptr && last->state == State::open &&
        last->size() + last->builder.size_of_next(record) > options_.batch_size) {
        last->state = State::waiting;
        made_ready = true;
    }
    const bool opens = last == nullptr || last->state != State::open;
    if (opens) {
        const records::BatchOptions options{.codec = options_.codec,
                                            .levels = options_.levels,
                                            .is_transactional = options_.transactional,
                                            .contexts = options_.contexts};
        partition.queue.push_back(std::make_shared<ProducerBatch>(slot, now, options));
        // The next one is likely as large; growing copies all that is there.
        partition.queue.back()->builder.reserve(
            std::min(partition.last_size + partition.last_size / 8, options_.batch_size));
        ++batches_;
    }
    const BatchRef& batch = partition.queue.back();
    batch->builder.append(record);
    batch->charged_bytes += charge;
    charged_bytes_ += charge;
    const std::int32_t index = batch->record_count++;
    if (batch->size() >= options_.batch_size) {
        batch->state = State::waiting;
        made_ready = true;
    }
    return {.batch = batch, .index = index, .opened_batch = opens, .made_ready = made_ready};
}

void Accumulator::flush() {
    for (Partition& partition : partitions_) {
        if (partition.queue.empty()) continue;
        ProducerBatch& last = *partition.queue.back();
        if (last.state == State::open) last.state = State::waiting;
    }
}

std::vector<BatchRef> Accumulator::not_done() const {
    std::vector<BatchRef> batches;
    for (const Partition& partition : partitions_) {
        batches.insert(batches.end(), partition.in_flight.begin(), partition.in_flight.end());
        batches.insert(batches.end(), partition.queue.begin(), partition.queue.end());
    }
    return batches;
}

// Batches go out. ---------------------------------------------------------------------------------

std::vector<NodeRequest> Accumulator::drain(Instant now) {
    std::map<NodeId, NodeRequest> requests;
    for (std::size_t i = 0; i < partitions_.size(); ++i) {
        Partition& partition = partitions_[(first_ + i) % partitions_.size()];
        if (partition.starts_over && partition.in_flight.empty()) start_over(partition);
        if (!may_take(partition, now)) continue;
        NodeRequest& request = requests[partition.leader];
        const std::size_t size = partition.queue.front()->size();
        const bool fits = request.size + size <= options_.max_request_size;
        if (!fits && !request.batches.empty()) continue;
        const BatchRef batch = take(partition);
        request.node = partition.leader;
        request.size += batch->size();
        request.batches.push_back(batch);
    }
    if (!partitions_.empty()) first_ = (first_ + 1) % partitions_.size();
    std::vector<NodeRequest> result;
    for (auto& [node, request] : requests) {
        ++nodes_[node].in_flight;
        result.push_back(std::move(request));
    }
    return result;
}

void Accumulator::request_done(NodeId node) {
    Node& to = nodes_[node];
    CHECK(to.in_flight > 0, "no request to node {}", node);
    --to.in_flight;
}

void Accumulator::throttle(NodeId node, Instant until) {
    Node& to = nodes_[node];
    to.throttled_until = std::max(to.throttled_until, until);
}

Instant Accumulator::ready_at(const Partition& partition) const {
    const ProducerBatch& front = *partition.queue.front();
    if (front.has_been_sent()) return front.retry_at;
    if (front.state == State::waiting || is_urgent_) return front.created;
    return deadline_after(front.created, options_.linger);
}

bool Accumulator::may_take(const Partition& partition, Instant now) const {
    if (partition.queue.empty() || partition.leader == protocol::kNoNode) return false;
    const auto node = nodes_.find(partition.leader);
    if (node != nodes_.end()) {
        if (node->second.in_flight >= options_.max_in_flight) return false;
        if (node->second.throttled_until > now) return false;
    }
    return ready_at(partition) <= now && keeps_order(partition);
}

bool Accumulator::keeps_order(const Partition& partition) const {
    if (options_.max_in_flight == 1 && !partition.in_flight.empty()) return false;
    if (!options_.idempotent) return true;
    if (partition.starts_over) return false;
    if (options_.transactional && !partition.is_admitted) return false;
    const ProducerBatch& front = *partition.queue.front();
    if (front.has_been_sent()) {
        return partition.in_flight.empty() || front.number < partition.in_flight.front()->number;
    }
    if (partition.in_doubt) return false;
    if (!partition.identity.is_known() && !identity_.is_known()) return false;
    if (!partition.is_known_to_log || !has_present_identity(partition)) {
        return partition.in_flight.empty();
    }
    // The log must still know the oldest when that one is tried again, and it remembers as many.
    return partition.in_flight.empty() ||
           partition.next_number - partition.in_flight.front()->number <
               static_cast<std::uint64_t>(options_.max_in_flight);
}

BatchRef Accumulator::take(Partition& partition) {
    BatchRef batch = std::move(partition.queue.front());
    partition.queue.pop_front();
    if (!batch->has_been_sent()) number_and_encode(partition, *batch);
    ++batch->attempts;
    batch->sent_to = partition.leader;
    batch->state = State::in_flight;
    const auto place = std::ranges::upper_bound(partition.in_flight, batch->number, {},
                                                [](const BatchRef& b) { return b->number; });
    partition.in_flight.insert(place, batch);
    return batch;
}

void Accumulator::number_and_encode(Partition& partition, ProducerBatch& batch) {
    batch.number = partition.next_number++;
    if (options_.idempotent) {
        adopt_identity(partition);
        batch.identity = partition.identity;
        batch.base_sequence = partition.next_sequence;
        partition.next_sequence =
            records::increment_sequence(partition.next_sequence, batch.record_count);
        batch.builder.set_producer(batch.identity.id, batch.identity.epoch, batch.base_sequence);
    }
    partition.last_size = batch.builder.uncompressed_size();
    batch.encoded = std::move(batch.builder).build();
}

/// A partition keeps its own epoch of the producer id, but for transactions.
bool Accumulator::has_present_identity(const Partition& partition) const {
    return options_.transactional ? partition.identity == identity_
                                  : partition.identity.id == identity_.id;
}

/// Another one only when nothing of the one before is out.
void Accumulator::adopt_identity(Partition& partition) {
    const bool is_current = !identity_.is_known() || has_present_identity(partition);
    if (is_current || has_sequences_out(partition)) return;
    partition.identity = identity_;
    partition.next_sequence = 0;
    partition.is_known_to_log = false;
}

Instant Accumulator::next_event(Instant now) const {
    Instant next = kNever;
    for (const Partition& partition : partitions_) {
        if (!partition.in_flight.empty()) {
            const Instant created = partition.in_flight.front()->created;
            next = std::min(next, deadline_after(created, options_.delivery_timeout));
        }
        if (partition.queue.empty()) continue;
        const Instant created = partition.queue.front()->created;
        next = std::min(next, deadline_after(created, options_.delivery_timeout));
        Instant ready = ready_at(partition);
        const auto node = nodes_.find(partition.leader);
        if (node != nodes_.end()) ready = std::max(ready, node->second.throttled_until);
        // What is ready and has not gone out waits for an answer, a leader or a producer id.
        if (ready > now) next = std::min(next, ready);
    }
    return next;
}

bool Accumulator::misses_leaders() const {
    return std::ranges::any_of(partitions_, [](const Partition& partition) {
        return !partition.queue.empty() && partition.leader == protocol::kNoNode;
    });
}

void Accumulator::check_invariants() const {
    std::size_t charged = 0;
    std::size_t batches = 0;
    for (const Partition& partition : partitions_) {
        const auto by_number = [](const BatchRef& batch) { return batch->number; };
        CHECK(std::ranges::is_sorted(partition.in_flight, {}, by_number));
        bool was_sent = true;
        std::uint64_t number = 0;
        for (const BatchRef& batch : partition.queue) {
            CHECK(batch->state == State::waiting || batch == partition.queue.back());
            CHECK(was_sent || !batch->has_been_sent(), "a new batch before one to be tried again");
            was_sent = batch->has_been_sent();
            CHECK(!was_sent || batch->number > number);
            number = batch->number;
            charged += batch->charged_bytes;
        }
        for (const BatchRef& batch : partition.in_flight) {
            CHECK(batch->state == State::in_flight);
            charged += batch->charged_bytes;
        }
        batches += partition.queue.size() + partition.in_flight.size();
    }
    CHECK(charged == charged_bytes_, "{} bytes in batches, {} counted", charged, charged_bytes_);
    CHECK(batches == batches_, "{} batches, {} counted", batches, batches_);
}

}  // namespace gregor::producer
