#include "scenarios/testing/pipeline_test.h"

#include <array>

#include "tests/support/catch.h"

namespace gregor::testing {
namespace {

/// The command line of a program with this one test.
int run_list(PipelineTest test) {
    std::string program = "program";
    std::string verb = "list";
    std::array<char*, 2> arguments{program.data(), verb.data()};
    return run({std::move(test)}, std::ssize(arguments), arguments.data());
}

PipelineTest whole() {
    return {.name = "copy", .input = "in", .output = "out", .program = [](Instance&) {}};
}

TEST_CASE("a test that cannot be run is refused before anything runs") {
    REQUIRE(run_list(whole()) == 0);
    PipelineTest test = whole();
    test.name.clear();
    REQUIRE(run_list(test) == 254);
    test = whole();
    test.output = test.input;
    REQUIRE(run_list(test) == 254);
    test = whole();
    test.program = nullptr;
    REQUIRE(run_list(test) == 254);
    test = whole();
    test.instances = 0;
    REQUIRE(run_list(test) == 254);
}

}  // namespace
}  // namespace gregor::testing
