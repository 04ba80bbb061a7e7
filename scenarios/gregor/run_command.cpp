// gregor run: seeds in, verdict out.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <memory>

#include "scenarios/gregor/commands.h"
#include "scenarios/gregor/recorder.h"
#include "scenarios/gregor/target.h"

namespace gregor::scenarios {
namespace {

struct RunCommand {
    TargetOptions target;
    std::uint64_t seeds = 100;
    std::optional<std::uint64_t> seed;
    std::optional<std::uint64_t> first_seed;
    std::string time_limit;
    std::string store;
    int jobs = 0;
    bool check_determinism = false;
    bool stop_at_failure = false;
    bool quiet = false;
};

/// A bar on a terminal, a plain line now and then elsewhere.
class Progress {
public:
    explicit Progress(std::uint64_t total)
        : total_(total), bar_(::isatty(STDERR_FILENO) != 0 && std::getenv("CI") == nullptr) {}

    void step(const RunReport& report) {
        ++done_;
        failed_ += report.verdict == Verdict::pass || report.verdict == Verdict::muted ? 0 : 1;
        if (bar_) {
            constexpr std::uint64_t kWidth = 40;
            const std::uint64_t filled =
                total_ == 0 ? 0 : std::min(kWidth, done_ * kWidth / total_);
            fmt::print(stderr, "\r[{:#<{}}{:.<{}}] {} runs, {} failed ", "", filled, "",
                       kWidth - filled, done_, failed_);
        } else if (total_ >= 10 && done_ % (total_ / 10) == 0) {
            fmt::print(stderr, "{} of {} runs, {} failed\n", done_, total_, failed_);
        }
    }
    void end() const {
        if (bar_) fmt::print(stderr, "\r{:80}\r", "");
    }

private:
    std::uint64_t total_;
    bool bar_;
    std::uint64_t done_ = 0;
    std::uint64_t failed_ = 0;
};

void print_counts(const CampaignReport& report) {
    fmt::print("runs {}", report.runs);
    for (const auto& [verdict, count] : report.verdicts)
        fmt::print(", {} {}", name(verdict), count);
    fmt::print("\n");
    for (const auto& [invariant, count] : report.violations) {
        fmt::print("  {} violated in {}\n", invariant, count);
    }
    for (const auto& [key, value] : report.counts) fmt::print("  {:24} {}\n", key, value);
}

void print_faults(const CampaignReport& report) {
    fmt::print("faults fired\n");
    std::string silent;
    for (std::size_t i = 0; i < simulated::kFaultKinds; ++i) {
        const auto kind = static_cast<simulated::FaultKind>(i);
        const bool enabled = std::find(report.enabled_faults.begin(), report.enabled_faults.end(),
                                       kind) != report.enabled_faults.end();
        if (report.faults.count(kind) > 0) {
            fmt::print("  {:24} {}\n", name(kind), report.faults.count(kind));
        } else if (enabled) {
            silent += (silent.empty() ? "" : ", ") + std::string(name(kind));
        }
    }
    if (!silent.empty()) fmt::print("enabled but never fired: {}\n", silent);
}

void print_probes(const CampaignReport& report) {
    std::string missed;
    std::size_t reached = 0;
    for (const auto& [probe, hits] : report.probes) {
        if (hits > 0) {
            ++reached;
        } else {
            missed += "\n  " + probe;
        }
    }
    fmt::print("probes reached: {} of {}{}{}\n", reached, report.probes.size(),
               missed.empty() ? "" : "; not reached:", missed);
}

void print_figures(const CampaignReport& report) {
    const auto cpu_ms = std::max<std::int64_t>(
        1, std::chrono::floor<std::chrono::milliseconds>(report.cpu).count());
    const auto per_second = [&](std::uint64_t count) {
        return count * 1000 / static_cast<std::uint64_t>(cpu_ms);
    };
    const auto count = [&](const char* key) {
        const auto it = report.counts.find(key);
        return it == report.counts.end() ? 0 : it->second;
    };
    const auto simulated_ms = static_cast<std::uint64_t>(
        std::chrono::floor<std::chrono::milliseconds>(report.simulated).count());
    fmt::print("checked client operations per core-second: {}\n",
               per_second(count("checked_operations")));
    fmt::print("simulated seconds per core-second: {}\n", per_second(simulated_ms) / 1000);
    fmt::print("events per core-second: {}\n", per_second(count("events")));
    fmt::print("seeds per core-hour: {}\n", per_second(report.runs * 3600));
    fmt::print("resident memory of the largest worker: {} MB\n", report.largest_worker_kb / 1000);
}

/// How a failed run is run again: by its seed, if that still draws this plan, else from the store.
std::string again(std::string_view verb, const RunCommand& command, const CampaignOptions& options,
                  const Task& task, const std::optional<std::int64_t>& id) {
    const std::string& program = command.target.program->name;
    const bool is_drawn =
        task.first_plan == Task::kDrawn || simulated::to_toml(plan_for(options, task)) ==
                                               simulated::to_toml(plan_for(options, task.seed));
    if (!is_drawn && id)
        return again_line(program, verb, *id, options_of(command.target), command.store);
    return fmt::format("{} {} {} --seed {}{}", program, verb, arguments_of(command.target),
                       task.seed, verb == "replay" ? " --trace" : "");
}

void print_failure(const RunCommand& command, const CampaignOptions& options,
                   const FailedRun& failed, const std::optional<std::int64_t>& id) {
    const RunReport& failure = failed.report;
    fmt::print("\nseed {}: {}\n", failure.seed, name(failure.verdict));
    if (failure.violation) {
        fmt::print("  {} violated at {}: {}\n", failure.violation->invariant,
                   to_string(failure.violation->at), failure.violation->message);
    }
    if (!failure.shortfall.empty()) fmt::print("  {}\n", failure.shortfall);
    if (id) fmt::print("  stored as run {}\n", *id);
    fmt::print("  replay: {}\n", again("replay", command, options, failed.task, id));
    if (failure.verdict == Verdict::violated) {
        fmt::print("  shrink: {}\n", again("shrink", command, options, failed.task, id));
    }
    fmt::print("  plan:\n{}", simulated::to_toml(plan_for(options, failed.task)));
}

void print_failures(const RunCommand& command, const CampaignOptions& options,
                    const CampaignReport& report, const std::optional<Recorder>& recorder) {
    bool first = true;
    for (const FailedRun& failed : report.failures) {
        const RunReport& failure = failed.report;
        if (first) {
            print_failure(command, options, failed,
                          recorder ? recorder->id_of(failed.task) : std::nullopt);
        } else {
            fmt::print("seed {}: {} {}\n", failure.seed, name(failure.verdict),
                       failure.violation
                           ? failure.violation->invariant + " " + failure.violation->message
                           : failure.shortfall);
        }
        first = false;
    }
}

/// Also of those that were not violated: who mutes a slip of the pen is to see it.
void print_muted(const CampaignOptions& options, const CampaignReport& report) {
    for (const std::string& id : options.mute) {
        const auto muted = report.muted.find(id);
        if (muted == report.muted.end()) {
            fmt::print("{} muted, and never violated\n", id);
            continue;
        }
        const auto& [runs, times, first_seed, first] = muted->second;
        fmt::print("{} muted, violated in {} runs, {} times\n", id, runs, times);
        fmt::print("  seed {}, at {}: {}\n", first_seed, to_string(first.at), first.message);
    }
}

/// Whether the runs are a campaign's, not the one that was asked for by seed or file.
bool draws_seeds(const RunCommand& command, const CampaignOptions& options) {
    return !command.seed && !options.plan;
}

Result<CampaignOptions, std::string> campaign_of(const RunCommand& command) {
    CampaignOptions options = TRY(resolve(command.target));
    if (!options.plan) options.first_seed = command.first_seed.value_or(1);
    options.seeds = options.plan ? 1 : command.seeds;
    if (command.seed) {
        options.first_seed = *command.seed;
        options.seeds = 1;
    }
    if (!command.time_limit.empty()) {
        const auto limit = simulated::parse_duration(command.time_limit);
        if (!limit) return fail("--for: " + limit.error().message);
        options.time_limit = *limit;
    }
    options.jobs =
        command.jobs > 0 ? command.jobs : static_cast<int>(::sysconf(_SC_NPROCESSORS_ONLN));
    options.check_determinism = command.check_determinism;
    options.stop_at_failure = command.stop_at_failure;
    return options;
}

/// The store, if one is named; what it holds decides where a campaign begins.
Result<std::optional<Recorder>, std::string> open_recorder(const RunCommand& command,
                                                           CampaignOptions& options) {
    const std::string path = store_path(command.store);
    if (path.empty()) return std::nullopt;
    Recorder recorder = TRY(Recorder::open(path, command.target, *options.scenario));
    if (draws_seeds(command, options)) {
        TRY(recorder.put_failed_first(options));
        if (!command.first_seed) options.first_seed = TRY(recorder.next_seed());
    }
    return std::optional(std::move(recorder));
}

void print_start(const CampaignOptions& options) {
    fmt::print("{}: {}seeds {} and up, {} jobs, build {}\n", options.scenario->name(),
               options.first_plans.empty()
                   ? ""
                   : fmt::format("{} that failed last time, then ", options.first_plans.size()),
               options.first_seed, options.jobs, build_id());
    std::fflush(stdout);
}

CampaignReport run_with_progress(const RunCommand& command, CampaignOptions& options,
                                 std::optional<Recorder>& recorder) {
    const bool is_given = !draws_seeds(command, options);
    Progress progress(
        options.time_limit > Duration::zero() ? 0 : options.first_plans.size() + options.seeds);
    options.on_report = [&](const RunReport& report, const Task& task) {
        progress.step(report);
        if (recorder) recorder->record(options, report, task, is_given);
    };
    CampaignReport report = run_campaign(options);
    progress.end();
    return report;
}

int run(const RunCommand& command) {
    auto options = campaign_of(command);
    if (!options) {
        fmt::print(stderr, "gregor run: {}\n", options.error());
        return 254;
    }
    auto recorder = open_recorder(command, *options);
    if (!recorder) {
        fmt::print(stderr, "gregor run: {}\n", recorder.error());
        return 254;
    }
    print_start(*options);
    const CampaignReport report = run_with_progress(command, *options, *recorder);
    if (!command.quiet) {
        print_counts(report);
        print_faults(report);
        print_probes(report);
        print_figures(report);
    }
    print_failures(command, *options, report, *recorder);
    print_muted(*options, report);
    const int code = exit_code(report.verdict());
    fmt::print("verdict: {}\n", name(report.verdict()));
    if (!*recorder || !(*recorder)->trouble()) return code;
    fmt::print(stderr, "gregor run: not every run could be stored: {}\n", *(*recorder)->trouble());
    return code == 0 ? 255 : code;
}

}  // namespace

void add_run_command(CLI::App& app, const GregorProgram& program, int& exit_code) {
    auto command = std::make_shared<RunCommand>();
    CLI::App* run_app = app.add_subcommand("run", "Runs many seeds and gives a verdict");
    add_target_options(*run_app, program, command->target);
    run_app->add_option("--seeds", command->seeds, "How many seeds (100)");
    run_app->add_option("--seed", command->seed, "Only this seed");
    run_app->add_option("--first-seed", command->first_seed,
                        "The first seed (1; with a store, the first that no campaign has drawn)");
    add_store_option(*run_app, command->store);
    run_app->add_option("--for", command->time_limit, "Seeds for this long instead: 60s, 10m");
    run_app->add_option("--jobs", command->jobs, "Worker processes (one a core)");
    run_app->add_flag("--check-determinism", command->check_determinism,
                      "Runs every seed twice and compares the digests");
    run_app->add_flag("--stop-at-failure", command->stop_at_failure,
                      "Hands out no more seeds after the first failure");
    run_app->add_flag("--quiet", command->quiet, "Only failures and the verdict");
    run_app->callback([command, &exit_code] { exit_code = run(*command); });
}

}  // namespace gregor::scenarios
