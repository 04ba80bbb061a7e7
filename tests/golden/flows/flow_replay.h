// A conversation that Kafka's clients and a real broker had, said again to a node of ours: request
// by request in the recorded order, on connections of the same number, each answer compared with
// Kafka's. A member id or topic id of ours takes the place of the one that Kafka gave at the same
// point.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "tests/golden/answers/answer_tree.h"
#include "tests/support/catch.h"
#include "tests/support/golden.h"
#include "tests/unit/server/node_world.h"

namespace gregor::tests {

using golden::Json;
using protocol::ApiKey;

/// Member ids and topic ids, Kafka's and ours, each of the same length.
class DrawnIds {
public:
    void learn_topics(const Json& theirs, const Json& ours) {
        for (std::size_t i = 0; i < theirs["topics"].size(); ++i) {
            const std::string id = theirs["topics"][i].value("topicId", "");
            const std::string own = ours["topics"][i].value("topicId", "");
            if (id.empty()) continue;
            ours_.try_emplace(id, own);
            ours_.try_emplace(bytes_of(id), bytes_of(own));
        }
    }
    void learn(const Json& theirs, const Json& ours) {
        if (!theirs.contains("memberId") || !ours.contains("memberId")) return;
        if (theirs["memberId"].is_null() || ours["memberId"].is_null()) return;
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
    static std::string bytes_of(const std::string& topic_id) {
        const auto bytes = protocol::parse_uuid(topic_id)->bytes;
        return {bytes.begin(), bytes.end()};
    }
    static void replace(std::string& text, const std::string& from, const std::string& to) {
        for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos;) {
            text.replace(at, from.size(), to);
            at += to.size();
        }
    }
    std::map<std::string, std::string> ours_;
};

inline Bytes read_frame(Runtime& runtime, Connection& connection) {
    const Instant deadline = runtime.clock().now() + 10s;
    ByteBuffer frame;
    REQUIRE(connection.read(frame, 4, 4, deadline).has_value());
    const auto size =
        static_cast<std::size_t>(protocol::detail::load_big_endian<std::int32_t>(frame.data()));
    REQUIRE(connection.read(frame, size, size, deadline).has_value());
    return std::move(frame).freeze();
}

struct FlowRules {
    /// Those whose answers are compared, and those that are asked without comparing.
    std::set<ApiKey> compared;
    std::set<ApiKey> asked;
    /// Takes out of an answer what depends on the surroundings.
    std::function<void(Json& answer)> forget_surroundings;
    /// Whether Kafka's answer may differ at this point, as it is one of time.
    std::function<bool(ApiKey key, const Json& theirs, const Json& ours)> may_differ =
        [](ApiKey, const Json&, const Json&) { return false; };
};

class FlowReplay {
public:
    FlowReplay(Runtime& runtime, FlowRules rules) : runtime_(runtime), rules_(std::move(rules)) {}

    void take(const Json& line) {
        if (!line.contains("apiKey") || line["apiKey"].is_null()) return;
        const ApiKey key{line["apiKey"].get<std::int16_t>()};
        const bool is_ours = rules_.compared.contains(key) || rules_.asked.contains(key);
        if (!is_ours) return;
        const int number = line["conn"];
        const Bytes frame = golden::from_hex(line["hex"].get<std::string>());
        auto& connection = connections_[number];
        if (connection == nullptr) connection = *runtime_.network().connect(server::test::kNode);
        if (line["dir"] == "req") {
            REQUIRE(connection->write(ids_.in_ours(std::string(frame.text()))).has_value());
            // The next may come by another connection.
            return runtime_.clock().sleep_for(100ms);
        }
        const Bytes answer = read_frame(runtime_, *connection);
        if (key == ApiKey::create_topics) {
            const std::int16_t version = line["version"];
            ids_.learn_topics(*answer_tree(frame, key, version),
                              *answer_tree(answer, key, version));
        }
        if (rules_.compared.contains(key)) compare(line, key, frame, answer);
    }

    [[nodiscard]] const golden::Differences& differences() const { return differences_; }
    [[nodiscard]] std::size_t compared() const { return compared_; }

private:
    void compare(const Json& line, ApiKey key, const Bytes& theirs, const Bytes& ours) {
        const std::int16_t version = line["version"];
        auto their_tree = *answer_tree(theirs, key, version);
        auto our_tree = *answer_tree(ours, key, version);
        ids_.learn(their_tree, our_tree);
        our_tree = ids_.in_theirs(our_tree);
        rules_.forget_surroundings(their_tree);
        rules_.forget_surroundings(our_tree);
        const std::string difference = first_difference(our_tree, their_tree);
        if (!difference.empty() && !rules_.may_differ(key, their_tree, our_tree)) {
            differences_.add(fmt::format("line {}: {}{}", line["seq"].dump(),
                                         line["api"].get<std::string>(), difference));
        }
        ++compared_;
    }

    Runtime& runtime_;
    FlowRules rules_;
    std::map<int, std::shared_ptr<Connection>> connections_;
    DrawnIds ids_;
    golden::Differences differences_;
    std::size_t compared_ = 0;
};

/// The lines of a recording; none if it is absent, or a sample, which is no conversation.
inline std::vector<Json> flow_lines(const std::string& file) {
    std::vector<Json> lines;
    golden::for_each_line(golden::golden_folder() / "flows" / file,
                          [&](const Json& line) { lines.push_back(line); });
    const bool is_whole = !lines.empty() && lines.back()["seq"] == lines.size();
    if (!is_whole) lines.clear();
    return lines;
}

}  // namespace gregor::tests
