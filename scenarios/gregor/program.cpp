#include "scenarios/gregor/program.h"

#include <CLI/CLI.hpp>

#include "scenarios/gregor/commands.h"

namespace gregor::scenarios {

const Scenario* GregorProgram::find(std::string_view scenario) const {
    for (const Scenario* each : scenarios) {
        if (each->name() == scenario) return each;
    }
    return nullptr;
}

int run_program(const GregorProgram& program, int argc, char** argv) {
    CLI::App app{"Runs Kafka clusters in a deterministic simulator and gives a verdict.",
                 program.name};
    app.require_subcommand(1);
    int exit_code = 0;
    add_run_command(app, program, exit_code);
    add_replay_command(app, program, exit_code);
    add_shrink_command(app, program, exit_code);
    add_runs_commands(app, program, exit_code);
    add_check_command(app, exit_code);
    add_list_commands(app, program, exit_code);
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? 0 : 254;
    }
    return exit_code;
}

}  // namespace gregor::scenarios
