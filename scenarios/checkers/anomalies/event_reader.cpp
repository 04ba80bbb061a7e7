#include "scenarios/checkers/anomalies/event_reader.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <limits>
#include <utility>

namespace gregor::scenarios {
namespace {

constexpr std::string_view kFormat = "gregor-history";
constexpr std::int64_t kNewestVersion = 2;
constexpr std::int64_t kMostNumber = std::int64_t{1} << 62;

/// What is wrong with a line; stops in EventReader.
struct Malformed {
    std::string what;
};

enum class Key : std::uint8_t {
    op,
    format,
    version,
    acks,
    idempotence,
    isolation,
    unclean,
    min_isr,
    cleanup,
    retention,
    flush,
    timestamp_type,
    protocol,
    commit_mode,
    power_losses,
    disk_losses,
    byte_rate,
    foreign_markers,
    began,
    ended,
    topic,
    partition,
    producer,
    consumer,
    client,
    group,
    number,
    value,
    key,
    result,
    offset,
    timestamp,
    transaction,
    bytes,
    tombstone,
    position,
    records,
    log_start,
    log_end,
    high_watermark,
    last_stable_offset,
    leader_epoch,
    transactional_id,
    producer_id,
    producer_epoch,
    generation,
    input_topic,
    input_partition,
    input_offset,
    input,
    output,
    stable,
};

constexpr auto kKeyTexts = std::to_array<std::pair<Key, std::string_view>>({
    {Key::op, "op"},
    {Key::format, "format"},
    {Key::version, "version"},
    {Key::acks, "acks"},
    {Key::idempotence, "enable.idempotence"},
    {Key::isolation, "isolation.level"},
    {Key::unclean, "unclean.leader.election.enable"},
    {Key::min_isr, "min.insync.replicas"},
    {Key::cleanup, "cleanup.policy"},
    {Key::retention, "retention"},
    {Key::flush, "flush.messages"},
    {Key::timestamp_type, "message.timestamp.type"},
    {Key::protocol, "group.protocol"},
    {Key::commit_mode, "commit"},
    {Key::power_losses, "power_losses"},
    {Key::disk_losses, "disk_losses"},
    {Key::byte_rate, "producer_byte_rate"},
    {Key::foreign_markers, "foreign_markers"},
    {Key::began, "began"},
    {Key::ended, "ended"},
    {Key::topic, "topic"},
    {Key::partition, "partition"},
    {Key::producer, "producer"},
    {Key::consumer, "consumer"},
    {Key::client, "client"},
    {Key::group, "group"},
    {Key::number, "number"},
    {Key::value, "value"},
    {Key::key, "key"},
    {Key::result, "result"},
    {Key::offset, "offset"},
    {Key::timestamp, "timestamp"},
    {Key::transaction, "transaction"},
    {Key::bytes, "bytes"},
    {Key::tombstone, "tombstone"},
    {Key::position, "position"},
    {Key::records, "records"},
    {Key::log_start, "log_start"},
    {Key::log_end, "log_end"},
    {Key::high_watermark, "high_watermark"},
    {Key::last_stable_offset, "last_stable_offset"},
    {Key::leader_epoch, "leader_epoch"},
    {Key::transactional_id, "transactional_id"},
    {Key::producer_id, "producer_id"},
    {Key::producer_epoch, "producer_epoch"},
    {Key::generation, "generation"},
    {Key::input_topic, "input_topic"},
    {Key::input_partition, "input_partition"},
    {Key::input_offset, "input_offset"},
    {Key::input, "input"},
    {Key::output, "output"},
    {Key::stable, "stable"},
});

static_assert([] {
    for (std::size_t i = 0; i < kKeyTexts.size(); ++i) {
        if (kKeyTexts[i].first != static_cast<Key>(i)) return false;
    }
    return true;
}());

std::string_view text_of(Key key) { return kKeyTexts[static_cast<std::size_t>(key)].second; }

[[noreturn]] void malformed(Key key, std::string_view what) {
    throw Malformed{fmt::format("\"{}\" {}", text_of(key), what)};
}

/// Seconds with up to nine decimals, in nanoseconds.
HistoryTime nanoseconds(Key key, const JsonValue& value) {
    constexpr std::int64_t kSecond = 1'000'000'000;
    constexpr std::int64_t kMost = 4'000'000'000;  // so that two of them have a difference
    const auto point = value.text.find('.');
    const std::string_view whole = value.text.substr(0, point);
    std::string decimals(point == std::string_view::npos ? "" : value.text.substr(point + 1));
    std::int64_t seconds = 0;
    const auto read = std::from_chars(whole.data(), whole.data() + whole.size(), seconds);
    const bool is_whole = read.ec == std::errc{} && read.ptr == whole.data() + whole.size();
    if (!is_whole || seconds > kMost || seconds < -kMost ||
        decimals.find_first_not_of("0123456789") != std::string::npos) {
        malformed(key, "is no time in seconds");
    }
    decimals.resize(9, '0');
    std::int64_t below = 0;
    std::from_chars(decimals.data(), decimals.data() + decimals.size(), below);
    return seconds * kSecond + (whole.starts_with('-') ? -below : below);
}

}  // namespace

/// The members of one line, as an event wants them.
class EventFields {
public:
    explicit EventFields(EventReader& reader) : reader_(reader) {}

