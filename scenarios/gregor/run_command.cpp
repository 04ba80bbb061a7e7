// gregor run: seeds in, verdict out.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <memory>

#include "scenarios/gregor/commands.h"
#include "scenarios/gregor/target.h"

namespace gregor::scenarios {
namespace {

struct RunCommand {
    TargetOptions target;
    std::uint64_t seeds = 100;
    std::optional<std::uint64_t> seed;
    std::uint64_t first_seed = 1;
    std::string time_limit;
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
        failed_ += report.verdict == Verdict::pass ? 0 : 1;
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
}

void print_failure(const RunCommand& command, const CampaignOptions& options,
                   const RunReport& failure) {
    fmt::print("\nseed {}: {}\n", failure.seed, name(failure.verdict));
    if (failure.violation) {
        fmt::print("  {} violated at {}: {}\n", failure.violation->invariant,
                   to_string(failure.violation->at), failure.violation->message);
    }
    if (!failure.shortfall.empty()) fmt::print("  {}\n", failure.shortfall);
    fmt::print("  replay: gregor replay {} --seed {} --trace\n", arguments_of(command.target),
               failure.seed);
    if (failure.verdict == Verdict::violated) {
        fmt::print("  shrink: gregor shrink {} --seed {}\n", arguments_of(command.target),
                   failure.seed);
    }
    fmt::print("  plan:\n{}", simulated::to_toml(plan_for(options, failure.seed)));
}

int run(const RunCommand& command) {
    auto resolved = resolve(command.target);
    if (!resolved) {
        fmt::print(stderr, "gregor run: {}\n", resolved.error());
        return 254;
    }
    CampaignOptions options = *std::move(resolved);
    if (!options.plan) options.first_seed = command.first_seed;
    options.seeds = options.plan ? 1 : command.seeds;
    if (command.seed) {
        options.first_seed = *command.seed;
        options.seeds = 1;
    }
    if (!command.time_limit.empty()) {
        const auto limit = simulated::parse_duration(command.time_limit);
        if (!limit) {
            fmt::print(stderr, "gregor run --for: {}\n", limit.error().message);
            return 254;
        }
        options.time_limit = *limit;
    }
    options.jobs =
        command.jobs > 0 ? command.jobs : static_cast<int>(::sysconf(_SC_NPROCESSORS_ONLN));
    options.check_determinism = command.check_determinism;
    options.stop_at_failure = command.stop_at_failure;
    fmt::print("{}: seeds {} and up, {} jobs, build {}\n", options.scenario->name(),
               options.first_seed, options.jobs, build_id());
    std::fflush(stdout);
    Progress progress(options.time_limit > Duration::zero() ? 0 : options.seeds);
    options.on_report = [&](const RunReport& report) { progress.step(report); };
    const CampaignReport report = run_campaign(options);
    progress.end();
    if (!command.quiet) {
        print_counts(report);
        print_faults(report);
        print_probes(report);
        print_figures(report);
    }
    bool first = true;
    for (const RunReport& failure : report.failures) {
        if (first) {
            print_failure(command, options, failure);
        } else {
            fmt::print("seed {}: {} {}\n", failure.seed, name(failure.verdict),
                       failure.violation
                           ? failure.violation->invariant + " " + failure.violation->message
                           : failure.shortfall);
        }
        first = false;
    }
    constexpr std::array kVerdicts{"pass", "violated", "vacuous", "nondeterministic"};
    fmt::print("verdict: {}\n", kVerdicts[static_cast<std::size_t>(report.exit_code())]);
    return report.exit_code();
}

}  // namespace

void add_run_command(CLI::App& app, int& exit_code) {
    auto command = std::make_shared<RunCommand>();
    CLI::App* run_app = app.add_subcommand("run", "Runs many seeds and gives a verdict");
    add_target_options(*run_app, command->target);
    run_app->add_option("--seeds", command->seeds, "How many seeds (100)");
    run_app->add_option("--seed", command->seed, "Only this seed");
    run_app->add_option("--first-seed", command->first_seed, "The first seed (1)");
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
