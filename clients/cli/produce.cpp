// kafka-console-producer.sh: each line of standard input is a record.
//
// Lines that are there already go out together, one batch a partition and one batch at a time; a
// line that somebody types goes out at once. With a producer id and sequences, as Kafka's producer
// has them by default, a batch that has to be sent again is in the log once.
#include <iostream>
#include <map>
#include <memory>

#include "broker/protocol/messages/transactions.h"
#include "broker/protocol/records/batch_builder.h"
#include "broker/protocol/records/murmur2.h"
#include "clients/cli/command.h"
#include "clients/client/partition_io.h"

namespace gregor::cli {
namespace {

using protocol::PartitionId;

constexpr std::size_t kBatchBytes = 64 * 1024;
constexpr Duration kDeliveryTimeout = 2min;  // delivery.timeout.ms

struct Options {
    std::string topic;
    std::string acks = "-1";
    std::string codec = "none";
    std::vector<std::string> properties;
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

std::optional<records::CompressionCodec> parse_codec(const std::string& name) {
    using enum records::CompressionCodec;
    if (name == "none") return none;
    if (name == "gzip") return gzip;
    if (name == "snappy") return snappy;
    if (name == "lz4") return lz4;
    if (name == "zstd") return zstd;
    return std::nullopt;
}

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

class Producer {
public:
    Producer(Context& context, const Options& options)
        : context_(context),
          topic_(options.topic),
          acks_(options.acks == "1" ? std::int16_t{1} : std::int16_t{-1}),
          codec_(*parse_codec(options.codec)) {}

    [[nodiscard]] Result<void, client::Error> start() {
        const auto topics = TRY(context_.admin.describe_topics({topic_}));
        if (topics.size() == 1 && topics.front().error_code == protocol::ErrorCode::none) {
            partitions_ = topics.front().partitions.size();
        }
        if (partitions_ == 0) {
            return fail(client::Error{protocol::ErrorCode::unknown_topic_or_partition,
                                      fmt::format("Topic {} not present in metadata", topic_)});
        }
        const protocol::InitProducerIdRequest request{.transactional_id = std::nullopt};
        const auto answer =
            TRY(context_.cluster.call_any<protocol::InitProducerIdResponse>(request, deadline()));
        if (answer.error_code != protocol::ErrorCode::none) {
            return fail(client::error_of(answer.error_code));
        }
        producer_id_ = answer.producer_id.value();
        producer_epoch_ = answer.producer_epoch.value();
        return {};
    }

    void add(Line line) {
        const PartitionId partition = partition_of(line);
        bytes_ += line.key.value_or("").size() + line.value.value_or("").size();
        lines_[partition].push_back(std::move(line));
    }
    [[nodiscard]] bool is_full() const { return bytes_ >= kBatchBytes; }

    /// Everything that was added is acknowledged afterwards.
    [[nodiscard]] Result<void, client::Error> flush() {
        for (const auto& [partition, lines] : lines_) {
            TRY(client::append_batch(context_.cluster, {topic_, partition},
                                     batch_of(partition, lines), acks_, deadline()));
            sequences_[partition] = records::increment_sequence(
                sequences_[partition], static_cast<std::int32_t>(lines.size()));
        }
        lines_.clear();
        bytes_ = 0;
        ++unkeyed_;
        return {};
    }

private:
    /// As Kafka's partitioner: by the key, else one partition until the next flush.
    [[nodiscard]] PartitionId partition_of(const Line& line) const {
        const auto count = static_cast<std::int32_t>(partitions_);
        if (line.key) return PartitionId(records::partition_for_key(as_bytes(*line.key), count));
        return PartitionId(static_cast<std::int32_t>(unkeyed_ % partitions_));
    }

    [[nodiscard]] Bytes batch_of(PartitionId partition, const std::vector<Line>& lines) {
        records::BatchBuilder builder({.codec = codec_,
                                       .producer_id = producer_id_,
                                       .producer_epoch = producer_epoch_,
                                       .base_sequence = sequences_[partition]});
        const std::int64_t now_ms = to_epoch_ms(context_.runtime.clock().wall());
        for (const Line& line : lines) {
            records::RecordInput record{.timestamp = now_ms};
            if (line.key) record.key = as_bytes(*line.key);
            if (line.value) record.value = as_bytes(*line.value);
            builder.append(record);
        }
        return std::move(builder).build();
    }

    [[nodiscard]] Instant deadline() {
        return deadline_after(context_.runtime.clock().now(), kDeliveryTimeout);
    }

    Context& context_;
    std::string topic_;
    std::int16_t acks_;
    records::CompressionCodec codec_;
    std::size_t partitions_ = 0;
    std::int64_t producer_id_ = records::kNoProducerId;
    std::int16_t producer_epoch_ = records::kNoProducerEpoch;
    std::map<PartitionId, std::int32_t> sequences_;
    std::map<PartitionId, std::vector<Line>> lines_;
    std::size_t bytes_ = 0;
    std::uint64_t unkeyed_ = 0;
};

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

Result<void, client::Error> produce_lines(Context& context, Producer& producer,
                                          const LineFormat& format) {
    std::int64_t number = 0;
    while (auto text = read_line(context.runtime)) {
        ++number;
        auto line = parse_line(*std::move(text), format);
        if (!line) {
            TRY(producer.flush());
            return fail(
                client::Error{protocol::ErrorCode::invalid_record,
                              fmt::format("No key separator found on line number {}", number)});
        }
        producer.add(*std::move(line));
        const bool more_is_there = std::cin.rdbuf()->in_avail() > 0;
        if (producer.is_full() || !more_is_there) TRY(producer.flush());
    }
    return producer.flush();
}

int run(Context& context, const Options& options) {
    const auto format = parse_format(options.properties);
    if (!format) return kUsage;
    std::ios::sync_with_stdio(false);
    Producer producer(context, options);
    auto done = producer.start();
    if (done) done = produce_lines(context, producer, *format);
    if (done) return kDone;
    return failed("produce", done.error());
}

}  // namespace

Action add_produce(CLI::App& command) {
    const auto options = std::make_shared<Options>();
    command.add_option("--topic", options->topic, "where the records go")->required();
    command.add_option("--request-required-acks", options->acks, "-1 or all (the default), or 1")
        ->check(CLI::IsMember({"-1", "all", "1"}));
    command.add_option("--compression-codec", options->codec, "none, gzip, snappy, lz4 or zstd")
        ->check(CLI::IsMember({"none", "gzip", "snappy", "lz4", "zstd"}));
    command
        .add_option("--property", options->properties,
                    "parse.key=true, key.separator=:, ignore.error=true, null.marker=NULL")
        ->allow_extra_args(false);
    return [options](Context& context) { return run(context, *options); };
}

}  // namespace gregor::cli
