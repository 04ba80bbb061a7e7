// wire/*.jsonl: one message a line, at every version, with the bytes and the JSON that Kafka's
// generated classes give.
#include <fmt/format.h>

#include <set>

#include "broker/protocol/any_message.h"
#include "tests/support/catch.h"
#include "tests/support/golden.h"

namespace gregor::protocol {
namespace {

using golden::Differences;
using golden::Json;

// Schemas of Kafka that Gregor does not have.
const std::set<std::string, std::less<>> kLeftOut = {
    // ZooKeeper's RPCs, gone in 4.0.
    "ControlledShutdownRequest", "ControlledShutdownResponse", "LeaderAndIsrRequest",
    "LeaderAndIsrResponse", "StopReplicaRequest", "StopReplicaResponse", "UpdateMetadataRequest",
    "UpdateMetadataResponse",
    // Tiered storage's own topic.
    "RemoteLogSegmentMetadataRecord", "RemoteLogSegmentMetadataSnapshotRecord",
    "RemoteLogSegmentMetadataUpdateRecord", "RemotePartitionDeleteMetadataRecord"};

Bytes joined(const std::vector<Piece>& pieces) {
    ByteBuffer all;
    for (const Piece& piece : pieces) all.append(std::get<Bytes>(piece));
    return std::move(all).freeze();
}

void compare(const MessageType& type, const Json& line, Differences& differences) {
    const auto version = line["version"].get<std::int16_t>();
    const Bytes bytes = golden::from_hex(line["hex"].get<std::string>());
    const auto differs = [&](std::string_view what, std::string_view detail) {
        differences.add(fmt::format("{} v{} {}: {}: {}", type.info.name, version,
                                    line["variant"].get<std::string>(), what, detail));
    };
    if (type.info.is_flexible(version) != line["flexible"].get<bool>()) differs("flexible", "");

    Reader reader(bytes);
    const Result<AnyMessage, DecodeError> message = AnyMessage::decode(type, reader, version);
    if (!message) return differs("decode", to_string(message.error()));
    if (reader.remaining() != 0) differs("bytes left", std::to_string(reader.remaining()));

    const std::string text = message->to_json_text(version);
    if (Json::parse(text) != line["json"]) differs("json", text + "\n  " + line["json"].dump());
    const Bytes again = message->encode(version);
    if (again != bytes) differs("bytes", to_hex(again) + "\n  " + to_hex(bytes));
    if (message->encoded_size(version) != bytes.size()) differs("size", "");
    if (joined(message->encode_pieces(version)) != bytes) differs("pieces", "");
    if (line["variant"] == "default" && AnyMessage(type).encode(version) != bytes) {
        differs("default", AnyMessage(type).to_json_text(version) + "\n  " + line["json"].dump());
    }
}

TEST_CASE("every message reads as Kafka's JSON says and is written to the same bytes") {
    Differences differences;
    std::size_t files = 0;
    std::size_t lines = 0;
    std::set<std::string> left_out;
    for (const auto& file : golden::golden_files("wire")) {
        const MessageType* type = find_message_type(file.stem().string());
        if (type == nullptr) {
            left_out.insert(file.stem().string());
            if (!kLeftOut.contains(file.stem().string())) {
                differences.add("no such message: " + file.stem().string());
            }
            continue;
        }
        ++files;
        lines += golden::for_each_line(
            file, [&](const Json& line) { compare(*type, line, differences); });
    }
    fmt::print("wire: {} files, {} lines compared, {} differences; {} files left out\n", files,
               lines, differences.count(), left_out.size());
    if (files == 0) WARN("no golden data");
    INFO(differences.summary());
    REQUIRE(differences.count() == 0);
}

TEST_CASE("a metadata record's frame is its frame version, id and version before the body") {
    std::size_t frames = 0;
    for (const auto& file : golden::golden_files("wire")) {
        const MessageType* type = find_message_type(file.stem().string());
        if (type == nullptr || type->info.kind != MessageKind::metadata_record) continue;
        golden::for_each_line(file, [&](const Json& line) {
            Reader reader(golden::from_hex(line["framedHex"].get<std::string>()));
            REQUIRE(reader.unsigned_varint() == 1);
            REQUIRE(reader.unsigned_varint() == static_cast<std::uint32_t>(type->info.id));
            REQUIRE(reader.unsigned_varint() == line["version"].get<std::uint32_t>());
            REQUIRE(to_hex(reader.view(reader.remaining())) == line["hex"].get<std::string>());
            ++frames;
        });
    }
    if (frames == 0) WARN("no golden data");
}

}  // namespace
}  // namespace gregor::protocol
