// Requests that nobody would send: random bodies and random values in every listed API and version.
// The node may refuse, answer or close; it must live on and go on serving the others.
#include "broker/protocol/any_message.h"
#include "sim/base/random.h"
#include "tests/support/catch.h"
#include "tests/unit/server/node_world.h"

using namespace gregor;
using namespace gregor::server::test;

namespace {

constexpr int kRounds = 20;
constexpr std::size_t kMostElements = 3;
constexpr std::size_t kMostJunk = 80;

Bytes junk(Random& random) {
    ByteBuffer body;
    const std::size_t size = random.below(kMostJunk);
    for (std::size_t i = 0; i < size; ++i) {
        body.push_back(static_cast<std::uint8_t>(random.below(256)));
    }
    return std::move(body).freeze();
}

Bytes frame_of(const protocol::ApiInfo& api, std::int16_t version, const Bytes& body) {
    protocol::RequestHeader header;
    header.request_api_key = api.key;
    header.request_api_version = version;
    header.client_id = "nobody";
    ByteBuffer frame = protocol::detail::begin_request(header);
    frame.append(body);
    protocol::detail::end_frame(frame, 0);
    return std::move(frame).freeze();
}

/// Sends it and waits a moment for whatever comes.
void send(Runtime& runtime, const Bytes& frame) {
    auto connection = *runtime.network().connect(kNode);
    REQUIRE(connection->write(frame).has_value());
    ByteBuffer answer;
    (void)connection->read(answer, 4, 65536, runtime.clock().now() + 50ms);
}

}  // namespace

TEST_CASE("a node outlives random bodies and random values in every API that it lists") {
    NodeWorld world;
    Random random(20);
    std::size_t sent = 0;
    world.as_client([&](Runtime& runtime) {
        rpc::Client client(runtime, {});
        connect(runtime, client);
        const auto listed = client.api_versions(kNever);
        REQUIRE(listed.has_value());
        for (const auto& entry : listed->api_keys) {
            const auto& api = *protocol::find_api(protocol::ApiKey{entry.api_key});
            const auto* type =
                protocol::find_message_type(protocol::MessageKind::request, entry.api_key);
            for (std::int16_t v = api.served.min; v <= api.served.max; ++v) {
                for (int round = 0; round < kRounds; ++round) {
                    const Bytes values =
                        protocol::AnyMessage::random(*type, v, random, kMostElements).encode(v);
                    send(runtime, frame_of(api, v, values));
                    send(runtime, frame_of(api, v, junk(random)));
                    sent += 2;
                }
            }
        }
        const auto again = client.api_versions(kNever);
        REQUIRE(again.has_value());
        REQUIRE(again->api_keys == listed->api_keys);
    });
    REQUIRE(sent > 1000);
    REQUIRE(!world.node().failure().has_value());
}
