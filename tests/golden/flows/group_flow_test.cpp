// What Kafka's clients and a real broker said to each other about groups, said again to a node of
// ours: each answer must be Kafka's, but for what is drawn anew.
#include "tests/golden/flows/flow_replay.h"

using namespace gregor;
using namespace gregor::server::test;
using golden::Json;
using protocol::ApiKey;

namespace {

const std::set<ApiKey> kCompared{ApiKey::find_coordinator,
                                 ApiKey::join_group,
                                 ApiKey::sync_group,
                                 ApiKey::heartbeat,
                                 ApiKey::leave_group,
                                 ApiKey::offset_commit,
                                 ApiKey::offset_fetch,
                                 ApiKey::describe_groups,
                                 ApiKey::list_groups,
                                 ApiKey::delete_groups,
                                 ApiKey::consumer_group_heartbeat,
                                 ApiKey::consumer_group_describe};

/// What is told in the order of a Java hash map.
void sort(Json& list) {
    std::ranges::sort(list.get_ref<Json::array_t&>(), {},
                      [](const Json& each) { return each.dump(); });
}

/// Where the client was, and groups of other recordings.
void forget_surroundings(Json& answer, const std::string& groups_of_flow) {
    if (answer.contains("groups")) {
        std::erase_if(answer["groups"].get_ref<Json::array_t&>(), [&](const Json& group) {
            return group.contains("groupId") &&
                   !group["groupId"].get<std::string>().starts_with(groups_of_flow);
        });
        for (Json& group : answer["groups"]) {
            if (group.contains("topics")) {
                for (Json& topic : group["topics"]) sort(topic["partitions"]);
            }
            if (!group.contains("members")) continue;
            for (Json& member : group["members"]) member.erase("clientHost");
            sort(group["members"]);
        }
    }
    if (answer.contains("members")) sort(answer["members"]);
}

void compare_flow(const std::string& name, const std::string& groups,
                  const server::Properties& settings) {
    const std::vector<Json> lines = tests::flow_lines(name);
    if (lines.empty()) {
        WARN("no golden data");
        return;
    }
    NodeWorld world(settings);
    world.as_client([&](Runtime& runtime) {
        rpc::Client first(runtime, {});
        connect(runtime, first);
        tests::FlowReplay replay(runtime, {.compared = kCompared,
                                           .asked = {ApiKey::create_topics},
                                           .forget_surroundings = [&](Json& answer) {
                                               forget_surroundings(answer, groups);
                                           }});
        for (const Json& line : lines) replay.take(line);
        fmt::print("flows: {} answers about groups compared\n", replay.compared());
        INFO(replay.differences().summary());
        REQUIRE(replay.differences().count() == 0);
        REQUIRE(replay.compared() > 40);
    });
}

}  // namespace

TEST_CASE("what Kafka's clients say about classic groups is answered as Kafka did") {
    compare_flow("group-classic.jsonl", "fg-classic", {});
}

TEST_CASE("what Kafka's clients say about consumer groups is answered as Kafka did") {
    compare_flow("group-consumer-protocol.jsonl", "fg-consumer",
                 {{"group.consumer.assignors", "uniform,range"},
                  {"group.consumer.min.heartbeat.interval.ms", "1000"},
                  {"group.consumer.heartbeat.interval.ms", "1000"}});
}
