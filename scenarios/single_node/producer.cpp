// A producer written against the wire: acks 0, 1 or all, plain or idempotent, any codec.
//
// A plain one sends each value once: what it does not hear of is unknown. An idempotent one sends a
// batch again, with the same sequence numbers, until it hears, as Kafka's clients do; when the
// broker says that it has lost track, which only a loss on that partition excuses, it starts over
// under a new producer id and sends the batch again.
#include "broker/protocol/messages/produce.h"
#include "broker/protocol/messages/transactions.h"
#include "broker/protocol/records/batch_builder.h"
#include "scenarios/single_node/link.h"

namespace gregor::scenarios::single_node {
namespace {

using protocol::ErrorCode;
using protocol::InitProducerIdRequest;
using protocol::InitProducerIdResponse;
using protocol::ProduceRequest;
using protocol::ProduceResponse;

struct Batch {
    PartitionUnderTest* partition = nullptr;
    std::vector<ValueId> values;
    LossCount asked;
    std::size_t flips_before = 0;
    bool oversized = false;
};

/// What an answer says of a batch.
enum class Outcome : std::uint8_t { acknowledged, not_written, unknown, lost_track };

class Producer {
public:
    Producer(Workload& workload, Runtime& runtime, std::uint32_t index)
        : workload_(workload),
          runtime_(runtime),
          random_(runtime.random()),
          index_(index),
          link_(workload, runtime, fmt::format("producer-{}", index)) {
        // The kinds go round, so that every run has them all.
        constexpr std::array<std::int16_t, 4> kAcks{-1, 1, -1, 0};
        acks_ = kAcks[index % kAcks.size()];
        idempotent_ = acks_ == -1 && index % 4 == 0;
        codec_ = static_cast<records::CompressionCodec>(random_.below(5));
        version_ = static_cast<std::int16_t>(random_.between(7, 12));
        // A long-lived producer's sequence numbers wrap; some begin just below.
        if (idempotent_ && random_.below(2) == 0) {
            first_sequence_ = static_cast<std::int32_t>(INT32_MAX - random_.between(0, 60));
        }
    }

    void run() {
        const std::int64_t rate = workload_.setting("produce_per_second");
        const Duration interval = Duration(1s) * workload_.setting("producers") / rate;
        // On to the floor even if the faults left little time: a run that does little proves
        // little.
        while (workload_.phase == Phase::faults ||
               workload_.counts.acknowledged_sends < workload_.acknowledged_floor) {
            produce(random_.pick(workload_.partitions), false);
            runtime_.clock().sleep_for(random_.between(interval / 2, interval * 3 / 2));
        }
        // Healed: every partition takes another send, and answers it (V3, V5).
        for (PartitionUnderTest& partition : workload_.partitions) {
            while (!partition.history->is_damaged() && !produce(partition, true)) {
                link_.set_purpose(fmt::format("a last send to {}", partition.history->name()));
                runtime_.clock().sleep_for(100ms);
            }
        }
        link_.done();
        --workload_.producers_left;
    }

private:
    /// One batch to one partition; true when it was acknowledged (acks=0: when it was sent).
    bool produce(PartitionUnderTest& partition, bool last_round) {
        Batch batch = make_batch(partition, last_round);
        for (;;) {
            if (idempotent_ && producer_id_ < protocol::ProducerId(0) && !begin()) continue;
            batch.asked = partition.history->losses();
            batch.flips_before = link_.flips_to_broker();
            const Outcome outcome = send(batch);
            if (outcome == Outcome::acknowledged) return true;
            if (outcome == Outcome::lost_track) {
                judge_lost_track(batch);
                start_over();
                continue;
            }
            if (outcome == Outcome::not_written && !idempotent_) {
                workload_.counts.failed_sends += batch.values.size();
                for (const ValueId value : batch.values) partition.history->failed(value);
            }
            if (batch.oversized || !idempotent_) return false;
            // Idempotent: the same batch again until it is settled. A damaged partition may never
            // answer; its sequence is then unknown, which only a new producer id mends.
            if (partition.history->is_damaged()) {
                start_over();
                return false;
            }
            ++workload_.counts.retried_batches;
            runtime_.clock().sleep_for(random_.between(Duration(5ms), Duration(200ms)));
        }
    }

    Batch make_batch(PartitionUnderTest& partition, bool last_round) {
        Batch batch{.partition = &partition};
        // Now and then a batch that the broker must refuse (P6).
        batch.oversized = !last_round && !idempotent_ && acks_ != 0 && random_.below(200) == 0;
        const std::int64_t count =
            batch.oversized ? 1 : random_.between(1, workload_.setting("records_per_batch"));
        for (std::int64_t i = 0; i < count; ++i) {
            const ValueId value = value_id(index_, next_number_++);
            batch.values.push_back(value);
            partition.history->sent(value, idempotent_);
        }
        return batch;
    }

    Bytes encode(const Batch& batch) {
        records::BatchOptions options{.codec = batch.oversized ? records::CompressionCodec::none
                                                               : codec_};
        if (idempotent_) {
            options.producer_id = producer_id_.value();
            options.producer_epoch = producer_epoch_.value();
            options.base_sequence = next_sequence(*batch.partition);
        }
        records::BatchBuilder builder(options);
        const std::size_t size = batch.oversized
                                     ? std::size_t{2} << 20
                                     : static_cast<std::size_t>(workload_.setting("record_bytes"));
        std::vector<std::uint8_t> value;
        const std::int64_t timestamp = to_epoch_ms(runtime_.clock().wall());
        for (const ValueId id : batch.values) {
            fill_value(id, size, value);
            builder.append(
                {.timestamp = timestamp, .key = ByteSpan(value.data(), 8), .value = value});
        }
        return std::move(builder).build();
    }

