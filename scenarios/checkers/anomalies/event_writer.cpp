#include "scenarios/checkers/anomalies/event_writer.h"

#include <fmt/format.h>

#include <array>

namespace gregor::scenarios {
namespace {

/// One object on one line, member by member.
class LineWriter {
public:
    LineWriter& text(std::string_view key, std::string_view value) {
        name(key);
        append_quoted(value);
        return *this;
    }
    template <class Number>
    LineWriter& number(std::string_view key, Number value) {
        name(key);
        line_ += fmt::format("{}", value);
        return *this;
    }
    LineWriter& truth(std::string_view key, bool value) {
        name(key);
        line_ += value ? "true" : "false";
        return *this;
    }
    template <class Number>
    LineWriter& maybe(std::string_view key, const std::optional<Number>& value) {
        if (!value) return *this;
        if constexpr (std::is_same_v<Number, std::string_view>) {
            return text(key, *value);
        } else {
            return number(key, *value);
        }
    }
    LineWriter& partition(const PartitionName& partition) {
        return text("topic", partition.topic).number("partition", partition.partition);
    }
    /// Seconds.
    LineWriter& time(std::string_view key, HistoryTime time) {
        constexpr HistoryTime kSecond = 1'000'000'000;
        name(key);
        line_ += fmt::format("{}{}.{:09}", time < 0 ? "-" : "", std::abs(time / kSecond),
                             std::abs(time % kSecond));
        return *this;
    }
    LineWriter& records(std::span<const PolledRecord> records) {
        name("records");
        line_ += '[';
        for (const PolledRecord& record : records) {
            if (line_.back() != '[') line_ += ", ";
            line_ += fmt::format("[{}, ", record.offset);
            append_quoted(record.value);
            append_rest(record);
            line_ += ']';
        }
        line_ += ']';
        return *this;
    }
    [[nodiscard]] std::string finish() && { return std::move(line_) + "}"; }

private:
    void name(std::string_view key) {
        if (line_.size() > 1) line_ += ", ";
        append_quoted(key);
        line_ += ": ";
    }
    void append_quoted(std::string_view value) {
        line_ += '"';
        for (const char each : value) {
            if (each == '"' || each == '\\') {
                line_ += '\\';
                line_ += each;
            } else if (static_cast<unsigned char>(each) < 0x20) {
                line_ += fmt::format("\\u{:04x}", static_cast<unsigned>(each));
            } else {
                line_ += each;
            }
        }
        line_ += '"';
    }
    void append_rest(const PolledRecord& record) {
        if (!record.key && !record.timestamp) return;
        line_ += ", ";
        if (record.key) {
            append_quoted(*record.key);
        } else {
            line_ += "null";
        }
        if (record.timestamp) line_ += fmt::format(", {}", *record.timestamp);
    }

