#include "scenarios/testing/pipeline_test.h"

#include <deque>

#include "scenarios/cluster/cluster.h"
#include "scenarios/cluster/drawing.h"
#include "scenarios/gregor/program.h"
#include "scenarios/testing/pipeline_kind.h"

namespace gregor::testing {
namespace {

using scenarios::cluster::Drawing;

/// What is wrong with it, in words that say what to write; empty: nothing.
std::string problem(const PipelineTest& test) {
    if (test.name.empty()) return "a PipelineTest needs a name, which the command line takes";
    if (test.input.empty() || test.output.empty()) return "a PipelineTest needs input and output";
    if (test.input == test.output) return "input and output are one topic; the test needs two";
    if (!test.program) return "a PipelineTest needs a program";
    if (!test.input_of) return "input_of is empty; leave it out where keys are kept";
    if (test.instances < 1 || test.instances > kMostInstances) {
        return fmt::format("instances is {}; write 1 to {}", test.instances, kMostInstances);
    }
    return "";
}

Drawing drawing_of(const PipelineTest& test, const PipelineKind& kind) {
    return {.name = test.name,
            .summary = "the pipeline under test, its cluster and its machines under faults",
            .kinds = scenarios::cluster::faults_of_applications(),
            .one_kind_in = 2,
            .faults_min = 2,
            .faults_max = 8,
            .application = &kind,
            .floor_acknowledged = 50,
            .floor_faults = 2};
}

}  // namespace

std::string PipelineTest::key_of(const consumer::ConsumerRecord& record) {
    return record.key ? std::string(record.key->text()) : "";
}

int run(const std::vector<PipelineTest>& tests, int argc, char** argv) {
    std::deque<PipelineKind> kinds;
    std::deque<Drawing> drawings;
    std::vector<std::unique_ptr<scenarios::Scenario>> all;
    scenarios::GregorProgram program{.name = argv[0], .scenarios = {}};
    for (const PipelineTest& test : tests) {
        if (const std::string wrong = problem(test); !wrong.empty()) {
            fmt::print(stderr, "{}: {}\n", argv[0], wrong);
            return 254;
        }
        drawings.push_back(drawing_of(test, kinds.emplace_back(test)));
        all.push_back(scenarios::make_cluster(drawings.back()));
        program.scenarios.push_back(all.back().get());
    }
    return scenarios::run_program(program, argc, argv);
}

}  // namespace gregor::testing
