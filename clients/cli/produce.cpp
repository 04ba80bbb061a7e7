// kafka-console-producer.sh: each line of standard input is a record.
//
// The producer is Kafka's, with its defaults: lines that are there already go out together, and a
// batch that has to be sent again is in the log once.
#include <iostream>
#include <memory>

#include "clients/cli/command.h"
#include "clients/producer/producer.h"

namespace gregor::cli {
namespace {

using producer::Producer;
using producer::ProducerConfig;

struct Options {
    std::string topic;
    std::string acks = "-1";
    std::string codec = "none";
    std::vector<std::string> properties;
    std::vector<std::string> producer_properties;
};

struct LineFormat {
    bool parse_key = false;
    std::string key_separator = "\t";
    bool ignore_error = false;
    std::optional<std::string> null_marker;
};

struct Line {
    std::optional<std::string> key;
    std::optional<std::string> value;
};

std::optional<LineFormat> parse_format(const std::vector<std::string>& properties) {
    LineFormat format;
    const auto settings = parse_settings(properties);
    if (!settings) return std::nullopt;
    for (const Setting& setting : *settings) {
        if (setting.key == "parse.key") {
            format.parse_key = setting.value == "true";
        } else if (setting.key == "key.separator") {
            format.key_separator = setting.value;
        } else if (setting.key == "ignore.error") {
            format.ignore_error = setting.value == "true";
        } else if (setting.key == "null.marker") {
            format.null_marker = setting.value;
        } else {
            complain(
                "unknown property '{}': known are parse.key, key.separator, ignore.error and "
                "null.marker",
                setting.key);
            return std::nullopt;
        }
    }
    return format;
}

/// Empty if the line has no key but needs one.
std::optional<Line> parse_line(std::string text, const LineFormat& format) {
    const auto value_of = [&format](std::string part) -> std::optional<std::string> {
        if (format.null_marker && part == *format.null_marker) return std::nullopt;
        return part;
    };
    if (!format.parse_key) return Line{std::nullopt, value_of(std::move(text))};
    const std::size_t separator = text.find(format.key_separator);
    if (separator == std::string::npos) {
        if (format.ignore_error) return Line{std::nullopt, value_of(std::move(text))};
        return std::nullopt;
    }
    return Line{value_of(text.substr(0, separator)),
                value_of(text.substr(separator + format.key_separator.size()))};
}

/// The next line, read where it may block; nothing at the end.
std::optional<std::string> read_line(Runtime& runtime) {
    std::string line;
    bool is_there = false;
    runtime.offload([&] { is_there = static_cast<bool>(std::getline(std::cin, line)); });
    if (!is_there) return std::nullopt;
    return line;
}

/// The first record that was not delivered ends it; what was sent before is done by then.
Result<void, client::Error> produce_lines(Context& context, Producer& producer,
                                          const std::string& topic, const LineFormat& format) {
    std::int64_t number = 0;
    std::optional<client::Error> failure;
    while (auto text = read_line(context.runtime)) {
        ++number;
        const auto line = parse_line(*std::move(text), format);
        if (!line) {
            failure =
                client::Error{protocol::ErrorCode::invalid_record,
                              fmt::format("No key separator found on line number {}", number)};
            break;
        }
        producer::ProducerRecord record{.topic = topic};
        if (line->key) record.key = as_bytes(*line->key);
        if (line->value) record.value = as_bytes(*line->value);
        const auto sent = producer.send(record, [&failure](const producer::DeliveryResult& result) {
            if (!result && !failure) failure = result.error();
        });
        if (!sent && !failure) failure = sent.error();
        if (failure) break;
    }
    producer.close();
    if (failure) return fail(*std::move(failure));
    return {};
}

/// What a flag says, unless --producer-property says it too.
std::optional<ProducerConfig> parse_config(const Context& context, const Options& options) {
    ProducerConfig::Properties properties{{"acks", options.acks},
                                          {"bootstrap.servers", context.bootstrap_servers},
                                          {"client.id", "gregorctl"},
                                          {"compression.type", options.codec}};
    const auto settings = parse_settings(options.producer_properties);
    if (!settings) return std::nullopt;
    for (const Setting& setting : *settings) properties[setting.key] = setting.value;
    auto config = ProducerConfig::from(properties);
    if (config) return *std::move(config);
    complain("{}", config.error());
    return std::nullopt;
}

int run(Context& context, const Options& options) {
    const auto format = parse_format(options.properties);
    const auto config = parse_config(context, options);
    if (!format || !config) return kUsage;
    std::ios::sync_with_stdio(false);
    Producer producer(context.runtime, *config);
    const auto done = produce_lines(context, producer, options.topic, *format);
    if (done) return kDone;
    return failed("produce", done.error());
}

}  // namespace

Action add_produce(CLI::App& command) {
    const auto options = std::make_shared<Options>();
    command.add_option("--topic", options->topic, "where the records go")->required();
    command.add_option("--request-required-acks", options->acks, "-1 or all (the default), 1 or 0")
        ->check(CLI::IsMember({"-1", "all", "1", "0"}));
    command.add_option("--compression-codec", options->codec, "none, gzip, snappy, lz4 or zstd")
        ->check(CLI::IsMember({"none", "gzip", "snappy", "lz4", "zstd"}));
    command
        .add_option("--property", options->properties,
                    "parse.key=true, key.separator=:, ignore.error=true, null.marker=NULL")
        ->allow_extra_args(false);
    command
        .add_option("--producer-property", options->producer_properties,
                    "key=value of Kafka's producer configs, as linger.ms=5")
        ->allow_extra_args(false);
    return [options](Context& context) { return run(context, *options); };
}

}  // namespace gregor::cli