    std::string line_ = "{";
};

std::string_view name_of(Outcome outcome) {
    constexpr std::array<std::string_view, 3> kNames{"ok", "fail", "unknown"};
    return kNames.at(static_cast<std::size_t>(outcome));
}

std::string_view name_of(CommitMode mode) {
    constexpr std::array<std::string_view, 3> kNames{"before", "after", "transaction"};
    return kNames.at(static_cast<std::size_t>(mode));
}

void write_settings(LineWriter& line, const HistorySettings& settings) {
    if (settings.acks_all) {
        line.text("acks", "all");
    } else {
        line.number("acks", 1);
    }
    line.truth("enable.idempotence", settings.idempotence)
        .truth("unclean.leader.election.enable", settings.unclean_elections)
        .text("isolation.level", settings.read_committed ? "read_committed" : "read_uncommitted")
        .number("min.insync.replicas", settings.min_insync_replicas);
    if (settings.flushes_every_message) line.number("flush.messages", 1);
    line.number("power_losses", settings.power_losses)
        .number("disk_losses", settings.disk_losses)
        .truth("retention", settings.retention)
        .text("cleanup.policy", settings.compaction ? "compact" : "delete")
        .text("message.timestamp.type", settings.log_append_time ? "LogAppendTime" : "CreateTime")
        .text("commit", name_of(settings.commit))
        .text("group.protocol", settings.consumer_protocol ? "consumer" : "classic")
        .truth("foreign_markers", settings.has_foreign_markers);
    if (settings.producer_byte_rate > 0) {
        line.number("producer_byte_rate", settings.producer_byte_rate);
    }
}

void write(LineWriter& line, const SendEvent& send) {
    line.text("op", "send")
        .text("producer", send.producer)
        .number("number", send.number)
        .partition(send.partition)
        .text("value", send.value)
        .text("result", name_of(send.result))
        .maybe("offset", send.offset)
        .maybe("key", send.key)
        .maybe("timestamp", send.timestamp)
        .maybe("transaction", send.transaction);
    if (send.bytes > 0) line.number("bytes", send.bytes);
    if (send.tombstone) line.truth("tombstone", true);
    if (!send.input) return;
    line.text("input_topic", send.input->topic)
        .number("input_partition", send.input->partition)
        .number("input_offset", send.input_offset);
}

void write(LineWriter& line, const PollEvent& poll) {
    line.text("op", "poll").text("consumer", poll.consumer).partition(poll.partition);
    line.maybe("position", poll.position).records(poll.records);
    if (!poll.transaction) return;
    line.text("producer", poll.producer).number("transaction", *poll.transaction);
}

void write(LineWriter& line, const SeekEvent& seek) {
    line.text("op", "seek").text("consumer", seek.consumer).partition(seek.partition);
    line.number("offset", seek.offset);
}

void write(LineWriter& line, const EndEvent& end) {
    line.text("op", "end").text("consumer", end.consumer).partition(end.partition);
    line.number("log_start", end.log_start).number("log_end", end.log_end);
    line.maybe("position", end.position).maybe("group", end.group);
}

void write(LineWriter& line, const InitEvent& init) {
    line.text("op", "init").text("producer", init.producer).text("result", name_of(init.result));
    if (!init.transactional_id.empty()) line.text("transactional_id", init.transactional_id);
    if (!init.producer_id) return;
    line.number("producer_id", *init.producer_id).number("producer_epoch", init.producer_epoch);
}

void write(LineWriter& line, const BeginEvent& begin) {
    line.text("op", "begin").text("producer", begin.producer);
    line.number("transaction", begin.transaction);
}

void write(LineWriter& line, const FinishEvent& finish) {
    line.text("op", finish.commit ? "commit" : "abort").text("producer", finish.producer);
    line.number("transaction", finish.transaction).text("result", name_of(finish.result));
}

void write(LineWriter& line, const OffsetCommitEvent& commit) {
    line.text("op", commit.transaction ? "send_offsets" : "offset_commit");
    if (commit.transaction) {
        line.text("producer", commit.producer).number("transaction", *commit.transaction);
    }
    line.text("group", commit.group).partition(commit.partition).number("offset", commit.offset);
    line.text("result", name_of(commit.result));
    if (!commit.consumer.empty()) line.text("consumer", commit.consumer);
    line.maybe("generation", commit.generation);
}

void write(LineWriter& line, const OffsetFetchEvent& fetch) {
    line.text("op", "offset_fetch").text("group", fetch.group).partition(fetch.partition);
    line.number("offset", fetch.offset);
    if (fetch.stable) line.truth("stable", true);
}

void write(LineWriter& line, const AssignEvent& assign) {
    line.text("op", "assign").text("consumer", assign.consumer).partition(assign.partition);
    line.maybe("group", assign.group).maybe("generation", assign.generation);
    line.maybe("offset", assign.offset);
}

void write(LineWriter& line, const ReleaseEvent& release) {
    constexpr std::array<std::string_view, 3> kOps{"revoke", "lost", "close"};
    line.text("op", kOps.at(static_cast<std::size_t>(release.why)));
    line.text("consumer", release.consumer);
    if (release.partition) line.partition(*release.partition);
}

void write(LineWriter& line, const WatermarksEvent& marks) {
    line.text("op", "watermarks").text("client", marks.client).partition(marks.partition);
    line.maybe("leader_epoch", marks.leader_epoch)
        .maybe("log_start", marks.log_start)
        .maybe("high_watermark", marks.high_watermark)
        .maybe("last_stable_offset", marks.last_stable_offset);
}

void write(LineWriter& line, const DeleteRecordsEvent& deletion) {
    line.text("op", "delete_records").partition(deletion.partition);
    line.number("offset", deletion.offset).text("result", name_of(deletion.result));
}

void write(LineWriter& line, const ConfigEvent& config) {
    constexpr std::array<std::string_view, 4> kWhose{"topic", "producer", "consumer", "group"};
    line.text("op", "config").text(kWhose.at(static_cast<std::size_t>(config.of)), config.name);
    write_settings(line, config.settings);
}

void write(LineWriter& line, const PipelineEvent& pipeline) {
    line.text("op", "pipeline").text("input", pipeline.input).text("output", pipeline.output);
    if (!pipeline.group.empty()) line.text("group", pipeline.group);
    write_settings(line, pipeline.settings);
}

}  // namespace

std::string head_line(const HistorySettings& settings) {
    LineWriter line;
    line.text("format", "gregor-history").number("version", 2);
    write_settings(line, settings);
    return std::move(line).finish();
}

std::string event_line(const HistoryEvent& event) {
    LineWriter line;
    std::visit([&](const auto& body) { write(line, body); }, event.body);
    if (event.began != kLongAgo) line.time("began", event.began);
    if (event.ended != kNever) line.time("ended", event.ended);
    return std::move(line).finish();
}

}  // namespace gregor::scenarios
