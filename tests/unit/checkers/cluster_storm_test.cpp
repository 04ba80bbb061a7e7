// Whole clusters in storms: without a bug nothing is ever seen.
#include "tests/unit/checkers/cluster_storm.h"
#include <algorithm>

#include "sim/base/planted.h"
#include "tests/support/catch.h"

using namespace gregor;
using namespace gregor::scenarios;
using namespace gregor::scenarios::test;

namespace {

std::string verdict(const StormResult& result) {
    if (!result.violation) return "pass";
    return result.violation->invariant + ": " + result.violation->message;
}

}  // namespace

TEST_CASE("a cluster that dies, hangs and is cut apart breaks no invariant") {
    for (std::uint64_t seed = 1; seed <= 6; ++seed) {
        CAPTURE(seed);
        const StormResult result = run_storm({.seed = seed});
        REQUIRE(verdict(result) == "pass");
        REQUIRE(result.acknowledged > 100);
        REQUIRE(result.comparisons > 10'000);
        REQUIRE(result.faults > 10);
    }
}

TEST_CASE("storms show historical bugs, each by the invariant that it breaks first") {
    struct Planted {
        PlantedBug bug;
        std::string invariant;
    };
    const auto planted = GENERATE(Planted{PlantedBug::b01_truncate_to_hw, "R2"},
                                  Planted{PlantedBug::b13a_hw_advance_under_min_isr, "R5"},
                                  Planted{PlantedBug::vote_for_stale_log, "M1"});
    std::vector<std::string> found;
    plant(planted.bug, true);
    for (std::uint64_t seed = 1; seed <= 8; ++seed) {
        const StormResult result = run_storm({.seed = seed});
        if (result.violation) found.push_back(result.violation->invariant);
    }
    plant(planted.bug, false);
    REQUIRE(std::ranges::count(found, planted.invariant) > 0);
}