    [[nodiscard]] const JsonValue& at(Key key) const {
        return reader_.json_[static_cast<std::size_t>(key)];
    }
    [[nodiscard]] bool has(Key key) const { return at(key).is_given(); }
    [[nodiscard]] const JsonValue& needed(Key key) const {
        if (at(key).kind == JsonValue::Kind::none) malformed(key, "is missing");
        return at(key);
    }
    [[nodiscard]] std::string_view text(Key key) const {
        const JsonValue& value = needed(key);
        if (value.kind != JsonValue::Kind::string) malformed(key, "is no string");
        return value.text;
    }
    [[nodiscard]] bool truth(Key key) const {
        const JsonValue& value = needed(key);
        if (value.kind != JsonValue::Kind::truth) malformed(key, "is neither true nor false");
        return value.truth;
    }
    [[nodiscard]] std::int64_t number(Key key, std::int64_t least = 0) const {
        const JsonValue& value = needed(key);
        if (value.kind != JsonValue::Kind::integer || value.integer < least) {
            malformed(key, fmt::format("is no whole number from {} on", least));
        }
        if (value.integer > kMostNumber) malformed(key, "is too large");
        return value.integer;
    }
    [[nodiscard]] std::optional<std::int64_t> maybe_number(Key key, std::int64_t least = 0) const {
        if (!has(key)) return std::nullopt;
        return number(key, least);
    }
    [[nodiscard]] std::string_view maybe_text(Key key) const {
        return has(key) ? text(key) : std::string_view{};
    }
    [[nodiscard]] std::optional<std::string_view> optional_text(Key key) const {
        if (!has(key)) return std::nullopt;
        return text(key);
    }
    [[nodiscard]] bool maybe_truth(Key key) const { return has(key) && truth(key); }
    [[nodiscard]] std::optional<TransactionNumber> transaction() const {
        const auto number = maybe_number(Key::transaction);
        if (!number) return std::nullopt;
        return static_cast<TransactionNumber>(*number);
    }
    [[nodiscard]] HistoryTime time(Key key, HistoryTime otherwise) const {
        if (reader_.version_ == 1 || !has(key)) return otherwise;
        const JsonValue& value = at(key);
        if (value.kind != JsonValue::Kind::integer && value.kind != JsonValue::Kind::decimal) {
            malformed(key, "is no time in seconds");
        }
        return nanoseconds(key, value);
    }
    [[nodiscard]] std::int32_t index(Key key) const {
        const std::int64_t index = number(key);
        if (index > std::numeric_limits<std::int32_t>::max()) malformed(key, "is too large");
        return static_cast<std::int32_t>(index);
    }
    [[nodiscard]] PartitionName partition() const {
        const std::int32_t partition = index(Key::partition);
        return {.topic = text(Key::topic), .partition = partition};
    }
    [[nodiscard]] Outcome outcome() const {
        const std::string_view result = text(Key::result);
        if (result == "ok") return Outcome::ok;
        if (result == "fail") return Outcome::fail;
        if (result == "unknown") return Outcome::unknown;
        throw Malformed{fmt::format("no result '{}'", result)};
    }

    [[nodiscard]] HistorySettings settings(HistorySettings settings) const;
    [[nodiscard]] std::optional<HistoryEventBody> body() const;

private:
    [[nodiscard]] bool acks_all() const;
    [[nodiscard]] bool one_of(Key key, std::string_view yes, std::string_view no) const;
    [[nodiscard]] CommitMode commit_mode() const;

