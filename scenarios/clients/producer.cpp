// A producer written against the wire: acks 0, 1 or all, plain or idempotent, any codec. What it
// makes goes through its pipeline: a plain one sends each value once, and what it does not hear of
// is unknown; an idempotent one sends a batch again until it hears.
#include "broker/protocol/records/batch_builder.h"
#include "scenarios/clients/pipeline.h"

namespace gregor::scenarios::clients {
namespace {

class Producer {
public:
    Producer(Workload& workload, Runtime& runtime, std::uint32_t index)
        : workload_(workload),
          runtime_(runtime),
          random_(runtime.random()),
          index_(index),
          options_(draw_options(random_, index)),
          codec_(static_cast<records::CompressionCodec>(random_.below(5))),
          router_(workload, runtime, fmt::format("producer-{}", index)),
          pipeline_(workload, runtime, router_, options_,
                    [this](const Batch& batch) { return encode(batch); }) {}

    void run() {
        TaskGroup group(runtime_.tasks(), router_.name());
        group.spawn("producer", [this] { produce(); });
        for (std::size_t i = 0; i < Pipeline::kMaxInFlight; ++i) {
            group.spawn("sender", [this] { pipeline_.send_batches(); });
        }
        group.join();
    }

private:
    static Pipeline::Options draw_options(Random& random, std::uint32_t index) {
        // The kinds go round, so that every run has them all.
        constexpr std::array<std::int16_t, 4> kAcks{-1, 1, -1, 0};
        Pipeline::Options options{.acks = kAcks[index % kAcks.size()],
                                  .idempotent = index % 4 == 0};
        options.version = static_cast<std::int16_t>(random.between(7, 12));
        // A long-lived producer's sequence numbers wrap; some begin just below.
        if (options.idempotent && random.below(2) == 0) {
            options.first_sequence = static_cast<std::int32_t>(INT32_MAX - random.between(0, 60));
        }
        return options;
    }

    void produce() {
        const std::int64_t rate = workload_.setting("produce_per_second");
        const Duration interval = Duration(1s) * workload_.setting("producers") / rate;
        // On to the floor even if the faults left little time: a run that does little proves
        // little.
        while (workload_.phase == Phase::faults ||
               workload_.counts.acknowledged_sends < workload_.acknowledged_floor) {
            wait_while_quiet();
            PartitionUnderTest& partition = random_.pick(workload_.partitions);
            // Now and then several at once, which are then in flight together.
            const std::int64_t count = random_.below(4) == 0 ? random_.between(2, 5) : 1;
            for (std::int64_t i = 0; i < count; ++i) pipeline_.add(make_batch(partition, false));
            runtime_.clock().sleep_for(random_.between(interval / 2, interval * 3 / 2) * count);
        }
        // Healed: every partition takes another send, and answers it (V3, V5).
        for (PartitionUnderTest& partition : workload_.partitions) send_last(partition);
        pipeline_.stop();
        router_.done();
        --workload_.producers_left;
    }

    /// Where the plan says so, all producers work for busy_ms, then none for quiet_ms, by the wall
    /// clock that they share.
    void wait_while_quiet() {
        const std::int64_t quiet = workload_.optional_setting("quiet_ms");
        if (quiet == 0 || workload_.phase != Phase::faults) return;
        const std::int64_t period = workload_.optional_setting("busy_ms") + quiet;
        const std::int64_t since_start = to_epoch_ms(runtime_.clock().wall()) % period;
        if (since_start < quiet) {
            runtime_.clock().sleep_for(std::chrono::milliseconds(quiet - since_start));
        }
    }

    void send_last(PartitionUnderTest& partition) {
        router_.set_purpose(fmt::format("a last send to {}", partition.history->name()));
        while (!partition.history->is_damaged()) {
            const BatchRef batch = make_batch(partition, true);
            pipeline_.add(batch);
            if (pipeline_.wait_for(*batch) == Outcome::acknowledged) return;
            runtime_.clock().sleep_for(100ms);
        }
    }

    BatchRef make_batch(PartitionUnderTest& partition, bool last_round) {
        auto batch = std::make_shared<Batch>();
        batch->partition = &partition;
        // Now and then a batch that the broker must refuse (P6).
        batch->oversized =
            !last_round && !options_.idempotent && options_.acks != 0 && random_.below(200) == 0;
        const std::int64_t count =
            batch->oversized ? 1 : random_.between(1, workload_.setting("records_per_batch"));
        for (std::int64_t i = 0; i < count; ++i) {
            const ValueId value = value_id(index_, next_number_++);
            batch->values.push_back(value);
            partition.history->sent(value, options_.idempotent);
        }
        return batch;
    }

    Bytes encode(const Batch& batch) {
        records::BatchBuilder builder(
            {.codec = batch.oversized ? records::CompressionCodec::none : codec_,
             .producer_id = batch.producer_id,
             .producer_epoch = batch.producer_epoch,
             .base_sequence = batch.base_sequence,
             .contexts = &workload_.codec_contexts});
        const std::size_t size = batch.oversized
                                     ? oversized_value_bytes(workload_.plan)
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

    Workload& workload_;
    Runtime& runtime_;
    Random& random_;
    std::uint32_t index_;
    Pipeline::Options options_;
    records::CompressionCodec codec_;
    Router router_;
    Pipeline pipeline_;
    std::uint64_t next_number_ = 1;
};

}  // namespace

void run_producer(Workload& workload, Runtime& runtime, std::uint32_t producer) {
    Producer(workload, runtime, producer).run();
}

}  // namespace gregor::scenarios::clients
