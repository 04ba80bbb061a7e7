#include "scenarios/gregor/history_file.h"

#include <fmt/format.h>

#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>

namespace gregor::scenarios {
namespace {

using Json = nlohmann::json;

constexpr std::string_view kFormat = "gregor-history";
constexpr std::int64_t kVersion = 1;

/// What is wrong with a line; stops in read_history().
struct Malformed {
    std::string what;
};

const Json& field(const Json& object, const char* key) {
    const auto found = object.find(key);
    if (found == object.end()) throw Malformed{fmt::format("\"{}\" is missing", key)};
    return *found;
}

std::string text(const Json& object, const char* key) {
    const Json& value = field(object, key);
    if (!value.is_string()) throw Malformed{fmt::format("\"{}\" is no string", key)};
    return value.get<std::string>();
}

bool truth(const Json& object, const char* key) {
    const Json& value = field(object, key);
    if (!value.is_boolean()) throw Malformed{fmt::format("\"{}\" is neither true nor false", key)};
    return value.get<bool>();
}

std::int64_t number(const Json& object, const char* key) {
    const Json& value = field(object, key);
    constexpr auto kMost = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
    if (!value.is_number_unsigned() || value.get<std::uint64_t>() > kMost) {
        throw Malformed{fmt::format("\"{}\" is no whole number from 0 on", key)};
    }
    return value.get<std::int64_t>();
}

bool is_acks_all(const Json& head) {
    const Json& acks = field(head, "acks");
    if (acks == "all" || acks == -1) return true;
    if (acks == 0 || acks == 1) return false;
    throw Malformed{"\"acks\" is none of \"all\", -1, 0 and 1"};
}

HistoryHead head_of(const Json& line) {
    if (text(line, "format") != kFormat || number(line, "version") != kVersion) {
        throw Malformed{
            fmt::format("the head is not that of a {} of version {}", kFormat, kVersion)};
    }
    const HistoryHead head{.acks_all = is_acks_all(line),
                           .idempotence = truth(line, "enable.idempotence"),
                           .unclean_elections = truth(line, "unclean.leader.election.enable"),
                           .retention = line.contains("retention") && truth(line, "retention")};
    if (head.idempotence && !head.acks_all) {
        throw Malformed{"an idempotent producer has acks=all"};
    }
    return head;
}

HistoryPartition partition_of(const Json& line) {
    const std::int64_t partition = number(line, "partition");
    if (partition > std::numeric_limits<std::int32_t>::max()) {
        throw Malformed{"\"partition\" is too large"};
    }
    return {.topic = text(line, "topic"), .partition = static_cast<std::int32_t>(partition)};
}

SendResult result_of(const Json& line) {
    const std::string result = text(line, "result");
    if (result == "ok") return SendResult::ok;
    if (result == "fail") return SendResult::fail;
    if (result == "unknown") return SendResult::unknown;
    throw Malformed{fmt::format("no result '{}'", result)};
}

SendEvent send_of(const Json& line) {
    SendEvent send{.partition = partition_of(line),
                   .producer = text(line, "producer"),
                   .number = static_cast<std::uint64_t>(number(line, "number")),
                   .value = text(line, "value"),
                   .result = result_of(line)};
    const bool has_offset = line.contains("offset") && !line["offset"].is_null();
    if (has_offset && send.result != SendResult::ok) {
        throw Malformed{"an offset of a send that is not ok"};
    }
    if (has_offset) send.offset = number(line, "offset");
    return send;
}

/// Nothing for a note.
std::optional<HistoryEvent> event_of(const Json& line) {
    const std::string op = text(line, "op");
    if (op == "note") return std::nullopt;
    if (op == "send") return send_of(line);
    if (op == "seek") {
        return SeekEvent{.partition = partition_of(line),
                         .consumer = text(line, "consumer"),
                         .offset = number(line, "offset")};
    }
    if (op == "read") {
        return ReadEvent{.partition = partition_of(line),
                         .consumer = text(line, "consumer"),
                         .offset = number(line, "offset"),
                         .value = text(line, "value")};
    }
    if (op == "end") {
        return EndEvent{.partition = partition_of(line),
                        .consumer = text(line, "consumer"),
                        .log_start = number(line, "log_start"),
                        .log_end = number(line, "log_end")};
    }
    throw Malformed{fmt::format("no op '{}'", op)};
}

void take_line(HistoryFile& file, std::size_t number_of_line, const std::string& text_of_line) {
    const Json line = Json::parse(text_of_line, nullptr, false);
    if (!line.is_object()) throw Malformed{"it is no JSON object"};
    if (number_of_line == 1) {
        file.head = head_of(line);
    } else if (auto event = event_of(line)) {
        file.lines.push_back({.line = number_of_line, .event = *std::move(event)});
    }
}

}  // namespace

Result<HistoryFile, std::string> read_history(const std::string& path) {
    std::ifstream input(path, std::ios::binary);
    if (!input) return fail(fmt::format("cannot read {}", path));
    HistoryFile file;
    std::size_t line = 0;
    for (std::string text_of_line; std::getline(input, text_of_line);) {
        ++line;
        try {
            take_line(file, line, text_of_line);
        } catch (const Malformed& error) {
            return fail(fmt::format("{}:{}: {}", path, line, error.what));
        }
    }
    if (input.bad()) return fail(fmt::format("cannot read {}", path));
    if (line == 0) return fail(fmt::format("{} is empty", path));
    return file;
}

}  // namespace gregor::scenarios
