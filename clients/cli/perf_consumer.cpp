// kafka-consumer-perf-test.sh: how fast records come from a topic.
#include <chrono>
#include <memory>

#include "clients/cli/perf.h"
#include "clients/consumer/consumer.h"

namespace gregor::cli {
namespace {

using consumer::Consumer;
using consumer::ConsumerConfig;
using consumer::ConsumerRecord;

struct Options {
    std::string topic;
    std::int64_t messages = 0;
    std::string group;
    std::int64_t fetch_size = 1024 * 1024;
    std::int64_t timeout_ms = 10'000;
    bool from_latest = false;
    bool hide_header = false;
    std::vector<std::string> consumer_props;
};

/// "2026-01-31 23:59:59:999", of UTC.
std::string date_of(WallTime time) {
    const std::chrono::sys_time<std::chrono::milliseconds> then{
        std::chrono::milliseconds(to_epoch_ms(time))};
    const auto day = std::chrono::floor<std::chrono::days>(then);
    const std::chrono::year_month_day date{day};
    const std::chrono::hh_mm_ss clock{then - day};
    return fmt::format("{:04}-{:02}-{:02} {:02}:{:02}:{:02}:{:03}", static_cast<int>(date.year()),
                       static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                       clock.hours().count(), clock.minutes().count(), clock.seconds().count(),
                       clock.subseconds().count());
}

struct Totals {
    std::int64_t records = 0;
    std::int64_t bytes = 0;
    WallTime start;
    WallTime end;
    Duration lasting{};
    Duration joining{};  // until the group gave it partitions
};

void print(const Totals& totals, bool with_header) {
    if (with_header) {
        fmt::print(
            "start.time, end.time, data.consumed.in.MB, MB.sec, data.consumed.in.nMsg, nMsg.sec, "
            "rebalance.time.ms, fetch.time.ms, fetch.MB.sec, fetch.nMsg.sec\n");
    }
    const double megabytes = static_cast<double>(totals.bytes) / (1024 * 1024);
    const auto records = static_cast<double>(totals.records);
    const double seconds = in_ms(totals.lasting) / 1000;
    const double fetching_s = in_ms(totals.lasting - totals.joining) / 1000;
    fmt::print("{}, {}, {:.4f}, {:.4f}, {}, {:.4f}, {:.0f}, {:.0f}, {:.4f}, {:.4f}\n",
               date_of(totals.start), date_of(totals.end), megabytes, megabytes / seconds,
               totals.records, records / seconds, in_ms(totals.joining), fetching_s * 1000,
               megabytes / fetching_s, records / fetching_s);
}

void count(const Consumer::Records& records, Totals& totals) {
    for (const ConsumerRecord& record : records) {
        ++totals.records;
        totals.bytes += static_cast<std::int64_t>((record.key ? record.key->size() : 0) +
                                                  (record.value ? record.value->size() : 0));
    }
}

int run(Context& context, const Options& options) {
    std::map<std::string, std::string> properties{
        {"bootstrap.servers", context.bootstrap_servers},
        {"client.id", "perf-consumer-client"},
        {"group.id", !options.group.empty() ? options.group
                                            : fmt::format("perf-consumer-{}",
                                                          context.runtime.random().below(100'000))},
        {"auto.offset.reset", options.from_latest ? "latest" : "earliest"},
        {"max.partition.fetch.bytes", std::to_string(options.fetch_size)}};
    const auto settings = parse_settings(options.consumer_props);
    if (!settings) return kUsage;
    for (const Setting& setting : *settings) properties[setting.key] = setting.value;
    const auto config = ConsumerConfig::from(properties);
    if (!config) {
        complain("{}", config.error());
        return kUsage;
    }
    Clock& clock = context.runtime.clock();
    Consumer consumer(context.runtime, *config);
    Totals totals{.start = clock.wall(), .end = {}};
    const Instant began = clock.now();
    Instant heard = began;
    const auto note_assigned = [&](const auto&) {
        if (totals.records == 0) totals.joining = clock.now() - began;
    };
    if (const auto done = consumer.subscribe({options.topic}, {.assigned = note_assigned}); !done) {
        return failed("perf", done.error());
    }
    const Duration patience = std::chrono::milliseconds(options.timeout_ms);
    while (totals.records < options.messages && clock.now() - heard < patience) {
        const auto records = consumer.poll(100ms);
        if (!records) return failed("perf", records.error());
        if (!records->empty()) heard = clock.now();
        count(*records, totals);
    }
    totals.end = clock.wall();
    totals.lasting = clock.now() - began;
    if (totals.records < options.messages) {
        complain(
            "Exiting before consuming the expected number of messages: timeout ({} ms) exceeded. "
            "You can use the --timeout option to increase the timeout.",
            options.timeout_ms);
    }
    print(totals, !options.hide_header);
    if (const auto closed = consumer.close(); !closed) return failed("perf", closed.error());
    return kDone;
}

}  // namespace

Action add_perf_consumer(CLI::App& command) {
    const auto options = std::make_shared<Options>();
    command.add_option("--topic", options->topic, "where the records are")->required();
    command.add_option("--messages", options->messages, "how many")
        ->required()
        ->check(CLI::PositiveNumber);
    command.add_option("--group", options->group, "default: one of its own");
    command.add_option("--fetch-size", options->fetch_size, "bytes of a partition in one answer")
        ->check(CLI::PositiveNumber);
    command.add_option("--timeout", options->timeout_ms, "ms between two polls that gave records")
        ->check(CLI::PositiveNumber);
    command.add_flag("--from-latest", options->from_latest, "only what comes from now on");
    command.add_flag("--hide-header", options->hide_header, "figures without their names");
    command.add_option("--consumer-props", options->consumer_props,
                       "key=value … of Kafka's consumer configs");
    return [options](Context& context) { return run(context, *options); };
}

}  // namespace gregor::cli
