// gregor shrink: the plan of a failing run, made small. Each candidate is a campaign of one run, so
// that one which ends its process ends a worker and is a failure like any other.
#include <CLI/CLI.hpp>
#include <fstream>
#include <memory>

#include "scenarios/gregor/commands.h"
#include "scenarios/gregor/shrinker.h"
#include "scenarios/gregor/target.h"

namespace gregor::scenarios {
namespace {

using simulated::Plan;

struct ShrinkCommand {
    TargetOptions target;
    std::optional<std::uint64_t> seed;
    std::string file;
    std::uint64_t budget = 400;
    bool any = false;
};

/// A process that has ended cannot say when.
Failure failure_of(const Violation& violation) {
    if (violation.at == Instant{}) return {};
    return {violation.at.time_since_epoch()};
}

/// What is kept is also what a file gives back.
bool is_valid(const Scenario& scenario, const Plan& plan) {
    return scenario.check_plan(plan).has_value() &&
           simulated::parse_plan(simulated::to_toml(plan)).has_value();
}

/// The smallest plan so far is always in the file; an empty name: there is none.
bool save(const std::string& name, const Plan& plan) {
    if (name.empty()) return true;
    std::ofstream file(name);
    file << simulated::to_toml(plan);
    return static_cast<bool>(file.flush());
}

void print_step(const ShrinkStep& step) {
    fmt::print(stderr, "run {}: smaller in {}; {} faults, {}\n", step.runs, step.what,
               step.plan.faults.size(), to_string(step.plan.duration));
}

/// What is left of the target's arguments once its plan is in a file.
std::string arguments_with(const std::string& file, const TargetOptions& target) {
    TargetOptions saved;
    saved.target = file;
    saved.planted = target.planted;
    saved.muted = target.muted;
    return arguments_of(saved);
}

void print_result(const ShrinkCommand& command, const Plan& failing, const Shrunk& shrunk,
                  const Violation& violation) {
    fmt::print("{}\n", simulated::to_toml(shrunk.plan));
    fmt::print("{} runs, {} of {} faults left{}\n", shrunk.runs, shrunk.plan.faults.size(),
               failing.faults.size(),
               shrunk.is_minimal ? "" : "; more --budget may make it smaller");
    fmt::print("{} violated at {}: {}\n", violation.invariant, to_string(violation.at),
               violation.message);
    if (command.file.empty()) fmt::print("save this plan as small.toml, or give --save\n");
    fmt::print("replay: {} replay {} --trace\n", command.target.program->name,
               arguments_with(command.file.empty() ? "small.toml" : command.file, command.target));
}

int usage_error(const std::string& what) {
    fmt::print(stderr, "gregor shrink: {}\n", what);
    return 254;
}

int shrink_plan(const ShrinkCommand& command) {
    const auto options = resolve(command.target);
    if (!options) return usage_error(options.error());
    const Plan failing = plan_for(*options, command.seed.value_or(options->first_seed));
    const RunReport report = run_alone(*options, failing);
    if (!report.violation) {
        return usage_error(
            fmt::format("seed {} violates nothing (its verdict: {}); there is nothing to shrink",
                        failing.seed, name(report.verdict)));
    }
    if (!save(command.file, failing)) return usage_error("cannot write " + command.file);

    const std::string kind = kind_of(*report.violation);
    Violation violation = *report.violation;
    fmt::print(stderr, "{} violated at {}; {} faults, {}\n", kind, to_string(violation.at),
               failing.faults.size(), to_string(failing.duration));
    ShrinkOptions shrink_options;
    shrink_options.budget = command.budget;
    shrink_options.is_valid = [&](const Plan& plan) { return is_valid(*options->scenario, plan); };
    shrink_options.run = [&](const Plan& plan) -> std::optional<Failure> {
        const RunReport run = run_alone(*options, plan);
        if (!run.violation || !(command.any || kind_of(*run.violation) == kind)) return {};
        violation = *run.violation;
        return failure_of(violation);
    };
    shrink_options.on_step = [&](const ShrinkStep& step) {
        print_step(step);
        (void)save(command.file, step.plan);
    };
    const Shrunk shrunk = shrink(failing, failure_of(violation), shrink_options);
    print_result(command, failing, shrunk, violation);
    if (save(command.file, shrunk.plan)) return 1;
    fmt::print(stderr, "gregor shrink: cannot write {}\n", command.file);
    return 255;
}

}  // namespace

void add_shrink_command(CLI::App& app, const GregorProgram& program, int& exit_code) {
    auto command = std::make_shared<ShrinkCommand>();
    CLI::App* shrink_app =
        app.add_subcommand("shrink", "Makes the plan of a failing run as small as it still fails");
    add_target_options(*shrink_app, program, command->target);
    shrink_app->add_option("--seed", command->seed, "The seed (a plan's file brings its own)");
    shrink_app->add_option("--save", command->file, "Keeps the smallest plan so far in this file");
    shrink_app->add_option("--budget", command->budget, "How many smaller plans to run (400)")
        ->check(CLI::NonNegativeNumber);
    shrink_app->add_flag("--any", command->any,
                         "Takes any violation, not only that of the first run");
    shrink_app->callback([command, &exit_code] { exit_code = shrink_plan(*command); });
}

}  // namespace gregor::scenarios
