// What Kafka's clients and a real broker said to each other about groups, said again to a node of
// ours, request by request in the recorded order and on connections of the same number: each answer
// must be Kafka's, but for what is drawn anew. A member id of ours takes the place of the one that
// Kafka gave at the same point; both are a client id and a uuid.
#include <map>
#include <set>

#include "tests/golden/answers/answer_tree.h"
#include "tests/support/catch.h"
#include "tests/support/golden.h"
#include "tests/unit/server/node_world.h"

using namespace gregor;
using namespace gregor::server::test;
using golden::Json;
using protocol::ApiKey;

namespace {

const std::set<ApiKey> kCompared{
    ApiKey::find_coordinator, ApiKey::join_group,    ApiKey::sync_group,   ApiKey::heartbeat,
    ApiKey::leave_group,      ApiKey::offset_commit, ApiKey::offset_fetch, ApiKey::describe_groups,
    ApiKey::list_groups,      ApiKey::delete_groups};

/// Member ids, Kafka's and ours, of the same length.
class MemberIds {
public:
    void learn(const Json& theirs, const Json& ours) {
        if (!theirs.contains("memberId") || !ours.contains("memberId")) return;
        const std::string id = theirs["memberId"];
        const std::string own = ours["memberId"];
        if (id.empty() || id.size() != own.size()) return;  // it shows as a difference
        ours_.try_emplace(id, own);
    }
    /// A request of Kafka's client, as ours would have been.
    [[nodiscard]] Bytes in_ours(std::string frame) const {
        for (const auto& [id, own] : ours_) replace(frame, id, own);
        return Bytes::copy_of(frame);
    }
    [[nodiscard]] Json in_theirs(const Json& answer) const {
        std::string text = answer.dump();
        for (const auto& [id, own] : ours_) replace(text, own, id);
        return Json::parse(text);
    }

private:
    static void replace(std::string& text, const std::string& from, const std::string& to) {
        for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos;) {
            text.replace(at, from.size(), to);
            at += to.size();
        }
    }
    std::map<std::string, std::string> ours_;
};

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

Bytes read_frame(Runtime& runtime, Connection& connection) {
    const Instant deadline = runtime.clock().now() + 10s;
    ByteBuffer frame;
    REQUIRE(connection.read(frame, 4, 4, deadline).has_value());
    const auto size =
        static_cast<std::size_t>(protocol::detail::load_big_endian<std::int32_t>(frame.data()));
    REQUIRE(connection.read(frame, size, size, deadline).has_value());
    return std::move(frame).freeze();
}

class Replay {
public:
    explicit Replay(Runtime& runtime) : runtime_(runtime) {}

    void take(const Json& line) {
        if (!line.contains("apiKey") || line["apiKey"].is_null()) return;
        const ApiKey key{line["apiKey"].get<std::int16_t>()};
        const bool is_ours = kCompared.contains(key) || key == ApiKey::create_topics;
        if (!is_ours) return;
        const int number = line["conn"];
        const Bytes frame = golden::from_hex(line["hex"].get<std::string>());
        auto& connection = connections_[number];
        if (connection == nullptr) connection = *runtime_.network().connect(kNode);
        if (line["dir"] == "req") {
            REQUIRE(connection->write(ids_.in_ours(std::string(frame.text()))).has_value());
            // The next may come by another connection.
            return runtime_.clock().sleep_for(100ms);
        }
        const Bytes answer = read_frame(runtime_, *connection);
        if (kCompared.contains(key)) compare(line, key, frame, answer);
    }

    void print() const { fmt::print("flows: {} answers about groups compared\n", compared_); }
    [[nodiscard]] const golden::Differences& differences() const { return differences_; }
    [[nodiscard]] std::size_t compared() const { return compared_; }

private:
    void compare(const Json& line, ApiKey key, const Bytes& theirs, const Bytes& ours) {
        const std::int16_t version = line["version"];
        auto their_tree = *tests::answer_tree(theirs, key, version);
        auto our_tree = *tests::answer_tree(ours, key, version);
        ids_.learn(their_tree, our_tree);
        our_tree = ids_.in_theirs(our_tree);
        forget_surroundings(their_tree);
        forget_surroundings(our_tree);
        const std::string difference = tests::first_difference(our_tree, their_tree);
        if (!difference.empty()) {
            differences_.add(fmt::format("line {}: {}{}", line["seq"].dump(),
                                         line["api"].get<std::string>(), difference));
        }
        ++compared_;
    }

    Runtime& runtime_;
    std::map<int, std::shared_ptr<Connection>> connections_;
    MemberIds ids_;
    golden::Differences differences_;
    std::size_t compared_ = 0;
};

}  // namespace

TEST_CASE("what Kafka's clients say about classic groups is answered as Kafka did") {
    std::vector<Json> lines;
    golden::for_each_line(golden::golden_folder() / "flows" / "group-classic.jsonl",
                          [&](const Json& line) { lines.push_back(line); });
    // A sample of the lines is no conversation.
    const bool is_whole = !lines.empty() && lines.back()["seq"] == lines.size();
    if (!is_whole) {
        WARN("no golden data");
        return;
    }
    NodeWorld world;
    world.as_client([&](Runtime& runtime) {
        rpc::Client first(runtime, {});
        connect(runtime, first);
        Replay replay(runtime);
        for (const Json& line : lines) replay.take(line);
        replay.print();
        INFO(replay.differences().summary());
        REQUIRE(replay.differences().count() == 0);
        REQUIRE(replay.compared() > 40);
    });
}
