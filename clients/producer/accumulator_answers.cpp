// What an answer, or none, does to the batches of a partition.
#include <algorithm>
#include <limits>

#include "clients/producer/accumulator.h"
#include "sim/base/probe.h"

namespace gregor::producer {

using protocol::ErrorCode;
using State = ProducerBatch::State;

namespace {

/// The log does not have what comes before the batch.
bool is_gap(ErrorCode error) {
    return error == ErrorCode::out_of_order_sequence_number ||
           error == ErrorCode::unknown_producer_id;
}

/// The batch may still be on its way, or be in the log.
bool is_no_answer(ErrorCode error) {
    return error == ErrorCode::network_exception || error == ErrorCode::request_timed_out;
}

}  // namespace

Fate Accumulator::handle_answer(Instant now, const BatchRef& batch, const BatchAnswer& answer) {
    if (batch->state == State::done) return Fate::late;
    CHECK(batch->state == State::in_flight);
    Partition& partition = at(batch->slot);
    std::erase(partition.in_flight, batch);
    const bool is_duplicate = answer.error_code == ErrorCode::duplicate_sequence_number;
    if (answer.error_code == ErrorCode::none || is_duplicate) {
        finish(*batch);
        if (batch->identity == partition.identity) partition.is_known_to_log = true;
        // What the log took after the one in doubt, it took because it has that one.
        if (partition.in_doubt && batch->number > partition.in_doubt->number) {
            partition.in_doubt.reset();
        }
        settle_doubt(partition);
        return is_duplicate ? Fate::duplicate : Fate::acknowledged;
    }
    if (is_no_answer(answer.error_code)) batch->may_arrive = true;
    if (is_worth_another_try(partition, *batch, answer.error_code, now)) {
        try_again(partition, batch, now);
        // A leader of before may lack what the present one has, this batch, too.
        const bool is_of_leader = batch->sent_to == partition.leader;
        if (options_.idempotent && is_gap(answer.error_code) && is_of_leader &&
            is_oldest(partition, *batch)) {
            PROBE("a producer saw a gap before its oldest batch");
            partition.starts_over = !may_be_filled(partition);
        }
        return Fate::retried;
    }
    finish(*batch);
    settle_failure(partition, *batch);
    return Fate::failed;
}

bool Accumulator::is_worth_another_try(const Partition& partition, const ProducerBatch& batch,
                                       ErrorCode error, Instant now) const {
    if (batch.attempts > options_.retries) return false;
    if (deadline_after(batch.created, options_.delivery_timeout) <= now) return false;
    // In a transaction only what waits for an older batch.
    if (options_.transactional && is_gap(error)) return !is_oldest(partition, batch);
    if (options_.idempotent && is_gap(error)) return true;
    return protocol::is_retriable(error);
}

/// Whether of the batches that are not done none was sent before this one, which is in neither
/// list.
bool Accumulator::is_oldest(const Partition& partition, const ProducerBatch& batch) const {
    const auto is_older = [&batch](const std::deque<BatchRef>& others) {
        return !others.empty() && others.front()->has_been_sent() &&
               others.front()->number < batch.number;
    };
    return !is_older(partition.in_flight) && !is_older(partition.queue);
}

/// Whether the gap before what is tried again may close: a batch that failed may still arrive, and
/// then those behind it fit, of which copies are on their way, too.
bool Accumulator::may_be_filled(const Partition& partition) const {
    return partition.in_doubt && partition.in_doubt->may_arrive &&
           std::ranges::any_of(partition.queue,
                               [](const BatchRef& batch) { return batch->may_arrive; });
}

bool Accumulator::has_sequences_out(const Partition& partition) const {
    return !partition.in_flight.empty() ||
           (!partition.queue.empty() && partition.queue.front()->has_been_sent());
}

void Accumulator::try_again(Partition& partition, const BatchRef& batch, Instant now) {
    batch->state = State::waiting;
    batch->retry_at = deadline_after(now, backoff_after(batch->attempts));
    const auto place = std::ranges::find_if(partition.queue, [&batch](const BatchRef& other) {
        return !other->has_been_sent() || other->number > batch->number;
    });
    partition.queue.insert(place, batch);
}

Duration Accumulator::backoff_after(std::int32_t attempts) const {
    Duration backoff = options_.retry_backoff;
    for (std::int32_t i = 1; i < attempts && backoff < options_.retry_backoff_max; ++i) {
        backoff *= 2;
    }
    return std::min(backoff, std::max(options_.retry_backoff, options_.retry_backoff_max));
}

void Accumulator::finish(ProducerBatch& batch) {
    batch.state = State::done;
    CHECK(batch.charged_bytes <= charged_bytes_);
    charged_bytes_ -= batch.charged_bytes;
    --batches_;
}

void Accumulator::settle_failure(Partition& partition, const ProducerBatch& batch) {
    if (!options_.idempotent || options_.transactional || !batch.has_been_sent()) return;
    Doubt& doubt = partition.in_doubt ? *partition.in_doubt : partition.in_doubt.emplace();
    doubt.number = std::max(doubt.number, batch.number);
    doubt.may_arrive |= batch.may_arrive;
    settle_doubt(partition);
}

/// With nothing out the log cannot tell any more.
void Accumulator::settle_doubt(Partition& partition) {
    if (partition.in_doubt && !has_sequences_out(partition)) partition.starts_over = true;
}

void Accumulator::start_over(Partition& partition) {
    CHECK(partition.in_flight.empty());
    ProducerIdentity next = partition.identity;
    if (next.epoch < std::numeric_limits<std::int16_t>::max()) {
        ++next.epoch;
    } else {
        if (identity_.id == next.id) identity_ = {};  // asks for another
        if (!identity_.is_known()) return;
        next = identity_;
    }
    PROBE("a producer began again with the next epoch");
    partition.identity = next;
    partition.next_sequence = 0;
    partition.is_known_to_log = false;
    for (const BatchRef& batch : partition.queue) {
        if (!batch->has_been_sent()) break;
        batch->identity = next;
        batch->base_sequence = partition.next_sequence;
        batch->encoded =
            records::with_producer(batch->encoded, next.id, next.epoch, batch->base_sequence);
        partition.next_sequence =
            records::increment_sequence(partition.next_sequence, batch->record_count);
    }
    partition.in_doubt.reset();
    partition.starts_over = false;
}

std::vector<BatchRef> Accumulator::expire(Instant now) {
    std::vector<BatchRef> expired;
    for (Partition& partition : partitions_) {
        const std::size_t before = expired.size();
        for (std::deque<BatchRef>* batches : {&partition.in_flight, &partition.queue}) {
            while (!batches->empty()) {
                const BatchRef batch = batches->front();
                if (deadline_after(batch->created, options_.delivery_timeout) > now) break;
                batches->pop_front();
                batch->may_arrive |= batch->state == State::in_flight;
                finish(*batch);
                expired.push_back(batch);
            }
        }
        for (std::size_t i = before; i < expired.size(); ++i) {
            settle_failure(partition, *expired[i]);
        }
    }
    return expired;
}

std::vector<BatchRef> Accumulator::fail_unsent() {
    std::vector<BatchRef> failed;
    for (Partition& partition : partitions_) {
        const auto first = std::ranges::find_if(
            partition.queue, [](const BatchRef& batch) { return !batch->has_been_sent(); });
        failed.insert(failed.end(), first, partition.queue.end());
        partition.queue.erase(first, partition.queue.end());
    }
    for (const BatchRef& batch : failed) finish(*batch);
    return failed;
}

std::vector<BatchRef> Accumulator::fail_all() {
    std::vector<BatchRef> failed = not_done();
    for (Partition& partition : partitions_) {
        partition.in_flight.clear();
        partition.queue.clear();
    }
    for (const BatchRef& batch : failed) finish(*batch);
    return failed;
}

}  // namespace gregor::producer
