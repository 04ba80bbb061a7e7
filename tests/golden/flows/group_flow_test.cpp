// What Kafka's clients and a real broker said to each other about groups, said again to a node of
// ours: each answer must be Kafka's, but for what is drawn anew.
#include "tests/golden/flows/flow_replay.h"

using namespace gregor;
using namespace gregor::server::test;
using golden::Json;
using protocol::ApiKey;

namespace {

const std::set<ApiKey> kCompared{
    ApiKey::find_coordinator, ApiKey::join_group,    ApiKey::sync_group,   ApiKey::heartbeat,
    ApiKey::leave_group,      ApiKey::offset_commit, ApiKey::offset_fetch, ApiKey::describe_groups,
    ApiKey::list_groups,      ApiKey::delete_groups};

/// Where the client was, and groups of other recordings.
void forget_surroundings(Json& answer) {
    if (answer.contains("groups")) {
        std::erase_if(answer["groups"].get_ref<Json::array_t&>(), [](const Json& group) {
            return group.contains("groupId") &&
                   !group["groupId"].get<std::string>().starts_with("fg-");
        });
        for (Json& group : answer["groups"]) {
            if (!group.contains("members")) continue;
            for (Json& member : group["members"]) member.erase("clientHost");
        }
    }
    // The list of members is told in the order of a Java hash map.
    if (answer.contains("members")) {
        auto& members = answer["members"].get_ref<Json::array_t&>();
        std::ranges::sort(members, {}, [](const Json& member) { return member.dump(); });
    }
}

}  // namespace

TEST_CASE("what Kafka's clients say about classic groups is answered as Kafka did") {
    const std::vector<Json> lines = tests::flow_lines("group-classic.jsonl");
    if (lines.empty()) {
        WARN("no golden data");
        return;
    }
    NodeWorld world;
    world.as_client([&](Runtime& runtime) {
        rpc::Client first(runtime, {});
        connect(runtime, first);
        tests::FlowReplay replay(runtime, {.compared = kCompared,
                                           .asked = {ApiKey::create_topics},
                                           .forget_surroundings = forget_surroundings});
        for (const Json& line : lines) replay.take(line);
        fmt::print("flows: {} answers about groups compared\n", replay.compared());
        INFO(replay.differences().summary());
        REQUIRE(replay.differences().count() == 0);
        REQUIRE(replay.compared() > 40);
    });
}
