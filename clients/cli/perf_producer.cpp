// kafka-producer-perf-test.sh: how fast records go to a topic, and how long each takes.
#include <algorithm>
#include <memory>

#include "clients/cli/perf.h"
#include "clients/producer/producer.h"

namespace gregor::cli {
namespace {

using producer::Producer;
using producer::ProducerConfig;

constexpr Duration kReportEvery = 5s;

struct Options {
    std::string topic;
    std::int64_t num_records = 0;
    std::int64_t record_size = 0;
    std::int64_t throughput = -1;  // records a second; -1: as fast as it goes
    std::vector<std::string> producer_props;
};

/// What was delivered, in all and since the last report.
class Stats {
public:
    Stats(Clock& clock, const Options& options)
        : clock_(clock),
          record_size_(options.record_size),
          start_(clock.now()),
          window_start_(start_),
          latencies_(options.num_records) {}

    void delivered(Instant sent) {
        const Instant now = clock_.now();
        const Duration latency = now - sent;
        latencies_.add(latency);
        for (Sum* sum : {&total_, &window_}) {
            ++sum->records;
            sum->latency += latency;
            sum->longest = std::max(sum->longest, latency);
        }
        if (now - window_start_ < kReportEvery) return;
        print(window_, now - window_start_, 1);
        fmt::print(".\n");
        std::fflush(stdout);
        window_ = {};
        window_start_ = now;
    }
    void failed(const client::Error& error) {
        if (failures_++ == 0) complain("{}: {}", protocol::name(error.code), error.message);
    }
    [[nodiscard]] std::int64_t failures() const { return failures_; }

    void print_total() {
        latencies_.sort();
        print(total_, clock_.now() - start_, 2);
        fmt::print(", {:.0f} ms 50th, {:.0f} ms 95th, {:.0f} ms 99th, {:.0f} ms 99.9th.\n",
                   in_ms(latencies_.at_per_mille(500)), in_ms(latencies_.at_per_mille(950)),
                   in_ms(latencies_.at_per_mille(990)), in_ms(latencies_.at_per_mille(999)));
    }

private:
    struct Sum {
        std::int64_t records = 0;
        Duration latency{};
        Duration longest{};
    };

    void print(const Sum& sum, Duration lasting, int digits) const {
        const double seconds = in_ms(lasting) / 1000;
        const double rate = static_cast<double>(sum.records) / seconds;
        const double records = static_cast<double>(std::max<std::int64_t>(1, sum.records));
        fmt::print(
            "{} records sent, {:.1f} records/sec ({:.2f} MB/sec), {:.{}f} ms avg latency, {:.{}f} "
            "ms max latency",
            sum.records, rate, rate * static_cast<double>(record_size_) / (1024 * 1024),
            in_ms(sum.latency) / records, digits, in_ms(sum.longest), digits);
    }
    Clock& clock_;
    std::int64_t record_size_;
    Instant start_;
    Instant window_start_;
    Sum total_;
    Sum window_;
    std::int64_t failures_ = 0;
    Latencies latencies_;
};

void send_all(Context& context, Producer& producer, const Options& options, Stats& stats) {
    const std::string value = perf_payload(options.record_size);
    const producer::ProducerRecord record{.topic = options.topic, .value = as_bytes(value)};
    Clock& clock = context.runtime.clock();
    const Instant start = clock.now();
    for (std::int64_t i = 0; i < options.num_records; ++i) {
        const Instant now = clock.now();
        const auto sent =
            producer.send(record, [&stats, now](const producer::DeliveryResult& result) {
                if (result) {
                    stats.delivered(now);
                } else {
                    stats.failed(result.error());
                }
            });
        if (!sent) stats.failed(sent.error());
        if (options.throughput > 0) {
            clock.sleep_until(start + Duration(1s) * (i + 1) / options.throughput);
        }
    }
}

int run(Context& context, const Options& options) {
    ProducerConfig::Properties properties{{"bootstrap.servers", context.bootstrap_servers},
                                          {"client.id", "perf-producer-client"}};
    const auto settings = parse_settings(options.producer_props);
    if (!settings) return kUsage;
    for (const Setting& setting : *settings) properties[setting.key] = setting.value;
    const auto config = ProducerConfig::from(properties);
    if (!config) {
        complain("{}", config.error());
        return kUsage;
    }
    Producer producer(context.runtime, *config);
    const auto ready = producer.partitions_for(options.topic);
    if (!ready) return failed("perf", ready.error());
    Stats stats(context.runtime.clock(), options);
    send_all(context, producer, options, stats);
    producer.close();
    stats.print_total();
    return stats.failures() == 0 ? kDone : kFailed;
}

}  // namespace

Action add_perf_producer(CLI::App& command) {
    const auto options = std::make_shared<Options>();
    command.add_option("--topic", options->topic, "where the records go")->required();
    command.add_option("--num-records", options->num_records, "how many")
        ->required()
        ->check(CLI::PositiveNumber);
    command.add_option("--record-size", options->record_size, "bytes of each value")
        ->required()
        ->check(CLI::PositiveNumber);
    command
        .add_option("--throughput", options->throughput,
                    "records a second at most; -1: as fast as they go")
        ->required();
    command.add_option("--producer-props", options->producer_props,
                       "key=value … of Kafka's producer configs");
    return [options](Context& context) { return run(context, *options); };
}

}  // namespace gregor::cli
