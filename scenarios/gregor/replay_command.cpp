// gregor replay: one seed again, exactly.
#include <CLI/CLI.hpp>
#include <fstream>
#include <memory>

#include "scenarios/gregor/commands.h"
#include "scenarios/gregor/target.h"
#include "sim/simulated/tripwire.h"

namespace gregor::scenarios {
namespace {

struct ReplayCommand {
    TargetOptions target;
    std::optional<std::uint64_t> seed;
    std::string until;
    std::string history;
    bool trace = false;
};

void print_failed_check(const CheckFailure& failure) {
    disarm_tripwire();
    fmt::print("CHECK violated: {}:{}: {} {}\n", failure.file, failure.line, failure.condition,
               failure.message);
    std::fflush(stdout);
    ::_exit(1);
}

/// Whether there is a history, and all of it is in its file.
bool check_history(const ReplayCommand& command, std::ofstream& history) {
    const bool is_empty = history.tellp() == 0;
    history.close();
    if (is_empty) {
        fmt::print(stderr, "gregor replay --history: {} keeps no history of its clients\n",
                   command.target.target);
    } else if (!history) {
        fmt::print(stderr, "gregor replay --history: cannot write {}\n", command.history);
    }
    return !is_empty && static_cast<bool>(history);
}

int replay(const ReplayCommand& command) {
    auto resolved = resolve(command.target);
    if (!resolved) {
        fmt::print(stderr, "gregor replay: {}\n", resolved.error());
        return 254;
    }
    const CampaignOptions& options = *resolved;
    RunOptions run_options{.mute = options.mute};
    if (command.trace) {
        run_options.trace = [](std::string_view line) {
            std::fwrite(line.data(), 1, line.size(), stdout);
            std::fputc('\n', stdout);
        };
    }
    if (!command.until.empty()) {
        const auto until = simulated::parse_duration(command.until);
        if (!until) {
            fmt::print(stderr, "gregor replay --until: {}\n", until.error().message);
            return 254;
        }
        run_options.until = Instant(*until);
    }
    std::ofstream history;
    if (!command.history.empty()) {
        history.open(command.history, std::ios::binary);
        if (!history) {
            fmt::print(stderr, "gregor replay: cannot write {}\n", command.history);
            return 254;
        }
        run_options.history = [&history](std::string_view line) { history << line << '\n'; };
    }
    set_check_handler(print_failed_check);
    for (const PlantedBug bug : options.planted) plant(bug, true);
    const simulated::Plan plan = plan_for(options, command.seed.value_or(options.first_seed));
    const RunReport report = run_plan(*options.scenario, plan, run_options);
    if (report.violation) {
        fmt::print("{} violated at {}: {}\n", report.violation->invariant,
                   to_string(report.violation->at), report.violation->message);
    }
    for (const auto& [id, muted] : report.muted) {
        fmt::print("{} muted, violated {} times, first at {}: {}\n", id, muted.times,
                   to_string(muted.first.at), muted.first.message);
    }
    if (!report.shortfall.empty()) fmt::print("{}\n", report.shortfall);
    fmt::print("digest {} after {} events, {} simulated\nverdict: {}\n", to_string(report.digest),
               report.digest_events, to_string(Instant(report.simulated)), name(report.verdict));
    if (!command.history.empty() && !check_history(command, history)) return 254;
    return exit_code(report.verdict);
}

}  // namespace

void add_replay_command(CLI::App& app, const GregorProgram& program, int& exit_code) {
    auto command = std::make_shared<ReplayCommand>();
    CLI::App* replay_app = app.add_subcommand("replay", "Runs one seed again, exactly");
    add_target_options(*replay_app, program, command->target);
    replay_app->add_option("--seed", command->seed, "The seed (a plan's file brings its own)");
    replay_app->add_option("--until", command->until, "Stops at this simulated time: 12s, 3500ms");
    replay_app->add_option("--history", command->history,
                           "Writes what the clients did and were told (HISTORY.md) to this file");
    replay_app->add_flag("--trace", command->trace, "Prints every event of every node");
    replay_app->callback([command, &exit_code] { exit_code = replay(*command); });
}

}  // namespace gregor::scenarios