    Outcome send(const Batch& batch) {
        ProduceRequest request;
        request.acks = acks_;
        request.timeout_ms = 3000;
        request.topic_data.push_back({.name = batch.partition->topic});
        request.topic_data[0].partition_data.push_back(
            {.index = protocol::PartitionId(batch.partition->index), .records = encode(batch)});
        ++workload_.counts.produce_requests;
        if (acks_ == 0) {
            link_.doing("Produce");
            if (!link_.connected().send(request, version_, link_.deadline(5s))) link_.close();
            return Outcome::acknowledged;
        }
        const auto response = link_.call<ProduceResponse>(request, version_);
        if (!response) {
            workload_.counts.unknown_sends += batch.values.size();
            return Outcome::unknown;
        }
        if (response->responses.size() != 1 ||
            response->responses[0].partition_responses.size() != 1) {
            workload_.judge.violated("R12", "a Produce answer without its partition");
            return Outcome::unknown;
        }
        return judge(batch, response->responses[0].partition_responses[0]);
    }

    Outcome judge(const Batch& batch, const ProduceResponse::Partition& answer) {
        switch (answer.error_code) {
            case ErrorCode::none: break;
            case ErrorCode::not_leader_or_follower:
            case ErrorCode::unknown_topic_or_partition:
            case ErrorCode::leader_not_available:
            case ErrorCode::message_too_large: return Outcome::not_written;
            case ErrorCode::out_of_order_sequence_number:
            case ErrorCode::unknown_producer_id:
            case ErrorCode::invalid_producer_epoch: return Outcome::lost_track;
            case ErrorCode::corrupt_message:
                if (link_.flip_explains_refusal(batch.flips_before)) {
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
            default: return Outcome::unknown;
        }
        if (batch.oversized) {
            workload_.judge.violated("R12", "a batch above message.max.bytes was accepted");
        }
        std::int64_t offset = answer.base_offset.value();
        for (const ValueId value : batch.values) {
            batch.partition->history->acknowledged(value, offset++, batch.asked);
        }
        workload_.counts.acknowledged_sends += batch.values.size();
        if (idempotent_) advance(batch);
        return Outcome::acknowledged;
    }

    // The idempotent producer's own state. --------------------------------------------------------

    bool begin() {
        InitProducerIdRequest request;
        request.transactional_id = std::nullopt;
        request.transaction_timeout_ms = 60'000;
        const auto response = link_.call<InitProducerIdResponse>(request, 1);
        if (!response || response->error_code != ErrorCode::none) {
            runtime_.clock().sleep_for(50ms);
            return false;
        }
        if (!all_ids_.insert(response->producer_id.value()).second) {
            workload_.judge.violated("P8", "producer id {} was given out twice",
                                     response->producer_id.value());
        }
        producer_id_ = response->producer_id;
        producer_epoch_ = response->producer_epoch;
        return true;
    }

    void start_over() {
        ++workload_.counts.reset_producers;
        producer_id_ = protocol::kNoProducerId;
        sequences_.clear();
        first_sequence_ = 0;
        for (PartitionUnderTest& partition : workload_.partitions) {
            known_losses_[&partition - workload_.partitions.data()] = partition.history->losses();
        }
    }

    /// The broker may lose track of a producer only with the records that it lost (V5).
    void judge_lost_track(const Batch& batch) {
        const auto place = &*batch.partition - workload_.partitions.data();
        workload_.judge.compared();
        if (known_losses_[place] != batch.partition->history->losses()) return;
        if (batch.partition->history->is_damaged() || batch.partition->deletion_asked) return;
        workload_.judge.violated("V5",
                                 "{}: {} was refused as out of sequence, but nothing was lost",
                                 batch.partition->history->name(), link_.name());
    }

    std::int32_t next_sequence(const PartitionUnderTest& partition) {
        return sequences_.try_emplace(&partition - workload_.partitions.data(), first_sequence_)
            .first->second;
    }

    void advance(const Batch& batch) {
        std::int32_t& next = sequences_[batch.partition - workload_.partitions.data()];
        const auto sum =
            static_cast<std::int64_t>(next) + static_cast<std::int64_t>(batch.values.size());
        next = static_cast<std::int32_t>(sum % (std::int64_t{INT32_MAX} + 1));
    }

    Workload& workload_;
    Runtime& runtime_;
    Random& random_;
    std::uint32_t index_;
    Link link_;
    std::int16_t acks_;
    bool idempotent_;
    records::CompressionCodec codec_;
    std::int16_t version_;
    std::uint64_t next_number_ = 1;
    protocol::ProducerId producer_id_ = protocol::kNoProducerId;
    protocol::ProducerEpoch producer_epoch_ = protocol::kNoProducerEpoch;
    std::int32_t first_sequence_ = 0;
    std::map<std::ptrdiff_t, std::int32_t> sequences_;
    std::map<std::ptrdiff_t, LossCount> known_losses_;
    std::set<std::int64_t> all_ids_;
};

}  // namespace

void run_producer(Workload& workload, Runtime& runtime, std::uint32_t producer) {
    Producer(workload, runtime, producer).run();
}

}  // namespace gregor::scenarios::single_node
