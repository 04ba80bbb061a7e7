// Buckets: which one a duration falls into, and that they add up.
#include "broker/metrics/duration_histogram.h"

#include "tests/support/catch.h"

using namespace gregor;
using gregor::metrics::DurationHistogram;

TEST_CASE("a bound belongs to the bucket below it") {
    for (std::size_t i = 0; i < DurationHistogram::kBounds.size(); ++i) {
        const Duration bound = DurationHistogram::kBounds[i].at_most;
        DurationHistogram histogram;
        histogram.record(bound);
        REQUIRE(histogram.cumulative(i) == 1);
        if (i > 0) REQUIRE(histogram.cumulative(i - 1) == 0);
        histogram.record(bound + 1ns);
        REQUIRE(histogram.cumulative(i) == 1);
        REQUIRE(histogram.count() == 2);
        REQUIRE(histogram.sum() == bound * 2 + 1ns);
    }
}

TEST_CASE("bounds rise, and their texts say the same in milliseconds") {
    Duration last{};
    for (const DurationHistogram::Bound& bound : DurationHistogram::kBounds) {
        REQUIRE(bound.at_most > last);
        last = bound.at_most;
        REQUIRE(std::stod(std::string(bound.milliseconds)) * 1e6 ==
                static_cast<double>(bound.at_most.count()));
    }
}
