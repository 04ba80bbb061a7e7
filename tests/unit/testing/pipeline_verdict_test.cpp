#include "scenarios/testing/pipeline_verdict.h"

#include "tests/support/catch.h"

namespace gregor::testing {
namespace {

PipelineVerdict with_two_inputs(Promise promise) {
    PipelineVerdict verdict(promise);
    verdict.input("a", "in-0@0");
    verdict.input("b", "in-0@1");
    return verdict;
}

TEST_CASE("one effect for each input is what was promised") {
    PipelineVerdict verdict = with_two_inputs(Promise::exactly_once);
    verdict.output("b", "out-0@0");
    REQUIRE(verdict.missing() == 1);
    REQUIRE(verdict.first_missing() == "\"a\" at in-0@0");
    verdict.output("a", "out-0@1");
    REQUIRE(verdict.missing() == 0);
    REQUIRE(verdict.first_missing().empty());
    REQUIRE_FALSE(verdict.surplus());
    REQUIRE(verdict.effects() == 2);
}

TEST_CASE("a second effect breaks exactly once, and not at least once") {
    for (const Promise promise : {Promise::exactly_once, Promise::at_least_once}) {
        PipelineVerdict verdict = with_two_inputs(promise);
        verdict.output("a", "out-0@0");
        verdict.output("a", "out-1@7");
        REQUIRE(verdict.missing() == 1);
        REQUIRE(verdict.surplus().has_value() == (promise == Promise::exactly_once));
    }
}

TEST_CASE("an effect of nothing breaks every promise") {
    for (const Promise promise : {Promise::exactly_once, Promise::at_least_once}) {
        PipelineVerdict verdict = with_two_inputs(promise);
        verdict.output("c", "out-0@0");
        REQUIRE(verdict.surplus() ==
                "effect-unfounded: out-0@0 tells of \"c\", which no input has");
    }
}

}  // namespace
}  // namespace gregor::testing
