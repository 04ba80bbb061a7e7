// flows: the frames that a recording proxy saw between Kafka's Java clients and a Kafka broker, and
// headers.json: which header goes with which version.
#include <fmt/format.h>

#include <fstream>
#include <map>

#include "broker/protocol/any_message.h"
#include "broker/protocol/header.h"
#include "tests/support/catch.h"
#include "tests/support/golden.h"

namespace gregor::protocol {
namespace {

using golden::Differences;
using golden::Json;

Bytes without_size(const Bytes& frame) {
    Reader reader(frame);
    const auto size = reader.integer<std::int32_t>();
    REQUIRE(size == static_cast<std::int32_t>(reader.remaining()));
    return frame.suffix(kFrameSizeBytes);
}

struct FrameParts {
    std::string header_json;
    Bytes header;
    Bytes body;
};

FrameParts split(const Json& line, MessageKind kind, ApiKey key, std::int16_t version) {
    const Bytes frame = without_size(golden::from_hex(line["hex"].get<std::string>()));
    if (kind == MessageKind::request) {
        const auto parts = decode_request_frame(frame);
        REQUIRE(parts.has_value());
        const std::int16_t header_version = *request_header_version(key, version);
        REQUIRE(header_version == line["headerVersion"].get<int>());
        return {to_json_text(parts->header, header_version), encode(parts->header, header_version),
                parts->body};
    }
    const auto parts = decode_response_frame(frame, key, version);
    REQUIRE(parts.has_value());
    const std::int16_t header_version = response_header_version(key, version);
    REQUIRE(header_version == line["headerVersion"].get<int>());
    REQUIRE(parts->header.correlation_id == line["correlationId"].get<std::int32_t>());
    return {"", encode(parts->header, header_version), parts->body};
}

void compare(const Json& line, const std::string& where, Differences& differences) {
    const auto kind = line["dir"] == "req" ? MessageKind::request : MessageKind::response;
    const ApiKey key{line["apiKey"].get<std::int16_t>()};
    // An answer to an unknown version of ApiVersions is laid out as version 0.
    const auto version = line["version"].get<std::int16_t>();
    const FrameParts parts = split(line, kind, key, version);
    const auto differs = [&](std::string_view what, const std::string& detail) {
        differences.add(fmt::format("{} {} v{}: {}: {}", where, name(key), version, what, detail));
    };
    if (kind == MessageKind::request && Json::parse(parts.header_json) != line["header"]) {
        differs("header", parts.header_json);
    }
    const MessageType* type = find_message_type(kind, static_cast<std::int16_t>(key));
    if (type == nullptr) return differs("no such message", "");
    Reader reader(parts.body);
    const auto message = AnyMessage::decode(*type, reader, version);
    if (!message) return differs("decode", std::string(to_string(message.error())));
    if (reader.remaining() != 0) differs("bytes left", std::to_string(reader.remaining()));
    const std::string text = message->to_json_text(version);
    if (Json::parse(text) != line["json"]) differs("json", text + "\n  " + line["json"].dump());

    const Bytes body = message->encode(version);
    ByteBuffer again;
    Writer(again).integer(static_cast<std::int32_t>(parts.header.size() + body.size()));
    again.append(parts.header.span());
    again.append(body.span());
    if (to_hex(again.span()) != line["hex"].get<std::string>()) differs("bytes", "");
}

TEST_CASE("recorded conversations are read and written back byte for byte") {
    Differences differences;
    std::map<std::string, std::size_t> frames;
    for (const auto& file : golden::golden_files("flows")) {
        golden::for_each_line(file, [&](const Json& line) {
            if (!line.contains("dir") || !line.contains("hex")) return;
            ++frames[line["dir"].get<std::string>()];
            compare(line, file.stem().string(), differences);
        });
    }
    fmt::print("flows: {} requests, {} responses compared, {} differences\n", frames["req"],
               frames["resp"], differences.count());
    if (frames["req"] == 0) WARN("no golden data");
    INFO(differences.summary());
    REQUIRE(differences.count() == 0);
}

TEST_CASE("the answers of a probed broker are read as Kafka reads them") {
    const auto file = golden::golden_folder() / "flows/probe.jsonl";
    std::size_t answers = 0;
    golden::for_each_line(file, [&](const Json& line) {
        if (!line.contains("response_json") || !line.contains("apiKey")) return;
        const ApiKey key{line["apiKey"].get<std::int16_t>()};
        const auto version = line["version"].get<std::int16_t>();
        INFO(fmt::format("{} v{}", name(key), version));
        const auto request = decode_request_frame(
            without_size(golden::from_hex(line["request"].get<std::string>())));
        REQUIRE(request.has_value());
        REQUIRE(request->header.correlation_id == line["correlationId"].get<std::int32_t>());
        const auto response = decode_response_frame(
            without_size(golden::from_hex(line["response"].get<std::string>())), key, version);
        REQUIRE(response.has_value());
        const MessageType* type =
            find_message_type(MessageKind::response, static_cast<std::int16_t>(key));
        REQUIRE(type != nullptr);
        Reader reader(response->body);
        const auto message = AnyMessage::decode(*type, reader, version);
        REQUIRE(message.has_value());
        REQUIRE(Json::parse(message->to_json_text(version)) == line["response_json"]);
        REQUIRE(message->encode(version) == response->body);
        ++answers;
    });
    fmt::print("probe: {} answers\n", answers);
    if (answers == 0) WARN("no golden data");
}

TEST_CASE("header versions follow from the API and its version as in Kafka") {
    std::ifstream in(golden::golden_folder() / "wire/headers.json");
    if (!in) {
        WARN("no golden data");
        return;
    }
    for (const Json& api : Json::parse(in)["apis"]) {
        const ApiKey key{api["apiKey"].get<std::int16_t>()};
        if (find_api(key) == nullptr && static_cast<int>(key) != 7) continue;
        for (const Json& row : api["versions"]) {
            const auto version = row["version"].get<std::int16_t>();
            INFO(fmt::format("{} v{}", api["name"].get<std::string>(), version));
            REQUIRE(request_header_version(key, version) == row["requestHeader"].get<int>());
            REQUIRE(response_header_version(key, version) == row["responseHeader"].get<int>());
        }
    }
}

}  // namespace
}  // namespace gregor::protocol
