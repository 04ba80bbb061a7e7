// gregor list, bugs, faults and plan: what there is.
#include <CLI/CLI.hpp>
#include <fstream>
#include <memory>

#include "scenarios/gregor/commands.h"
#include "scenarios/gregor/target.h"

namespace gregor::scenarios {
namespace {

struct PlanCommand {
    TargetOptions target;
    std::uint64_t seed = 1;
    std::string file;
};

int print_plan(const PlanCommand& command) {
    const auto options = resolve(command.target);
    if (!options) {
        fmt::print(stderr, "gregor plan: {}\n", options.error());
        return 254;
    }
    const std::string text =
        simulated::to_toml(plan_for(*options, options->plan ? options->first_seed : command.seed));
    if (command.file.empty()) {
        fmt::print("{}", text);
        return 0;
    }
    std::ofstream file(command.file);
    file << text;
    if (!file.flush()) {
        fmt::print(stderr, "gregor plan: cannot write {}\n", command.file);
        return 255;
    }
    return 0;
}

}  // namespace

void add_list_commands(CLI::App& app, const GregorProgram& program, int& exit_code) {
    app.add_subcommand("list", "Lists the scenarios")->callback([&program] {
        for (const Scenario* scenario : program.scenarios) {
            fmt::print("{:20} {}\n", scenario->name(), scenario->summary());
        }
    });
    app.add_subcommand("bugs", "Lists the planted bugs")->callback([] {
        for (const PlantedBugInfo& bug : planted_bugs()) {
            fmt::print("{:32} {}\n", bug.name, bug.text);
        }
    });
    app.add_subcommand("faults", "Lists the kinds of faults")->callback([] {
        for (std::size_t i = 0; i < simulated::kFaultKinds; ++i) {
            const auto kind = static_cast<simulated::FaultKind>(i);
            fmt::print("{:24} {}\n", name(kind), simulated::describe(kind));
        }
    });
    auto command = std::make_shared<PlanCommand>();
    CLI::App* plan_app = app.add_subcommand("plan", "Prints the plan that a seed is expanded into");
    add_target_options(*plan_app, program, command->target);
    plan_app->add_option("--seed", command->seed, "The seed (1)");
    plan_app->add_option("--save", command->file, "Writes it to this file");
    plan_app->callback([command, &exit_code] { exit_code = print_plan(*command); });
}

}  // namespace gregor::scenarios
