// kafka-console-consumer.sh: each record is a line of standard output. With --group as a member of
// it, which commits what it has printed; else alone.
#include <algorithm>
#include <charconv>
#include <map>
#include <memory>

#include "broker/protocol/records/batch_reader.h"
#include "clients/cli/command.h"
#include "clients/client/partition_io.h"
#include "clients/consumer/consumer.h"

namespace gregor::cli {
namespace {

using client::Error;
using protocol::ErrorCode;
using protocol::NodeId;
using protocol::Offset;
using protocol::PartitionId;

constexpr std::size_t kMaxUncompressedBatch = 1024UL * 1024 * 1024;
constexpr Duration kRequestTimeout = 60s;

struct Options {
    std::string topic;
    std::string group;
    std::int32_t partition = -1;
    std::string offset;
    bool from_beginning = false;
    std::int64_t max_messages = -1;
    std::int64_t timeout_ms = -1;
    std::vector<std::string> properties;
};

/// What of a record is printed, as DefaultMessageFormatter has it.
struct Format {
    bool timestamp = false;
    bool partition = false;
    bool offset = false;
    bool headers = false;
    bool key = false;
    bool value = true;
    std::string key_separator = "\t";
    std::string line_separator = "\n";
    std::string headers_separator = ",";
    std::string null_literal = "null";
};

std::optional<Format> parse_format(const std::vector<std::string>& properties) {
    Format format;
    const std::map<std::string, bool Format::*> flags{{"print.timestamp", &Format::timestamp},
                                                      {"print.partition", &Format::partition},
                                                      {"print.offset", &Format::offset},
                                                      {"print.headers", &Format::headers},
                                                      {"print.key", &Format::key},
                                                      {"print.value", &Format::value}};
    const std::map<std::string, std::string Format::*> texts{
        {"key.separator", &Format::key_separator},
        {"line.separator", &Format::line_separator},
        {"headers.separator", &Format::headers_separator},
        {"null.literal", &Format::null_literal}};
    const auto settings = parse_settings(properties);
    if (!settings) return std::nullopt;
    for (const Setting& setting : *settings) {
        if (const auto flag = flags.find(setting.key); flag != flags.end()) {
            format.*flag->second = setting.value == "true";
        } else if (const auto text = texts.find(setting.key); text != texts.end()) {
            format.*text->second = setting.value;
        } else {
            complain("unknown property '{}'", setting.key);
            return std::nullopt;
        }
    }
    return format;
}

std::string text_of(const std::optional<ByteSpan>& bytes, const Format& format) {
    if (!bytes) return format.null_literal;
    return {reinterpret_cast<const char*>(bytes->data()), bytes->size()};
}

/// A record's parts as they are printed.
struct Printable {
    bool is_append_time = false;
    std::int64_t timestamp = -1;  // ms
    PartitionId partition;
    std::int64_t offset = -1;
    std::vector<std::string> headers;
    std::optional<ByteSpan> key;
    std::optional<ByteSpan> value;
};

void print_line(const Printable& record, const Format& format) {
    std::vector<std::string> parts;
    if (format.timestamp) {
        parts.push_back(fmt::format("{}:{}", record.is_append_time ? "LogAppendTime" : "CreateTime",
                                    record.timestamp));
    }
    if (format.partition) parts.push_back(fmt::format("Partition:{}", record.partition));
    if (format.offset) parts.push_back(fmt::format("Offset:{}", record.offset));
    if (format.headers) {
        parts.push_back(
            record.headers.empty()
                ? "NO_HEADERS"
                : fmt::format("{}", fmt::join(record.headers, format.headers_separator)));
    }
    if (format.key) parts.push_back(text_of(record.key, format));
    if (format.value) parts.push_back(text_of(record.value, format));
    const std::string line =
        fmt::format("{}{}", fmt::join(parts, format.key_separator), format.line_separator);
    std::fwrite(line.data(), 1, line.size(), stdout);
}

void print_record(const records::RecordView& record, const records::BatchHeader& batch,
                  PartitionId partition, const Format& format) {
    Printable printable{
        .is_append_time = batch.timestamp_type() == records::TimestampType::log_append_time,
        .timestamp = record.timestamp,
        .partition = partition,
        .offset = record.offset,
        .headers = {},
        .key = record.key,
        .value = record.value};
    record.headers.for_each([&](const records::RecordHeader& header) {
        printable.headers.push_back(
            fmt::format("{}:{}", header.key, text_of(header.value, format)));
    });
    print_line(printable, format);
}

std::optional<ByteSpan> span_of(const std::optional<Bytes>& bytes) {
    if (!bytes) return std::nullopt;
    return bytes->span();
}

void print_record(const consumer::ConsumerRecord& record, const Format& format) {
    Printable printable{
        .is_append_time = record.timestamp_type == records::TimestampType::log_append_time,
        .timestamp = record.timestamp,
        .partition = record.partition,
        .offset = record.offset.value(),
        .headers = {},
        .key = span_of(record.key),
        .value = span_of(record.value)};
    for (const auto& header : record.headers) {
        printable.headers.push_back(
            fmt::format("{}:{}", header.key, text_of(span_of(header.value), format)));
    }
    print_line(printable, format);
}

/// Follows partitions from positions on; the leaders are asked one after the other.
class Consumer {
public:
    Consumer(Context& context, const Options& options, Format format)
        : context_(context), options_(options), format_(std::move(format)) {}

