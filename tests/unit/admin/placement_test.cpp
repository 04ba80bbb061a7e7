#include "clients/admin/replica_placement.h"

#include <rapidcheck.h>

#include <algorithm>
#include <map>

#include "tests/support/catch.h"

using namespace gregor;
using namespace gregor::admin;

namespace {

std::vector<PlacementBroker> brokers(const std::vector<std::string>& racks) {
    std::vector<PlacementBroker> made;
    for (std::size_t i = 0; i < racks.size(); ++i) {
        made.push_back({NodeId(static_cast<std::int32_t>(i)), racks[i]});
    }
    return made;
}

std::size_t distinct(const Replicas& replicas) {
    return std::set<NodeId>(replicas.begin(), replicas.end()).size();
}

}  // namespace

TEST_CASE("replicas are on distinct brokers, and leaders and followers are spread evenly") {
    REQUIRE(rc::check([] {
        const auto count = *rc::gen::inRange<std::size_t>(1, 9);
        const auto factor = *rc::gen::inRange<std::size_t>(1, count + 1);
        const std::size_t turns = *rc::gen::inRange<std::size_t>(1, 6);
        Random random(*rc::gen::arbitrary<std::uint64_t>());
        const auto placed =
            place_replicas(brokers(std::vector<std::string>(count)), count * turns, factor, random);
        std::map<NodeId, std::size_t> leads;
        std::map<NodeId, std::size_t> holds;
        for (const Replicas& replicas : placed) {
            RC_ASSERT(replicas.size() == factor);
            RC_ASSERT(distinct(replicas) == factor);
            ++leads[replicas.front()];
            for (const NodeId replica : replicas) ++holds[replica];
        }
        for (const auto& [broker, partitions] : leads) RC_ASSERT(partitions == turns);
        for (const auto& [broker, partitions] : holds) RC_ASSERT(partitions == turns * factor);
    }));
}

TEST_CASE("no two replicas share a rack while there are others") {
    REQUIRE(rc::check([] {
        const auto racks = *rc::gen::container<std::vector<std::string>>(
            6, rc::gen::element<std::string>("a", "b", "c"));
        const std::size_t different = std::set<std::string>(racks.begin(), racks.end()).size();
        const auto factor = *rc::gen::inRange<std::size_t>(1, 7);
        Random random(*rc::gen::arbitrary<std::uint64_t>());
        for (const Replicas& replicas : place_replicas(brokers(racks), 12, factor, random)) {
            std::set<std::string> used;
            for (const NodeId replica : replicas) {
                used.insert(racks[static_cast<std::size_t>(replica.value())]);
            }
            RC_ASSERT(distinct(replicas) == factor);
            RC_ASSERT(used.size() == std::min(different, factor));
        }
    }));
}

TEST_CASE("partitions of one leader have different followers") {
    Random random(7);
    const auto placed = place_replicas(brokers({"", "", "", ""}), 12, 2, random);
    for (std::size_t i = 0; i < 4; ++i) {
        REQUIRE(placed[i].front() == placed[i + 4].front());
        REQUIRE(placed[i] != placed[i + 4]);
        REQUIRE(placed[i] != placed[i + 8]);
        REQUIRE(placed[i + 4] != placed[i + 8]);
    }
}