    [[nodiscard]] std::optional<HistoryEventBody> body_of_transactions(std::string_view op) const;
    [[nodiscard]] std::optional<HistoryEventBody> body_of_groups(std::string_view op) const;
    [[nodiscard]] SendEvent send() const;
    [[nodiscard]] PollEvent read() const;
    [[nodiscard]] PollEvent poll() const;
    [[nodiscard]] PolledRecord record(const JsonValue& listed) const;
    [[nodiscard]] EndEvent end() const;
    [[nodiscard]] OffsetCommitEvent offset_commit() const;
    [[nodiscard]] WatermarksEvent watermarks() const;
    [[nodiscard]] ConfigEvent config() const;
    [[nodiscard]] ReleaseEvent release(ReleaseEvent::Why why) const;

    EventReader& reader_;
};

// Settings. ---------------------------------------------------------------------------------------

bool EventFields::acks_all() const {
    const JsonValue& acks = needed(Key::acks);
    if (acks.kind == JsonValue::Kind::string && acks.text == "all") return true;
    if (acks.kind == JsonValue::Kind::integer && acks.integer == -1) return true;
    const bool is_number = acks.kind == JsonValue::Kind::integer;
    if (is_number && (acks.integer == 0 || acks.integer == 1)) return false;
    throw Malformed{"\"acks\" is none of \"all\", -1, 0 and 1"};
}

bool EventFields::one_of(Key key, std::string_view yes, std::string_view no) const {
    const std::string_view found = text(key);
    if (found == yes) return true;
    if (found == no) return false;
    malformed(key, fmt::format("is neither \"{}\" nor \"{}\"", yes, no));
}

CommitMode EventFields::commit_mode() const {
    const std::string_view mode = text(Key::commit_mode);
    if (mode == "before") return CommitMode::before;
    if (mode == "after" || mode == "auto") return CommitMode::after;
    if (mode == "transaction") return CommitMode::transaction;
    malformed(Key::commit_mode, "is none of \"before\", \"after\", \"auto\" and \"transaction\"");
}

HistorySettings EventFields::settings(HistorySettings to) const {
    if (has(Key::acks)) to.acks_all = acks_all();
    if (has(Key::idempotence)) to.idempotence = truth(Key::idempotence);
    if (has(Key::unclean)) to.unclean_elections = truth(Key::unclean);
    if (has(Key::retention)) to.retention = truth(Key::retention);
    if (reader_.version_ == 1) return to;
    if (has(Key::isolation)) {
        to.read_committed = one_of(Key::isolation, "read_committed", "read_uncommitted");
    }
    if (has(Key::cleanup)) {
        const std::string_view policy = text(Key::cleanup);
        to.compaction = policy.find("compact") != std::string_view::npos;
    }
    if (has(Key::timestamp_type)) {
        to.log_append_time = one_of(Key::timestamp_type, "LogAppendTime", "CreateTime");
    }
    if (has(Key::protocol)) to.consumer_protocol = one_of(Key::protocol, "consumer", "classic");
    if (has(Key::flush)) to.flushes_every_message = number(Key::flush, 1) == 1;
    if (has(Key::commit_mode)) to.commit = commit_mode();
    if (has(Key::foreign_markers)) to.has_foreign_markers = truth(Key::foreign_markers);
    to.min_insync_replicas = maybe_number(Key::min_isr, 1).value_or(to.min_insync_replicas);
    to.power_losses = maybe_number(Key::power_losses).value_or(to.power_losses);
    to.disk_losses = maybe_number(Key::disk_losses).value_or(to.disk_losses);
    to.producer_byte_rate = maybe_number(Key::byte_rate).value_or(to.producer_byte_rate);
    return to;
}

ConfigEvent EventFields::config() const {
    constexpr std::array<std::pair<Key, ConfigEvent::Of>, 4> kWhose{{
        {Key::topic, ConfigEvent::Of::topic},
        {Key::producer, ConfigEvent::Of::producer},
        {Key::consumer, ConfigEvent::Of::consumer},
        {Key::group, ConfigEvent::Of::group},
    }};
    for (const auto& [key, of] : kWhose) {
        if (!has(key)) continue;
        const ConfigEvent event{
            .of = of, .name = text(key), .settings = settings(reader_.settings_)};
        const bool is_producer = of == ConfigEvent::Of::producer;
        if (is_producer && event.settings.idempotence && !event.settings.acks_all) {
            throw Malformed{"an idempotent producer has acks=all"};
        }
        return event;
    }
    throw Malformed{"settings of no topic, producer, consumer or group"};
}

// Records. ----------------------------------------------------------------------------------------

SendEvent EventFields::send() const {
    SendEvent send{.partition = partition(),
                   .producer = text(Key::producer),
                   .number = static_cast<std::uint64_t>(number(Key::number)),
                   .value = text(Key::value),
                   .result = outcome()};
    const bool has_offset = has(Key::offset);
    if (has_offset && send.result != Outcome::ok) {
        throw Malformed{"an offset of a send that is not ok"};
    }
    send.offset = maybe_number(Key::offset);
    if (reader_.version_ == 1) return send;
    send.key = optional_text(Key::key);
    send.timestamp = maybe_number(Key::timestamp, -1);
    send.transaction = transaction();
    if (has(Key::bytes)) send.bytes = index(Key::bytes);
    send.tombstone = maybe_truth(Key::tombstone);
    if (has(Key::input_offset)) {
        send.input = PartitionName{text(Key::input_topic), index(Key::input_partition)};
        send.input_offset = number(Key::input_offset);
    }
    return send;
}

PollEvent EventFields::read() const {
    PollEvent poll{.partition = partition(), .consumer = text(Key::consumer)};
    reader_.records_.assign(1, {.offset = number(Key::offset), .value = text(Key::value)});
    if (reader_.version_ > 1) {
        reader_.records_[0].key = optional_text(Key::key);
        reader_.records_[0].timestamp = maybe_number(Key::timestamp, -1);
    }
    poll.records = reader_.records_;
    return poll;
}

PollEvent EventFields::poll() const {
    PollEvent poll{.partition = partition(),
                   .consumer = text(Key::consumer),
                   .position = maybe_number(Key::position),
                   .producer = maybe_text(Key::producer),
                   .transaction = transaction()};
    if (poll.transaction && poll.producer.empty()) malformed(Key::producer, "is missing");
    const JsonValue& records = needed(Key::records);
    if (records.kind != JsonValue::Kind::list) malformed(Key::records, "is no list");
    reader_.json_.items(records, reader_.listed_);
    reader_.records_.clear();
    for (const JsonValue& listed : reader_.listed_) reader_.records_.push_back(record(listed));
    poll.records = reader_.records_;
    return poll;
}

/// [offset, value], then perhaps the key, which may be null, and the timestamp.
PolledRecord EventFields::record(const JsonValue& listed) const {
    using Kind = JsonValue::Kind;
    const auto wrong = [] {
        return Malformed{"a record is no list [offset, value, key, timestamp]"};
    };
    if (listed.kind != Kind::list) throw wrong();
    std::vector<JsonValue>& items = reader_.items_;
    reader_.json_.items(listed, items);
    if (items.size() < 2 || items.size() > 4) throw wrong();
    if (items[0].kind != Kind::integer || items[0].integer < 0) throw wrong();
    if (items[0].integer > kMostNumber) throw wrong();
    if (items[1].kind != Kind::string) throw wrong();
    PolledRecord record{.offset = items[0].integer, .value = items[1].text};
    if (items.size() > 2 && items[2].is_given()) {
        if (items[2].kind != Kind::string) throw wrong();
        record.key = items[2].text;
    }
    if (items.size() > 3) {
        if (items[3].kind != Kind::integer) throw wrong();
        record.timestamp = items[3].integer;
    }
    return record;
}

EndEvent EventFields::end() const {
    EndEvent end{.partition = partition(),
                 .consumer = text(Key::consumer),
                 .log_start = number(Key::log_start),
                 .log_end = number(Key::log_end)};
    if (reader_.version_ == 1) return end;
    end.position = maybe_number(Key::position);
    end.group = optional_text(Key::group);
    return end;
}

WatermarksEvent EventFields::watermarks() const {
    return {.partition = partition(),
            .client = text(Key::client),
            .leader_epoch = maybe_number(Key::leader_epoch),
            .log_start = maybe_number(Key::log_start),
            .high_watermark = maybe_number(Key::high_watermark),
            .last_stable_offset = maybe_number(Key::last_stable_offset)};
}

// Transactions and groups. ------------------------------------------------------------------------

OffsetCommitEvent EventFields::offset_commit() const {
    return {.partition = partition(),
            .group = text(Key::group),
            .consumer = maybe_text(Key::consumer),
            .offset = number(Key::offset),
            .generation = maybe_number(Key::generation, -1),
            .result = outcome()};
}

std::optional<HistoryEventBody> EventFields::body_of_transactions(std::string_view op) const {
    const auto number_of_transaction = [this] {
        return static_cast<TransactionNumber>(number(Key::transaction));
    };
    if (op == "init") {
        InitEvent init{.producer = text(Key::producer),
                       .transactional_id = maybe_text(Key::transactional_id),
                       .result = outcome(),
                       .producer_id = maybe_number(Key::producer_id)};
        if (init.producer_id) init.producer_epoch = number(Key::producer_epoch);
        return init;
    }
    if (op == "begin") return BeginEvent{text(Key::producer), number_of_transaction()};
    if (op == "commit" || op == "abort") {
        return FinishEvent{.producer = text(Key::producer),
                           .transaction = number_of_transaction(),
                           .commit = op == "commit",
                           .result = outcome()};
    }
    if (op == "send_offsets") {
        OffsetCommitEvent commit = offset_commit();
        commit.producer = text(Key::producer);
        commit.transaction = number_of_transaction();
        return commit;
    }
    return std::nullopt;
}

ReleaseEvent EventFields::release(ReleaseEvent::Why why) const {
    ReleaseEvent release{.consumer = text(Key::consumer), .why = why};
    if (why != ReleaseEvent::Why::ended) release.partition = partition();
    return release;
}

std::optional<HistoryEventBody> EventFields::body_of_groups(std::string_view op) const {
    if (op == "assign") {
        return AssignEvent{.partition = partition(),
                           .consumer = text(Key::consumer),
                           .group = optional_text(Key::group),
                           .generation = maybe_number(Key::generation),
                           .offset = maybe_number(Key::offset)};
    }
    if (op == "revoke") return release(ReleaseEvent::Why::revoked);
    if (op == "lost") return release(ReleaseEvent::Why::lost);
    if (op == "close") return release(ReleaseEvent::Why::ended);
    if (op == "offset_commit") return offset_commit();
    if (op == "offset_fetch") {
        return OffsetFetchEvent{.partition = partition(),
                                .group = text(Key::group),
                                .offset = number(Key::offset, -1),
                                .stable = maybe_truth(Key::stable)};
    }
    return std::nullopt;
}

std::optional<HistoryEventBody> EventFields::body() const {
    const std::string_view op = text(Key::op);
    if (op == "send") return send();
    if (op == "read") return read();
    if (op == "seek") {
        return SeekEvent{partition(), text(Key::consumer), number(Key::offset)};
    }
    if (op == "end") return end();
    if (op == "note") return std::nullopt;
    if (reader_.version_ > 1) {
        if (op == "poll") return poll();
        if (auto body = body_of_transactions(op)) return body;
        if (auto body = body_of_groups(op)) return body;
        if (op == "subscribe") return std::nullopt;
        if (op == "watermarks") return watermarks();
        if (op == "delete_records") {
            return DeleteRecordsEvent{partition(), number(Key::offset), outcome()};
        }
        if (op == "config") return config();
        if (op == "pipeline") {
            return PipelineEvent{.input = text(Key::input),
                                 .output = text(Key::output),
                                 .group = maybe_text(Key::group),
                                 .settings = settings(reader_.settings_)};
        }
    }
    throw Malformed{fmt::format("no op '{}'", op)};
}

// The reader. -------------------------------------------------------------------------------------

EventReader::EventReader()
    : keys_([] {
          std::vector<std::string_view> texts;
          for (const auto& [key, text] : kKeyTexts) texts.push_back(text);
          return texts;
      }()),
      json_(keys_) {}

Result<HistorySettings, std::string> EventReader::head(std::string_view line) {
    line_ = 1;
    TRY(json_.parse(line));
    const EventFields fields(*this);
    try {
        version_ = fields.number(Key::version);
        if (fields.text(Key::format) != kFormat || version_ < 1 || version_ > kNewestVersion) {
            return fail(fmt::format("the head is not that of a {} of version 1 to {}", kFormat,
                                    kNewestVersion));
        }
        for (const Key key : {Key::acks, Key::idempotence, Key::unclean}) {
            static_cast<void>(fields.needed(key));
        }
        settings_ = fields.settings({});
    } catch (const Malformed& error) {
        return fail(error.what);
    }
    if (settings_.idempotence && !settings_.acks_all) {
        return fail(std::string("an idempotent producer has acks=all"));
    }
    return settings_;
}

Result<std::optional<HistoryEvent>, std::string> EventReader::event(std::string_view line) {
    if (line_ == std::numeric_limits<Line>::max()) return fail(std::string("too many lines"));
    ++line_;
    TRY(json_.parse(line));
    const EventFields fields(*this);
    try {
        auto body = fields.body();
        if (!body) return std::optional<HistoryEvent>{};
        const HistoryTime began = fields.time(Key::began, kLongAgo);
        const HistoryTime ended = fields.time(Key::ended, kNever);
        if (ended < began) malformed(Key::ended, "is before \"began\"");
        return HistoryEvent{.line = line_, .began = began, .ended = ended, .body = *body};
    } catch (const Malformed& error) {
        return fail(error.what);
    }
}

}  // namespace gregor::scenarios
