// Intervals that merge.
#include "scenarios/checkers/anomalies/coverage.h"

#include "tests/support/catch.h"

using namespace gregor::scenarios;

using Ranges = std::vector<OffsetRange>;

TEST_CASE("what was covered is not missing") {
    Coverage coverage;
    coverage.add({2, 4});
    coverage.add({6, 8});
    REQUIRE(coverage.missing({0, 10}) == Ranges{{0, 2}, {4, 6}, {8, 10}});
    coverage.add({4, 6});
    REQUIRE(coverage.missing({0, 10}) == Ranges{{0, 2}, {8, 10}});
    coverage.add({0, 20});
    REQUIRE(coverage.missing({0, 10}).empty());
    REQUIRE(coverage.missing({19, 21}) == Ranges{{20, 21}});
}

TEST_CASE("ranges touch where they have an offset in common") {
    Coverage coverage;
    coverage.add({2, 4});
    REQUIRE(coverage.touches({3, 9}));
    REQUIRE(coverage.touches({0, 3}));
    REQUIRE_FALSE(coverage.touches({4, 9}));
    REQUIRE_FALSE(coverage.touches({0, 2}));
    REQUIRE_FALSE(Coverage{}.touches({0, 2}));
}
