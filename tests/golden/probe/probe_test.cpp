// Frames that were sent to a real broker, sent to a node of ours: what closes a connection there
// closes it here, and what is answered there is answered here, in the same layout.
#include <algorithm>
#include <map>

#include "broker/protocol/any_message.h"
#include "tests/support/catch.h"
#include "tests/support/golden.h"
#include "tests/unit/server/node_world.h"

using namespace gregor;
using namespace gregor::server::test;
using golden::Json;

namespace {

std::vector<Json> probes() {
    std::vector<Json> lines;
    golden::for_each_line(golden::golden_folder() / "flows" / "probe.jsonl",
                          [&](const Json& line) { lines.push_back(line); });
    return lines;
}

/// The answer's whole frame; nothing if the node closed the connection or said nothing for 10 s.
std::optional<Bytes> exchange(Runtime& runtime, const Bytes& request) {
    auto connection = *runtime.network().connect(kNode);
    REQUIRE(connection->write(request).has_value());
    const Instant deadline = runtime.clock().now() + 10s;
    ByteBuffer answer;
    if (!connection->read(answer, 4, 4, deadline)) return std::nullopt;
    const auto size =
        static_cast<std::size_t>(protocol::detail::load_big_endian<std::int32_t>(answer.data()));
    if (!connection->read(answer, size, size, deadline)) return std::nullopt;
    return std::move(answer).freeze();
}

}  // namespace

TEST_CASE("malformed frames have the outcome that they have with Kafka") {
    const std::vector<Json> lines = probes();
    if (lines.empty()) {
        WARN("no golden data");
        return;
    }
    NodeWorld world;
    std::size_t compared = 0;
    world.as_client([&](Runtime& runtime) {
        rpc::Client first(runtime, {});
        connect(runtime, first);
        for (const Json& line : lines) {
            if (!line.contains("odd")) continue;
            INFO(line["odd"].get<std::string>());
            const auto answer =
                exchange(runtime, golden::from_hex(line["request"].get<std::string>()));
            REQUIRE(answer.has_value() == (line["outcome"] == "answered"));
            if (answer) REQUIRE(to_hex(*answer) == line["response"].get<std::string>());
            ++compared;
        }
    });
    REQUIRE(compared >= 6);
}

TEST_CASE("every request that Kafka answered and we list is answered in its version's layout") {
    const std::vector<Json> lines = probes();
    if (lines.empty()) {
        WARN("no golden data");
        return;
    }
    NodeWorld world;
    std::size_t compared = 0;
    golden::Differences differences;
    world.as_client([&](Runtime& runtime) {
        rpc::Client first(runtime, {});
        connect(runtime, first);
        const auto listed = first.api_versions(kNever);
        REQUIRE(listed.has_value());
        std::map<std::int16_t, protocol::VersionRange> ranges;
        for (const auto& api : listed->api_keys) {
            const auto served = protocol::find_api(protocol::ApiKey{api.api_key})->served;
            ranges[api.api_key] = {std::max(api.min_version, served.min), api.max_version};
        }
        for (const Json& line : lines) {
            if (line.contains("odd") || line["outcome"] != "answered") continue;
            const auto key = line["apiKey"].get<std::int16_t>();
            const auto version = line["version"].get<std::int16_t>();
            if (!ranges.contains(key) || !ranges.at(key).contains(version)) continue;
            ++compared;
            const std::string name = line["api"].get<std::string>() + " " + std::to_string(version);
            const auto answer =
                exchange(runtime, golden::from_hex(line["request"].get<std::string>()));
            if (!answer) {
                differences.add(name + ": no answer");
                continue;
            }
            const auto frame =
                protocol::decode_response_frame(answer->suffix(4), protocol::ApiKey{key}, version);
            const auto* type = protocol::find_message_type(protocol::MessageKind::response, key);
            REQUIRE(frame.has_value());
            protocol::Reader reader(frame->body);
            const auto message = protocol::AnyMessage::decode(*type, reader, version);
            if (!message || reader.remaining() != 0) {
                differences.add(name + ": not in its layout");
            }
        }
    });
    INFO(differences.summary());
    REQUIRE(differences.count() == 0);
    REQUIRE(compared >= 20);
}