    [[nodiscard]] Result<void, Error> start() {
        const auto topics = TRY(context_.admin.describe_topics({options_.topic}));
        if (topics.size() != 1 || topics.front().error_code != ErrorCode::none) {
            return fail(Error{ErrorCode::unknown_topic_or_partition,
                              fmt::format("Topic {} not present in metadata", options_.topic)});
        }
        for (const auto& partition : topics.front().partitions) {
            const PartitionId index = partition.partition_index;
            if (options_.partition >= 0 && index.value() != options_.partition) continue;
            positions_[index] = TRY(first_position(index));
        }
        if (positions_.empty()) {
            return fail(Error{
                ErrorCode::unknown_topic_or_partition,
                fmt::format("Topic {} has no partition {}", options_.topic, options_.partition)});
        }
        return {};
    }

    /// Until enough was printed, or nothing came for long enough.
    [[nodiscard]] Result<void, Error> run() {
        Instant last_record = now();
        while (!is_done()) {
            const std::int64_t before = printed_;
            TRY(poll());
            if (printed_ > before) last_record = now();
            const bool is_late =
                options_.timeout_ms >= 0 && now() - last_record >= options_.timeout_ms * 1ms;
            if (is_late) return {};
        }
        return {};
    }

    [[nodiscard]] std::int64_t printed() const { return printed_; }

private:
    [[nodiscard]] Instant now() { return context_.runtime.clock().now(); }
    [[nodiscard]] bool is_done() const {
        return options_.max_messages >= 0 && printed_ >= options_.max_messages;
    }

    [[nodiscard]] Result<Offset, Error> first_position(PartitionId partition) {
        if (options_.from_beginning || options_.offset == "earliest") {
            return context_.admin.list_offset(options_.topic, partition, admin::kEarliest);
        }
        if (options_.offset.empty() || options_.offset == "latest") {
            return context_.admin.list_offset(options_.topic, partition, admin::kLatest);
        }
        return Offset(std::stoll(options_.offset));  // checked before
    }

    /// Every leader once.
    [[nodiscard]] Result<void, Error> poll() {
        const Instant deadline = deadline_after(now(), kRequestTimeout);
        std::map<NodeId, std::vector<client::FetchPosition>> by_leader;
        for (const auto& [partition, offset] : positions_) {
            const NodeId leader =
                TRY(context_.cluster.leader_of(options_.topic, partition, deadline));
            by_leader[leader].push_back({partition, offset});
        }
        const client::FetchSettings settings{.max_wait_ms = max_wait_ms(by_leader.size())};
        for (const auto& [leader, positions] : by_leader) {
            auto fetched = client::fetch_once(context_.cluster, leader, options_.topic, positions,
                                              settings, deadline);
            if (!fetched) {
                TRY(try_again(fetched.error()));
                continue;
            }
            for (const auto& partition : *fetched) TRY(take(partition));
        }
        std::fflush(stdout);
        return {};
    }

    /// A quiet leader does not keep the others waiting for long.
    [[nodiscard]] std::int32_t max_wait_ms(std::size_t leaders) const {
        const std::int32_t wait = leaders == 1 ? 500 : 50;
        if (options_.timeout_ms < 0) return wait;
        return static_cast<std::int32_t>(std::min<std::int64_t>(wait, options_.timeout_ms));
    }

    [[nodiscard]] Result<void, Error> try_again(const Error& error) {
        if (!protocol::is_retriable(error.code)) return fail(error);
        context_.cluster.forget(options_.topic);
        context_.cluster.back_off();
        return {};
    }

    [[nodiscard]] Result<void, Error> take(const protocol::FetchResponse::Partition& partition) {
        if (partition.error_code == ErrorCode::offset_out_of_range) {
            // As auto.offset.reset says: from the start on with --from-beginning, else the end.
            positions_[partition.partition_index] = TRY(context_.admin.list_offset(
                options_.topic, partition.partition_index,
                options_.from_beginning ? admin::kEarliest : admin::kLatest));
            return {};
        }
        if (partition.error_code != ErrorCode::none) {
            return try_again(client::error_of(partition.error_code));
        }
        return print_batches(partition);
    }

