// The coordinator's assignors (KIP-848), held against what Kafka's own gave: the same partitions
// for the same members; where theirs left it to the order of a Java hash map, as balanced and as
// sticky.
#include "broker/coordinator/consumer/server_assignor.h"
#include "tests/support/catch.h"
#include "tests/support/golden.h"

using namespace gregor;
using namespace gregor::coordinator;
using golden::Json;

namespace {

protocol::TopicId topic_id_of(const Json& line, const std::string& topic) {
    return *protocol::parse_uuid(line["topics"][topic]["topicId"].get<std::string>());
}

/// {"t1":[0,1]}
TopicPartitions partitions_of(const Json& line, const Json& by_topic) {
    TopicPartitions partitions;
    for (const auto& [topic, numbers] : by_topic.items()) {
        for (const Json& number : numbers) {
            partitions[topic_id_of(line, topic)].emplace(number.get<int>());
        }
    }
    return partitions;
}

AssignedMembers members_of(const Json& line) {
    AssignedMembers members;
    for (const Json& member : line["members"]) {
        AssignedMember& each = members[member["memberId"].get<std::string>()];
        if (!member["groupInstanceId"].is_null()) each.instance_id = member["groupInstanceId"];
        for (const Json& topic : member["topics"]) {
            each.subscribed.insert(topic_id_of(line, topic.get<std::string>()));
        }
        each.current = partitions_of(line, member["current"]);
    }
    return members;
}

PartitionCounts counts_of(const Json& line) {
    PartitionCounts counts;
    for (const auto& [topic, described] : line["topics"].items()) {
        counts[topic_id_of(line, topic)] = described["partitions"].get<int>();
    }
    return counts;
}

Targets expected_of(const Json& line) {
    Targets expected;
    for (const auto& [member, by_topic] : line["assignment"].items()) {
        expected[member] = partitions_of(line, by_topic);
    }
    return expected;
}

std::size_t imbalance(const Targets& targets) {
    std::size_t squares = 0;
    for (const auto& [member, partitions] : targets) {
        squares += count(partitions) * count(partitions);
    }
    return squares;
}

std::size_t kept(const Targets& targets, const AssignedMembers& members) {
    std::size_t total = 0;
    for (const auto& [id, member] : members) {
        total += count(intersection(targets.at(id), member.current));
    }
    return total;
}

TopicPartitions all_of(const Targets& targets) {
    TopicPartitions all;
    std::size_t total = 0;
    for (const auto& [member, partitions] : targets) {
        add(all, partitions);
        total += count(partitions);
    }
    REQUIRE(count(all) == total);  // none twice
    return all;
}

void require_legal(const Targets& targets, const AssignedMembers& members) {
    for (const auto& [id, partitions] : targets) {
        for (const auto& [topic_id, numbers] : partitions) {
            REQUIRE(members.at(id).subscribed.contains(topic_id));
        }
    }
}

void compare(const std::string& name) {
    const std::string path = "assignors/server-" + name + ".jsonl";
    const ServerAssignor* const assignor = find_server_assignor(name);
    REQUIRE(assignor != nullptr);
    golden::Differences differences;
    std::size_t compared = 0;
    std::size_t as_good = 0;
    for (const Json& line : golden::golden_lines(path)) {
        ++compared;
        const AssignedMembers members = members_of(line);
        const Targets ours = assignor->assign(members, counts_of(line));
        Targets theirs = expected_of(line);
        for (const auto& [id, member] : members) theirs[id];
        require_legal(ours, members);
        REQUIRE(all_of(ours) == all_of(theirs));
        if (ours == theirs) continue;
        // range has no choice; uniform's depends on the order of Java hash maps, of topics too.
        const bool is_free = name == "uniform";
        const bool is_as_good =
            imbalance(ours) < imbalance(theirs) ||
            (imbalance(ours) == imbalance(theirs) && kept(ours, members) >= kept(theirs, members));
        if (is_free && is_as_good) {
            ++as_good;
            continue;
        }
        differences.add(fmt::format("case {} round {} ({}, {}): squares {} for {}, kept {} for {}",
                                    line["case"].get<int>(), line["round"].get<int>(),
                                    line["change"].get<std::string>(),
                                    line["subscriptionType"].get<std::string>(), imbalance(ours),
                                    imbalance(theirs), kept(ours, members), kept(theirs, members)));
    }
    golden::print_compared(path, compared);
    fmt::print("{}: {} differences, {} others as good\n", path, differences.count(), as_good);
    INFO(differences.summary());
    REQUIRE(differences.count() == 0);
}

}  // namespace

TEST_CASE("the coordinator's range assigns as Kafka's does") { compare("range"); }
TEST_CASE("the coordinator's uniform assigns as Kafka's does") { compare("uniform"); }
