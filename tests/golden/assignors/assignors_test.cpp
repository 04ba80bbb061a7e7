// The client's assignors, held against what Kafka's own gave: the same partitions for the same
// members. Rounds with racks are left out (KIP-881 is not there yet) and counted.
#include <set>

#include "clients/consumer/assignor.h"
#include "clients/consumer/subscription_codec.h"
#include "tests/support/catch.h"
#include "tests/support/golden.h"

using namespace gregor;
using namespace gregor::consumer;
using golden::Json;

namespace {

TopicPartition parse_partition(const std::string& text) {
    const std::size_t dash = text.rfind('-');
    return {text.substr(0, dash), protocol::PartitionId(std::stoi(text.substr(dash + 1)))};
}

std::vector<MemberSubscription> members_of(const Json& line) {
    std::vector<MemberSubscription> members;
    for (const Json& member : line["members"]) {
        auto subscription = decode_subscription(golden::from_hex(member["subscriptionHex"]));
        REQUIRE(subscription.has_value());
        subscription->member_id = member["memberId"];
        if (!member["groupInstanceId"].is_null()) {
            subscription->group_instance_id = member["groupInstanceId"];
        }
        members.push_back(*std::move(subscription));
    }
    return members;
}

using Sets = std::map<std::string, std::set<TopicPartition>>;

Sets expected_of(const Json& line) {
    Sets expected;
    for (const auto& [member, partitions] : line["assignment"].items()) {
        auto& set = expected[member];
        for (const Json& partition : partitions) set.insert(parse_partition(partition));
    }
    return expected;
}

Sets as_sets(const GroupAssignment& assignment) {
    Sets sets;
    for (const auto& [member, partitions] : assignment) {
        auto& set = sets[member];
        set.insert(partitions.begin(), partitions.end());
        CHECK(set.size() == partitions.size(), "{} has a partition twice", member);
    }
    return sets;
}

/// As balanced, and as many partitions stay where they were. Which of two members with as much
/// keeps one more is left to the order of a Java HashMap there, and to the member ids' order here.
bool is_as_good(const Sets& ours, const Sets& theirs,
                const std::vector<MemberSubscription>& members) {
    const auto loads = [](const Sets& assignment) {
        std::multiset<std::size_t> sizes;
        for (const auto& [member, partitions] : assignment) sizes.insert(partitions.size());
        return sizes;
    };
    const auto kept = [&](const Sets& assignment) {
        std::size_t count = 0;
        for (const MemberSubscription& member : members) {
            for (const TopicPartition& each : member.owned) {
                count += assignment.at(member.member_id).count(each);
            }
        }
        return count;
    };
    return loads(ours) == loads(theirs) && kept(ours) == kept(theirs);
}

void compare(const std::string& name) {
    const std::string path = "assignors/" + name + ".jsonl";
    const Assignor* const assignor = find_assignor(name);
    REQUIRE(assignor != nullptr);
    golden::Differences differences;
    std::size_t compared = 0;
    std::size_t as_good = 0;
    std::size_t with_racks = 0;
    for (const Json& line : golden::golden_lines(path)) {
        if (line["rackAware"].get<bool>()) {
            ++with_racks;
            continue;
        }
        ++compared;
        const PartitionCounts counts = line["topics"].get<PartitionCounts>();
        const std::vector<MemberSubscription> members = members_of(line);
        const Sets ours = as_sets(assignor->assign(counts, members));
        const Sets theirs = expected_of(line);
        if (ours == theirs) continue;
        if (is_as_good(ours, theirs, members)) {
            ++as_good;
            continue;
        }
        differences.add(fmt::format("case {} round {} ({})", line["case"].get<int>(),
                                    line["round"].get<int>(), line["change"].get<std::string>()));
    }
    golden::print_compared(path, compared);
    fmt::print("{}: {} differences, {} others as good, {} lines with racks left out\n", path,
               differences.count(), as_good, with_racks);
    INFO(differences.summary());
    REQUIRE(differences.count() == 0);
}

}  // namespace

TEST_CASE("range assigns as Kafka does") { compare("range"); }
TEST_CASE("roundrobin assigns as Kafka does") { compare("roundrobin"); }
TEST_CASE("sticky assigns as Kafka does") { compare("sticky"); }
TEST_CASE("cooperative-sticky assigns as Kafka does") { compare("cooperative-sticky"); }

TEST_CASE("subscriptions and assignments come back as they went through our codec") {
    std::size_t compared = 0;
    for (const std::string name : {"range", "roundrobin", "sticky", "cooperative-sticky"}) {
        for (const Json& line : golden::golden_lines("assignors/" + name + ".jsonl")) {
            for (const Json& member : line["members"]) {
                const Bytes bytes = golden::from_hex(member["subscriptionHex"]);
                const auto subscription = decode_subscription(bytes);
                REQUIRE(subscription.has_value());
                const auto again = decode_subscription(encode_subscription(*subscription));
                REQUIRE(again->topics.size() == subscription->topics.size());
                REQUIRE(encode_subscription(*again) == encode_subscription(*subscription));
                ++compared;
            }
            for (const auto& [member, hex] : line["assignmentHex"].items()) {
                const auto assigned = decode_assignment(golden::from_hex(hex));
                REQUIRE(assigned.has_value());
                const auto again = decode_assignment(encode_assignment(*assigned));
                REQUIRE(std::set(again->begin(), again->end()) ==
                        std::set(assigned->begin(), assigned->end()));
                ++compared;
            }
        }
    }
    golden::print_compared("assignors: subscriptions and assignments", compared);
}
