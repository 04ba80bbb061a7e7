// Whole clusters in storms: without a bug nothing is ever seen.
#include "tests/unit/checkers/cluster_storm.h"
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
