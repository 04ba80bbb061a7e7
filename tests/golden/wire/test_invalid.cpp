// wire-invalid: message bodies with one damage each, and whether Kafka's classes still read them.
#include <fmt/format.h>

#include "broker/protocol/any_message.h"
#include "tests/support/catch.h"
#include "tests/support/golden.h"

namespace gregor::protocol {
namespace {

using golden::Differences;
using golden::Json;

/// Unknown tags out of order are read by Kafka; only its writer, which the data was made with as
/// well, then refuses them. We read them too, and write them in order.
bool is_refused_by_writer_only(const Json& line) {
    return line["messageText"].is_string() &&
           line["messageText"].get<std::string>().starts_with("Invalid raw tag field list");
}

void compare(const MessageType& type, const Json& line, Differences& differences) {
    const auto version = line["version"].get<std::int16_t>();
    const Bytes bytes = golden::from_hex(line["hex"].get<std::string>());
    const auto differs = [&](std::string_view what, std::string_view detail) {
        differences.add(fmt::format("{} v{} {} {}: {}: {}", type.info.name, version,
                                    line["from"].get<std::string>(),
                                    line["mutation"].get<std::string>(), what, detail));
    };
    Reader reader(bytes);
    const Result<AnyMessage, DecodeError> message = AnyMessage::decode(type, reader, version);
    if (line["outcome"] == "error") {
        if (message.has_value() != is_refused_by_writer_only(line)) {
            differs("read, though Kafka fails", line["messageText"].dump());
        }
        return;
    }
    if (!message) return differs("decode", to_string(message.error()));
    if (reader.remaining() != line["unreadBytes"].get<std::size_t>()) {
        differs("bytes left", std::to_string(reader.remaining()));
    }
    const std::string text = message->to_json_text(version);
    if (Json::parse(text) != line["json"]) differs("json", text + "\n  " + line["json"].dump());
    if (line["rewritesSame"].get<bool>()) {
        const Bytes read = bytes.slice(0, bytes.size() - reader.remaining());
        if (message->encode(version) != read) differs("bytes", to_hex(message->encode(version)));
    }
}

TEST_CASE("a damaged message is refused exactly when Kafka refuses it") {
    Differences differences;
    std::size_t compared = 0;
    std::size_t left_out = 0;
    for (const auto& file : golden::golden_files("wire-invalid")) {
        golden::for_each_line(file, [&](const Json& line) {
            const MessageType* type = find_message_type(line["message"].get<std::string>());
            if (type == nullptr) {
                ++left_out;
                return;
            }
            ++compared;
            compare(*type, line, differences);
        });
    }
    fmt::print("wire-invalid: {} lines compared, {} differences; {} lines left out\n", compared,
               differences.count(), left_out);
    if (compared == 0) WARN("no golden data");
    INFO(differences.summary());
    REQUIRE(differences.count() == 0);
}

}  // namespace
}  // namespace gregor::protocol
