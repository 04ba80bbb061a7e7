// kafka-e2e-latency.sh: how long a record takes from a producer to a consumer. Without --throughput
// the next one is sent when the last has arrived, as there; with it they are sent at that rate,
// whatever is still under way, and each counts from when it was due.
#include <charconv>
#include <memory>
#include <optional>

#include "clients/cli/perf.h"
#include "clients/consumer/consumer.h"
#include "clients/producer/producer.h"
#include "sim/runtime/sync.h"
#include "sim/runtime/task_group.h"

namespace gregor::cli {
namespace {

using client::Error;
using client::TopicPartition;
using consumer::Consumer;
using consumer::ConsumerConfig;
using consumer::ConsumerRecord;
using producer::Producer;
using producer::ProducerConfig;

constexpr Duration kPatience = 60s;
/// A record's number, in decimal, stands at its beginning.
constexpr std::int64_t kLeastSize = 10;

struct Options {
    std::string topic;
    std::int64_t num_records = 0;
    std::int64_t record_size = 0;
    std::string acks = "1";
    std::int64_t throughput = -1;
};

std::optional<std::int64_t> number_in(const ConsumerRecord& record) {
    if (!record.value || std::ssize(*record.value) < kLeastSize) return std::nullopt;
    const char* begin = reinterpret_cast<const char*>(record.value->data());
    std::int64_t number = -1;
    const auto [end, error] = std::from_chars(begin, begin + kLeastSize, number);
    if (error != std::errc() || end != begin + kLeastSize) return std::nullopt;
    return number;
}

class Race {
public:
    Race(Context& context, const Options& options, const ProducerConfig& producer,
         const ConsumerConfig& consumer)
        : options_(options),
          clock_(context.runtime.clock()),
          producer_(context.runtime, producer),
          consumer_(context.runtime, consumer),
          latencies_(options.num_records),
          arrived_(context.runtime.scheduler()),
          payload_(perf_payload(options.record_size)) {}

    [[nodiscard]] Result<void, Error> run(TaskGroup& tasks) {
        TRY(stand_at_the_end());
        start_ = clock_.now();
        tasks.spawn("perf e2e producer", [this] { send_all(); });
        return receive_all();
    }
    void print() {
        latencies_.sort();
        fmt::print("Avg latency: {:.4f} ms\n",
                   in_ms(sum_) / static_cast<double>(options_.num_records));
        fmt::print("Percentiles: 50th = {:.3f}, 99th = {:.3f}, 99.9th = {:.3f}\n",
                   in_ms(latencies_.at_per_mille(500)), in_ms(latencies_.at_per_mille(990)),
                   in_ms(latencies_.at_per_mille(999)));
    }

private:
    [[nodiscard]] Result<void, Error> stand_at_the_end() {
        std::set<TopicPartition> partitions;
        const std::size_t count = TRY(producer_.partitions_for(options_.topic)).size();
        for (std::size_t i = 0; i < count; ++i) {
            partitions.insert({options_.topic, protocol::PartitionId(static_cast<int>(i))});
        }
        TRY(consumer_.assign(partitions));
        consumer_.seek_to_end(partitions);
        for (const TopicPartition& partition : partitions) TRY(consumer_.position(partition));
        return {};
    }

    [[nodiscard]] Instant due(std::int64_t number) const {
        return start_ + Duration(1s) * number / options_.throughput;
    }

    void send_all() {
        for (std::int64_t i = 0; i < options_.num_records && !failure_; ++i) {
            if (options_.throughput > 0) {
                clock_.sleep_until(due(i));
            } else {
                while (received_ < i && !failure_) arrived_.wait();
                start_ = clock_.now();
            }
            fmt::format_to(payload_.begin(), "{:0{}}", i, kLeastSize);
            const auto sent = producer_.send({.topic = options_.topic, .value = as_bytes(payload_)},
                                             [this](const auto& result) {
                                                 if (!result) failure_ = result.error();
                                             });
            if (!sent) failure_ = sent.error();
        }
    }

    [[nodiscard]] Result<void, Error> receive_all() {
        Instant heard = clock_.now();
        while (received_ < options_.num_records) {
            const Consumer::Records records = TRY(consumer_.poll(1s));
            const Instant now = clock_.now();
            if (failure_) return fail(*failure_);
            if (!records.empty()) heard = now;
            if (now - heard > kPatience) {
                return fail(Error{
                    protocol::ErrorCode::request_timed_out,
                    fmt::format("{} of {} records have arrived", received_, options_.num_records)});
            }
            for (const ConsumerRecord& record : records) take(record, now);
            arrived_.notify_all();
        }
        return {};
    }

    /// What others write to the topic is none of it.
    void take(const ConsumerRecord& record, Instant now) {
        const auto number = number_in(record);
        if (!number) return;
        const Duration latency = now - (options_.throughput > 0 ? due(*number) : start_);
        latencies_.add(latency);
        sum_ += latency;
        ++received_;
    }

    const Options& options_;
    Clock& clock_;
    Producer producer_;
    Consumer consumer_;
    Latencies latencies_;
    Duration sum_{};
    WaitQueue arrived_;
    std::string payload_;
    Instant start_{};
    std::int64_t received_ = 0;
    std::optional<Error> failure_;
};

int run(Context& context, const Options& options) {
    const auto producer = ProducerConfig::from({{"bootstrap.servers", context.bootstrap_servers},
                                                {"acks", options.acks},
                                                {"enable.idempotence", "false"},
                                                {"linger.ms", "0"}});
    const auto consumer = ConsumerConfig::from({{"bootstrap.servers", context.bootstrap_servers},
                                                {"auto.offset.reset", "latest"},
                                                {"enable.auto.commit", "false"}});
    if (!producer || !consumer) {
        complain("{}", producer ? consumer.error() : producer.error());
        return kUsage;
    }
    Race race(context, options, *producer, *consumer);
    Result<void, Error> done;
    with_task_group(context.runtime.tasks(), "perf e2e",
                    [&](TaskGroup& tasks) { done = race.run(tasks); });
    if (!done) return failed("perf", done.error());
    race.print();
    return kDone;
}

}  // namespace

Action add_perf_e2e(CLI::App& command) {
    const auto options = std::make_shared<Options>();
    command.add_option("--topic", options->topic, "which they pass through")->required();
    command.add_option("--num-records", options->num_records, "how many")
        ->required()
        ->check(CLI::PositiveNumber);
    command.add_option("--record-size", options->record_size, "bytes of each value")
        ->required()
        ->check(CLI::Range(kLeastSize, std::int64_t{1'000'000}));
    command.add_option("--producer-acks", options->acks, "0, 1 or all; default: 1");
    command.add_option("--throughput", options->throughput,
                       "records a second; default: one after the other");
    return [options](Context& context) { return run(context, *options); };
}

}  // namespace gregor::cli
