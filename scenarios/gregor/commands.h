// The subcommands of gregor. Each adds itself to the command line and leaves its exit code.
#pragma once

namespace CLI {
class App;
}

namespace gregor::scenarios {

struct GregorProgram;

/// run SCENARIO|FILE.toml: many seeds, a verdict.
void add_run_command(CLI::App& app, const GregorProgram& program, int& exit_code);
/// replay SCENARIO|FILE.toml --seed S: one seed again, exactly, with its trace.
void add_replay_command(CLI::App& app, const GregorProgram& program, int& exit_code);
/// shrink SCENARIO|FILE.toml --seed S: the plan of a failing run, made small.
void add_shrink_command(CLI::App& app, const GregorProgram& program, int& exit_code);
/// runs, report: what the run store holds.
void add_runs_commands(CLI::App& app, const GregorProgram& program, int& exit_code);
/// check FILE: a history of clients, judged.
void add_check_command(CLI::App& app, int& exit_code);
/// list, bugs, faults, plan.
void add_list_commands(CLI::App& app, const GregorProgram& program, int& exit_code);

}  // namespace gregor::scenarios
