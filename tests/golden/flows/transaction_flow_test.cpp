// What Kafka's transactional producer and a real broker said to each other, said again to a node of
// ours: transactions that are committed, aborted, that commit a group's offsets, and a producer
// that is fenced by the next one. The clients speak as before transaction.version 2; our node's
// cluster has it.
#include "broker/protocol/messages/transactions.h"
#include "tests/golden/flows/flow_replay.h"

using namespace gregor;
using namespace gregor::server::test;
using golden::Json;
using protocol::ApiKey;

namespace {

const std::set<ApiKey> kCompared{ApiKey::init_producer_id,
                                 ApiKey::add_partitions_to_txn,
                                 ApiKey::add_offsets_to_txn,
                                 ApiKey::txn_offset_commit,
                                 ApiKey::end_txn,
                                 ApiKey::produce,
                                 ApiKey::find_coordinator,
                                 ApiKey::join_group,
                                 ApiKey::sync_group,
                                 ApiKey::leave_group,
                                 ApiKey::offset_fetch};

void forget_surroundings(Json& answer) {
    // A Produce's partitions are told in the order of a Java hash map.
    if (answer.contains("responses")) {
        for (Json& topic : answer["responses"]) {
            std::ranges::sort(topic["partitionResponses"].get_ref<Json::array_t&>(), {},
                              [](const Json& each) { return each["index"].get<int>(); });
        }
    }
    // Where the node is.
    if (answer.contains("coordinators")) {
        for (Json& each : answer["coordinators"]) {
            each.erase("host");
            each.erase("port");
        }
    }
}

/// Kafka's broker was still ending the transaction before; its client asked again.
bool is_of_time(ApiKey key, const Json& theirs, const Json& ours) {
    if (key == ApiKey::init_producer_id) return theirs["errorCode"] == 51;
    return key == ApiKey::add_partitions_to_txn && theirs.dump().find(":51") != std::string::npos &&
           ours.dump().find(":51") == std::string::npos;
}

/// Producer ids before the first that the recording was given.
void use_up_producer_ids(Runtime& runtime, rpc::Client& client, std::int64_t first) {
    for (std::int64_t next = 0; next < first;) {
        const auto answer = client.call<protocol::InitProducerIdResponse>(
            protocol::InitProducerIdRequest{.transactional_id = std::nullopt,
                                            .transaction_timeout_ms = 1000},
            4, runtime.clock().now() + 10s);
        REQUIRE(answer.has_value());
        if (answer->error_code == protocol::ErrorCode::none) next = answer->producer_id.value() + 1;
    }
}

}  // namespace

TEST_CASE("what Kafka's transactional clients say is answered as Kafka did") {
    const std::vector<Json> lines = tests::flow_lines("txn.jsonl");
    if (lines.empty()) {
        WARN("no golden data");
        return;
    }
    constexpr std::int64_t kFirstProducerId = 6;
    // When it was recorded: a log refuses records from far ahead.
    const WallTime recorded{std::chrono::milliseconds(0x193433ea800)};
    NodeWorld world({}, {.wall_start = recorded});
    world.as_client([&](Runtime& runtime) {
        rpc::Client first(runtime, {});
        connect(runtime, first);
        use_up_producer_ids(runtime, first, kFirstProducerId);
        tests::FlowReplay replay(runtime, {.compared = kCompared,
                                           .asked = {ApiKey::create_topics},
                                           .forget_surroundings = forget_surroundings,
                                           .may_differ = is_of_time});
        for (const Json& line : lines) replay.take(line);
        fmt::print("flows: {} answers about transactions compared\n", replay.compared());
        INFO(replay.differences().summary());
        REQUIRE(replay.differences().count() == 0);
        REQUIRE(replay.compared() > 30);
    });
}