    [[nodiscard]] Result<void, Error> print_batches(
        const protocol::FetchResponse::Partition& fetched) {
        const Error damaged{ErrorCode::corrupt_message,
                            fmt::format("a batch of {}-{} cannot be read", options_.topic,
                                        fetched.partition_index)};
        const std::optional<Bytes> bytes = fetched.records.bytes();
        if (!bytes) return {};
        records::BatchReader batches(*bytes);
        while (!is_done()) {
            const auto batch = batches.next();
            if (!batch || (*batch && !(*batch)->has_valid_crc())) return fail(damaged);
            if (!*batch) return {};
            if (!(*batch)->header.is_control() &&
                !print_records(**batch, fetched.partition_index)) {
                return fail(damaged);
            }
            positions_[fetched.partition_index] = Offset((*batch)->header.next_offset());
        }
        return {};
    }

    [[nodiscard]] bool print_records(const records::BatchView& batch, PartitionId partition) {
        auto reader = batch.open(kMaxUncompressedBatch);
        if (!reader) return false;
        while (!is_done()) {
            const auto record = reader->next();
            if (!record) return false;
            if (*record == nullptr) return true;
            if (Offset((*record)->offset) < positions_[partition]) continue;  // asked from within
            print_record(**record, batch.header, partition, format_);
            ++printed_;
        }
        return true;
    }

    Context& context_;
    const Options& options_;
    Format format_;
    std::map<PartitionId, Offset> positions_;
    std::int64_t printed_ = 0;
};

/// Reads as a member of the group until enough was printed, or nothing came for long enough; how
/// many records were printed.
Result<std::int64_t, Error> consume_as_member(Context& context, const Options& options,
                                              const Format& format) {
    consumer::ConsumerConfig config{.bootstrap_servers = context.bootstrap_servers,
                                    .client_id = "gregorctl",
                                    .group_id = options.group};
    config.auto_offset_reset =
        options.from_beginning ? consumer::OffsetReset::earliest : consumer::OffsetReset::latest;
    // No more is read than is printed: what is committed is what was seen.
    if (options.max_messages > 0) config.max_poll_records = 1;
    consumer::Consumer member(context.runtime, config);
    TRY(member.subscribe({options.topic}));
    std::int64_t printed = 0;
    Instant last_record = context.runtime.clock().now();
    while (options.max_messages < 0 || printed < options.max_messages) {
        const auto records = TRY(member.poll(100ms));
        for (const auto& record : records) print_record(record, format);
        std::fflush(stdout);
        printed += static_cast<std::int64_t>(records.size());
        const Instant now = context.runtime.clock().now();
        if (!records.empty()) last_record = now;
        if (options.timeout_ms >= 0 && now - last_record >= options.timeout_ms * 1ms) break;
    }
    TRY(member.close());
    return printed;
}

bool is_offset(const std::string& text) {
    if (text.empty() || text == "earliest" || text == "latest") return true;
    std::int64_t number = 0;
    const char* const end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, number);
    return error == std::errc() && stop == end && number >= 0;
}

int run(Context& context, const Options& options) {
    if (!options.offset.empty() && options.partition < 0) {
        complain("The partition is required when offset is specified.");
        return kUsage;
    }
    if (options.from_beginning && !options.offset.empty()) {
        complain("The options from-beginning and offset cannot be specified together.");
        return kUsage;
    }
    if (!is_offset(options.offset)) {
        complain(
            "The provided offset value '{}' is incorrect. Valid values are 'earliest', "
            "'latest', or a non-negative long.",
            options.offset);
        return kUsage;
    }
    auto format = parse_format(options.properties);
    if (!format) return kUsage;
    if (!options.group.empty()) {
        if (options.partition >= 0) {
            complain("Options group and partition cannot be specified together.");
            return kUsage;
        }
        const auto printed = consume_as_member(context, options, *format);
        if (!printed) return failed("consume", printed.error());
        complain("Processed a total of {} messages", *printed);
        return kDone;
    }
    Consumer consumer(context, options, *std::move(format));
    auto done = consumer.start();
    if (done) done = consumer.run();
    std::fflush(stdout);
    if (!done) return failed("consume", done.error());
    complain("Processed a total of {} messages", consumer.printed());
    return kDone;
}

}  // namespace

Action add_consume(CLI::App& command) {
    const auto options = std::make_shared<Options>();
    command.add_option("--topic", options->topic, "where the records come from")->required();
    command.add_option("--group", options->group, "as a member of this group");
    command.add_option("--partition", options->partition, "only this one")
        ->check(CLI::NonNegativeNumber);
    command.add_option("--offset", options->offset, "of --partition: earliest, latest or a number");
    command.add_flag("--from-beginning", options->from_beginning, "what is there already, too");
    command.add_option("--max-messages", options->max_messages, "end after so many")
        ->check(CLI::NonNegativeNumber);
    command.add_option("--timeout-ms", options->timeout_ms, "end when nothing comes for so long")
        ->check(CLI::NonNegativeNumber);
    command
        .add_option("--property", options->properties,
                    "print.key=true, print.timestamp, print.partition, print.offset, "
                    "print.headers, print.value, key.separator, line.separator, …")
        ->allow_extra_args(false);
    return [options](Context& context) { return run(context, *options); };
}

}  // namespace gregor::cli
