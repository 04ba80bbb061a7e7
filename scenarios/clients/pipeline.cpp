#include "scenarios/clients/pipeline.h"

#include <algorithm>

#include "broker/protocol/messages/transactions.h"

namespace gregor::scenarios::clients {
namespace {

using protocol::ErrorCode;
using protocol::InitProducerIdRequest;
using protocol::InitProducerIdResponse;
using protocol::ProduceRequest;
using protocol::ProduceResponse;

/// Batches that are not settled: more wait for a place.
constexpr std::size_t kMaxUnsettled = 8;

/// The sequence number `count` behind this one: they wrap.
std::int32_t sequence_after(std::int32_t sequence, std::size_t count) {
    const auto sum = std::int64_t{sequence} + static_cast<std::int64_t>(count);
    return static_cast<std::int32_t>(sum % (std::int64_t{INT32_MAX} + 1));
}

}  // namespace

Pipeline::Pipeline(Workload& workload, Runtime& runtime, Router& router, Options options,
                   std::function<Bytes(const Batch&)> encode)
    : workload_(workload),
      runtime_(runtime),
      router_(router),
      options_(options),
      encode_(std::move(encode)),
      streams_(workload.partitions.size(), Stream{.next_sequence = options.first_sequence}),
      identifying_(runtime.scheduler()),
      changed_(runtime.scheduler()) {}

void Pipeline::add(BatchRef batch) {
    note_wanted(*batch);
    while (unsettled_.size() >= kMaxUnsettled) changed_.wait();
    batch->number = streams_[place_of(*batch)].batches++;
    unsettled_.push_back(std::move(batch));
    changed_.notify_all();
}

void Pipeline::note_wanted(const Batch& batch) {
    std::optional<Outage>& outage = batch.partition->outage;
    if (!outage || outage->wanted || options_.acks != -1 || batch.oversized) return;
    outage->wanted = workload_.judge.now();
}

Outcome Pipeline::wait_for(const Batch& batch) {
    while (!batch.settled) changed_.wait();
    return *batch.settled;
}

void Pipeline::stop() {
    stopping_ = true;
    changed_.notify_all();
}

void Pipeline::send_batches() {
    for (;;) {
        const BatchRef batch = next_to_send();
        if (batch == nullptr) {
            if (stopping_ && unsettled_.empty()) return;
            changed_.wait();
        } else if (const auto leader = router_.leader_of(place_of(*batch)); !leader) {
            router_.find_leaders();
        } else if (!router_.link(*leader).is_connected()) {
            if (!router_.link(*leader).connect()) router_.unreachable(*leader);
        } else if (!options_.idempotent || identify(*batch)) {
            send(batch);  // nothing has waited since it was chosen: the wire has our order
        }
    }
}

BatchRef Pipeline::next_to_send() {
    std::vector<const Batch*> oldest(streams_.size());
    for (const BatchRef& batch : unsettled_) {
        if (!options_.idempotent) {
            if (batch->attempts == 0) return batch;
            continue;
        }
        const std::size_t place = place_of(*batch);
        Stream& stream = streams_[place];
        if (oldest[place] == nullptr) oldest[place] = batch.get();
        // Counted from the oldest, for which the broker has to remember all behind it: of five
        // answers that come at once, the oldest's may be the last to be looked at.
        const std::uint64_t ahead = batch->number - oldest[place]->number;
        if (stream.resting > 0 || ahead >= window_of(*batch)) continue;
        if (stream.going_back && any_in_flight(batch->partition)) continue;
        stream.going_back = false;
        if (!is_in_flight(*batch)) return batch;
    }
    return nullptr;
}

std::size_t Pipeline::window_of(const Batch& batch) const {
    const Stream& stream = streams_[place_of(batch)];
    const bool is_known = stream.is_known && stream.tracked == batch.partition->history->losses();
    return is_known ? kMaxInFlight : 1;
}

bool Pipeline::is_in_flight(const Batch& batch) const {
    return batch.sent_in != 0 && batch.sent_in == router_.link(batch.broker).generation();
}

bool Pipeline::any_in_flight(const PartitionUnderTest* partition) const {
    return std::any_of(unsettled_.begin(), unsettled_.end(), [&](const BatchRef& batch) {
        return batch->partition == partition && is_in_flight(*batch);
    });
}

bool Pipeline::is_first(const Batch& batch) const {
    const auto first =
        std::find_if(unsettled_.begin(), unsettled_.end(),
                     [&](const BatchRef& other) { return other->partition == batch.partition; });
    return first != unsettled_.end() && first->get() == &batch;
}

void Pipeline::send(const BatchRef& batch) {
    if (any_in_flight(batch->partition)) ++workload_.counts.pipelined_sends;
    batch->broker = *router_.leader_of(place_of(*batch));
    Asked asked{.broker = batch->broker,
                .losses = batch->partition->history->losses(),
                .flips = router_.link(batch->broker).flips_to_node(),
                .at = workload_.judge.now(),
                .acknowledged = {}};
    if (workload_.send_asked) {
        asked.acknowledged = workload_.send_asked(*batch->partition, batch->broker);
    }
    const std::uint64_t attempt = ++batch->attempts;
    batch->sent_in = router_.link(batch->broker).generation();
    const Outcome outcome = exchange(*batch, asked);
    // On a new connection it may have been sent again before this fiber came to run.
    if (batch->attempts == attempt) {
        batch->sent_in = 0;
        take(batch, outcome, asked);
    }
    changed_.notify_all();
}

Outcome Pipeline::exchange(const Batch& batch, const Asked& asked) {
    ProduceRequest request;
    request.acks = options_.acks;
    request.timeout_ms = 3000;
    request.topic_data.push_back({.name = batch.partition->topic});
    request.topic_data[0].partition_data.push_back(
        {.index = protocol::PartitionId(batch.partition->index), .records = encode_(batch)});
    ++workload_.counts.produce_requests;
    Link& link = router_.link(asked.broker);
    if (options_.acks == 0) {
        link.send(request, options_.version);
        return Outcome::acknowledged;
    }
    const auto response = link.call<ProduceResponse>(request, options_.version);
    if (!response) {
        router_.unreachable(asked.broker);
        workload_.counts.unknown_sends += batch.values.size();
        return Outcome::unknown;
    }
    if (response->responses.size() != 1 || response->responses[0].partition_responses.size() != 1) {
        workload_.judge.violated("R12", "a Produce answer without its partition");
        return Outcome::unknown;
    }
    return judge(batch, asked, response->responses[0].partition_responses[0]);
}

Outcome Pipeline::judge(const Batch& batch, const Asked& asked,
                        const ProduceResponse::Partition& answer) {
    switch (answer.error_code) {
        case ErrorCode::none: break;
        case ErrorCode::not_leader_or_follower:
        case ErrorCode::unknown_topic_or_partition:
        case ErrorCode::leader_not_available:
            router_.moved(place_of(batch));
            ++workload_.counts.moved_partitions;
            // It may have been appended, and who waited for the replicas waited in vain.
            return options_.acks == -1 ? Outcome::unknown : Outcome::not_written;
        case ErrorCode::not_enough_replicas:
        case ErrorCode::message_too_large: return Outcome::not_written;
        case ErrorCode::out_of_order_sequence_number:
        case ErrorCode::unknown_producer_id:
        case ErrorCode::invalid_producer_epoch: return Outcome::lost_track;
        case ErrorCode::corrupt_message:
            if (router_.link(asked.broker).flip_explains_refusal(asked.flips)) {
                ++workload_.counts.damaged_requests;
                return Outcome::not_written;
            }
            [[fallthrough]];
        case ErrorCode::invalid_record:
        case ErrorCode::invalid_timestamp:
        case ErrorCode::unsupported_compression_type:
            workload_.judge.violated("R12", "{}: a sound batch was refused with {}",
                                     batch.partition->history->name(),
                                     protocol::name(answer.error_code));
            return Outcome::not_written;
        case ErrorCode::kafka_storage_error:
            router_.moved(place_of(batch));
            return Outcome::unknown;
        default: return Outcome::unknown;
    }
    if (batch.oversized) {
        workload_.judge.violated("R12", "a batch above message.max.bytes was accepted");
    }
    judge_append_time(batch, answer.log_append_time_ms);
    if (asked.acknowledged) {
        const auto count = static_cast<std::int64_t>(batch.values.size());
        asked.acknowledged(options_.acks, answer.base_offset.value() + count - 1);
    }
    std::optional<Outage>& outage = batch.partition->outage;
    if (outage && !outage->acknowledged && options_.acks == -1 && asked.at >= outage->since) {
        outage->acknowledged = workload_.judge.now();
    }
    // What the leader alone has may go with it.
    if (options_.acks == -1 || workload_.replication_factor == 1) {
        std::int64_t offset = answer.base_offset.value();
        for (const ValueId value : batch.values) {
            batch.partition->history->acknowledged(value, offset++, asked.losses);
        }
    }
    workload_.counts.acknowledged_sends += batch.values.size();
    return Outcome::acknowledged;
}

/// Whoever leaves the time to the log is told it; of a retry others are told that of the first
/// copy.
void Pipeline::judge_append_time(const Batch& batch, std::int64_t told_ms) {
    const auto& settings = workload_.plan.broker;
    const auto set = settings.find("log.message.timestamp.type");
    const bool is_the_logs = set != settings.end() && set->second == "LogAppendTime";
    const bool is_told = told_ms >= 0;
    if (is_told == is_the_logs || (is_told && batch.attempts > 1)) return;
    workload_.judge.violated("R12", "{}: the log append time of a send is said to be {}",
                             batch.partition->history->name(), told_ms);
}

void Pipeline::take(const BatchRef& batch, Outcome outcome, const Asked& asked) {
    PartitionHistory& history = *batch->partition->history;
    Stream& stream = streams_[place_of(*batch)];
    if (outcome == Outcome::acknowledged) {
        // An older one's says nothing of those behind it: a loss may have taken them and left the
        // older to be appended anew.
        if (stream.identity && stream.identity->producer_id == batch->producer_id &&
            batch->number >= stream.newest_acknowledged) {
            stream.is_known = true;
            stream.tracked = asked.losses;
            stream.newest_acknowledged = batch->number;
        }
        settle(batch, outcome);
    } else if (!options_.idempotent) {
        if (outcome == Outcome::not_written) {
            workload_.counts.failed_sends += batch->values.size();
            for (const ValueId value : batch->values) history.failed(value);
        }
        settle(batch, outcome);
    } else if (history.is_damaged()) {
        // It may never answer; what it knows of the producer is unknown, which a new id mends.
        start_over(stream, history);
        settle(batch, Outcome::dropped);
    } else {
        // Behind one that failed, a batch is out of sequence by right.
        if (outcome == Outcome::lost_track && is_first(*batch)) {
            judge_lost_track(stream, *batch);
            start_over(stream, history);
        }
        go_back(stream);
    }
}

void Pipeline::settle(const BatchRef& batch, Outcome outcome) {
    batch->settled = outcome;
    std::erase(unsettled_, batch);
}

void Pipeline::go_back(Stream& stream) {
    ++workload_.counts.retried_batches;
    stream.going_back = true;
    ++stream.resting;
    runtime_.clock().sleep_for(runtime_.random().between(Duration(5ms), Duration(200ms)));
    --stream.resting;
}

// The idempotent producer's identity. -------------------------------------------------------------

bool Pipeline::identify(Batch& batch) {
    Stream& stream = streams_[place_of(batch)];
    if (!stream.identity) {
        if (!identity_) {
            ask_for_identity();
            return false;
        }
        stream.identity = identity_;
    }
    if (batch.producer_id == stream.identity->producer_id) return true;
    batch.producer_id = stream.identity->producer_id;
    batch.producer_epoch = stream.identity->producer_epoch;
    batch.base_sequence = stream.next_sequence;
    batch.deletions_before = batch.partition->deletions_asked;
    stream.next_sequence = sequence_after(stream.next_sequence, batch.values.size());
    return true;
}

void Pipeline::ask_for_identity() {
    const std::lock_guard one_at_a_time(identifying_);
    if (identity_) return;
    InitProducerIdRequest request;
    request.transactional_id = std::nullopt;
    request.transaction_timeout_ms = 60'000;
    const auto response = router_.ask<InitProducerIdResponse>(request, 1);
    if (!response || response->error_code != ErrorCode::none) {
        runtime_.clock().sleep_for(50ms);
        return;
    }
    const std::int64_t producer_id = response->producer_id.value();
    if (!all_ids_.insert(producer_id).second) {
        workload_.judge.violated("P8", "producer id {} was given out twice", producer_id);
    }
    identity_ = Identity{producer_id, response->producer_epoch.value()};
}

void Pipeline::start_over(Stream& stream, PartitionHistory& history) {
    // What was sent under the old identity may be in the log, and only that identity would show it.
    for (const BatchRef& batch : unsettled_) {
        if (batch->partition->history.get() != &history || batch->attempts == 0) continue;
        for (const ValueId value : batch->values) history.may_repeat(value);
    }
    ++workload_.counts.reset_producers;
    if (stream.identity == identity_) identity_.reset();
    stream.identity.reset();
    stream.next_sequence = 0;
    stream.is_known = false;
    stream.tracked = history.losses();
}

void Pipeline::judge_lost_track(const Stream& stream, const Batch& batch) {
    const PartitionUnderTest& partition = *batch.partition;
    workload_.judge.compared();
    if (stream.tracked != partition.history->losses() || partition.history->is_damaged()) return;
    // It reaches only what stood in the log when it was asked for: of a batch that was sent later
    // the broker may not have lost track.
    if (batch.deletions_before != partition.deletions_asked) return;
    workload_.judge.violated("V5", "{}: {} was refused as out of sequence, but nothing was lost",
                             partition.history->name(), router_.name());
}

}  // namespace gregor::scenarios::clients
