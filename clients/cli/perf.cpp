// kafka-producer-perf-test.sh: how fast records go to a topic, and how long each takes.
#include <algorithm>
#include <memory>

#include "clients/cli/command.h"
#include "clients/producer/producer.h"

namespace gregor::cli {
namespace {

using producer::Producer;
using producer::ProducerConfig;

constexpr Duration kReportEvery = 5s;
constexpr std::int64_t kMostSamples = 500'000;

struct Options {
    std::string topic;
    std::int64_t num_records = 0;
    std::int64_t record_size = 0;
    std::int64_t throughput = -1;  // records a second; -1: as fast as it goes
    std::vector<std::string> producer_props;
};

double in_ms(Duration duration) {
    return std::chrono::duration<double, std::milli>(duration).count();
}

/// What was delivered, in all and since the last report.
class Stats {
public:
    Stats(Clock& clock, const Options& options)
        : clock_(clock),
          record_size_(options.record_size),
          every_(std::max<std::int64_t>(1, options.num_records / kMostSamples)),
          start_(clock.now()),
          window_start_(start_) {
        latencies_.reserve(static_cast<std::size_t>(options.num_records / every_ + 1));
    }

    void delivered(Instant sent) {
        const Instant now = clock_.now();
        const Duration latency = now - sent;
        if (total_.records % every_ == 0) latencies_.push_back(latency);
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
        std::ranges::sort(latencies_);
        print(total_, clock_.now() - start_, 2);
        fmt::print(", {:.0f} ms 50th, {:.0f} ms 95th, {:.0f} ms 99th, {:.0f} ms 99.9th.\n",
                   in_ms(percentile(500)), in_ms(percentile(950)), in_ms(percentile(990)),
                   in_ms(percentile(999)));
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
    [[nodiscard]] Duration percentile(std::size_t per_mille) const {
        if (latencies_.empty()) return {};
        return latencies_[std::min(latencies_.size() * per_mille / 1000, latencies_.size() - 1)];
    }

    Clock& clock_;
    std::int64_t record_size_;
    std::int64_t every_;
    Instant start_;
    Instant window_start_;
    Sum total_;
    Sum window_;
    std::int64_t failures_ = 0;
    std::vector<Duration> latencies_;
};

/// Kafka's: capital letters.
std::string payload(std::int64_t size) {
    Random random(0);
    std::string text;
    for (std::int64_t i = 0; i < size; ++i) text += static_cast<char>('A' + random.below(26));
    return text;
}

void send_all(Context& context, Producer& producer, const Options& options, Stats& stats) {
    const std::string value = payload(options.record_size);
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

Action add_perf(CLI::App& command) {
    const auto options = std::make_shared<Options>();
    command.require_subcommand(1);
    command.fallthrough();
    CLI::App* producer = command.add_subcommand("producer", "records as fast as they go");
    producer->fallthrough();
    producer->add_option("--topic", options->topic, "where the records go")->required();
    producer->add_option("--num-records", options->num_records, "how many")
        ->required()
        ->check(CLI::PositiveNumber);
    producer->add_option("--record-size", options->record_size, "bytes of each value")
        ->required()
        ->check(CLI::PositiveNumber);
    producer
        ->add_option("--throughput", options->throughput,
                     "records a second at most; -1: as fast as they go")
        ->required();
    producer->add_option("--producer-props", options->producer_props,
                         "key=value … of Kafka's producer configs");
    return [options](Context& context) { return run(context, *options); };
}

}  // namespace gregor::cli
