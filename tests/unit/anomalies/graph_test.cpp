// Strongly connected components and shortest ways, against graphs that show on paper what they are.
#include "scenarios/checkers/anomalies/graph.h"

#include "tests/support/catch.h"

using namespace gregor::scenarios;

namespace {

constexpr EdgeKinds kA = 1;
constexpr EdgeKinds kB = 2;

using Ids = std::vector<Id>;

}  // namespace

TEST_CASE("what reaches each other in both directions is one component") {
    // 0 -> 1 -> 2 -> 0, 2 -> 3 <-> 4, 5 alone
    const Graph graph(6, {{0, 1, kA}, {1, 2, kA}, {2, 0, kA}, {2, 3, kA}, {3, 4, kA}, {4, 3, kA}});
    const auto found = graph.components(kA);
    REQUIRE(found.members == std::vector<Ids>{{3, 4}, {0, 1, 2}});
    REQUIRE(found.are_together(0, 2));
    REQUIRE_FALSE(found.are_together(2, 3));
    REQUIRE(found.of[5] == kNone);
}

TEST_CASE("only edges of the asked kinds count") {
    const Graph graph(2, {{0, 1, kA}, {1, 0, kB}});
    REQUIRE(graph.components(kA).members.empty());
    REQUIRE(graph.components(kA | kB).members.size() == 1);
}

TEST_CASE("the way is a shortest one, and stays inside the component") {
    // 0 -> 1 -> 2 -> 3 -> 0 and a short cut 1 -> 3
    const Graph graph(4, {{0, 1, kA}, {1, 2, kA}, {2, 3, kA}, {3, 0, kA}, {1, 3, kB}});
    const auto inside = graph.components(kA | kB);
    REQUIRE(graph.way(0, 3, kA | kB, inside).size() == 2);
    REQUIRE(graph.way(0, 3, kA, inside).size() == 3);
    REQUIRE(graph.way(3, 2, kB, inside).empty());
}

TEST_CASE("a component of a million nodes is found without recursion") {
    constexpr Id kNodes = 1'000'000;
    std::vector<Edge> edges;
    for (Id node = 0; node < kNodes; ++node) edges.push_back({node, (node + 1) % kNodes, kA});
    const Graph graph(kNodes, std::move(edges));
    const auto found = graph.components(kA);
    REQUIRE(found.members.size() == 1);
    REQUIRE(found.members[0].size() == kNodes);
}
