// gregor: the simulator. Exit codes: 0 pass, 1 property violated, 2 undecided or vacuous,
// 3 nondeterminism, 254 usage, 255 internal.
#include <CLI/CLI.hpp>

#include "scenarios/gregor/commands.h"

int main(int argc, char** argv) {
    CLI::App app{"Runs Kafka clusters in a deterministic simulator and gives a verdict.", "gregor"};
    app.require_subcommand(1);
    int exit_code = 0;
    gregor::scenarios::add_run_command(app, exit_code);
    gregor::scenarios::add_replay_command(app, exit_code);
    gregor::scenarios::add_shrink_command(app, exit_code);
    gregor::scenarios::add_runs_commands(app, exit_code);
    gregor::scenarios::add_check_command(app, exit_code);
    gregor::scenarios::add_list_commands(app, exit_code);
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? 0 : 254;
    }
    return exit_code;
}
