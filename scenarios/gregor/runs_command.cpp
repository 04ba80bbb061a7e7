// gregor runs and gregor report: what the run store holds.
#include <CLI/CLI.hpp>
#include <fstream>
#include <memory>

#include "scenarios/gregor/commands.h"
#include "scenarios/gregor/program.h"
#include "scenarios/gregor/recorder.h"

namespace gregor::scenarios {
namespace {

using reports::GroupSummary;
using reports::RunStore;
using reports::StoredRun;

struct RunsCommand {
    std::string program;
    std::string store;
    reports::RunFilter filter;
    std::int64_t id = 0;
    std::string file;
};

int usage_error(const std::string& what) {
    fmt::print(stderr, "gregor: {}\n", what);
    return 254;
}

Result<RunStore, std::string> open_store(const std::string& given) {
    const std::string path = store_path(given);
    if (path.empty()) {
        return fail(std::string(
            "no run store is named; give --store FILE or set GREGOR_STORE, as for gregor run"));
    }
    auto store = RunStore::open(path, reports::Missing::refuse);
    if (!store) return fail("run store: " + store.error());
    return *std::move(store);
}

std::string title(const reports::RunGroup& group) {
    return group.scenario + (group.options.empty() ? "" : " " + group.options);
}

std::string in_seconds(std::int64_t ns) {
    return fmt::format("{}.{:03} s", ns / 1'000'000'000, ns % 1'000'000'000 / 1'000'000);
}

// runs --------------------------------------------------------------------------------------------

Result<void, std::string> list_runs(const RunsCommand& command) {
    RunStore store = TRY(open_store(command.store));
    const auto runs = TRY(store.list(command.filter));
    if (runs.empty()) {
        fmt::print("no such runs\n");
        return {};
    }
    fmt::print("{:>6}  {:19}  {:16}  {:6}  {:>6}  {}\n", "run", "stored at (UTC)", "verdict",
               "origin", "seed", "scenario and what was violated");
    for (const StoredRun& run : runs) {
        fmt::print("{:>6}  {:19}  {:16}  {:6}  {:>6}  {}{}{}\n", run.id, run.stored_at, run.verdict,
                   name(run.origin), run.seed, title(run.group), run.invariant.empty() ? "" : ": ",
                   run.invariant);
    }
    return {};
}

// runs show ---------------------------------------------------------------------------------------

void print_values(std::string_view heading, const reports::Counts& values) {
    if (values.empty()) return;
    fmt::print("{}\n", heading);
    for (const auto& [key, value] : values) fmt::print("  {:24} {}\n", key, value);
}

void print_run(const StoredRun& run, const RunsCommand& command) {
    fmt::print("run {}: {}, seed {}, stored at {} UTC\n", run.id, title(run.group), run.seed,
               run.stored_at);
    fmt::print("build {}\n", run.build);
    if (!run.invariant.empty()) {
        fmt::print("{} violated at {}: {}\n", run.invariant,
                   to_string(Instant(Duration(run.violated_at_ns))), run.message);
    }
    if (!run.shortfall.empty()) fmt::print("{}\n", run.shortfall);
    fmt::print("digest {} after {} events, {} simulated, {} of CPU time\n", run.digest,
               run.digest_events, in_seconds(run.simulated_ns), in_seconds(run.cpu_ns));
    fmt::print("verdict: {}\n", run.verdict);
    fmt::print("replay: {}\n",
               again_line(command.program, "replay", run.id, run.group.options, command.store));
    if (run.verdict == name(Verdict::violated)) {
        fmt::print("shrink: {}\n",
                   again_line(command.program, "shrink", run.id, run.group.options, command.store));
    }
    print_values("counts", run.counts);
    print_values("faults of the plan, and how often each fired", run.faults);
    const auto reached = std::count_if(run.probes.begin(), run.probes.end(),
                                       [](const auto& probe) { return probe.second > 0; });
    fmt::print("probes reached: {} of {}\n", reached, run.probes.size());
    fmt::print("plan:\n{}", run.plan);
}

Result<void, std::string> show_run(const RunsCommand& command) {
    RunStore store = TRY(open_store(command.store));
    const auto run = TRY(store.find(command.id));
    if (!run) return fail(fmt::format("{} holds no run {}", store.path(), command.id));
    if (command.file.empty()) {
        print_run(*run, command);
        return {};
    }
    std::ofstream file(command.file);
    file << run->plan;
    if (!file.flush()) return fail("cannot write " + command.file);
    return {};
}

// report ------------------------------------------------------------------------------------------

void print_violations(const GroupSummary& summary) {
    if (summary.violations.empty()) return;
    fmt::print("  violated\n");
    for (const GroupSummary::Violations& violations : summary.violations) {
        fmt::print("    {:8} in {} runs, first in run {} of build {}; last in run {}\n",
                   violations.invariant, violations.runs, violations.first_run,
                   violations.first_build, violations.last_run);
    }
}

void print_never(const GroupSummary& summary) {
    if (!summary.probes_never_reached.empty()) fmt::print("  never reached in any run\n");
    for (const std::string& probe : summary.probes_never_reached) fmt::print("    {}\n", probe);
    if (!summary.faults_never_fired.empty()) fmt::print("  faults enabled but never fired\n");
    for (const auto& [fault, runs] : summary.faults_never_fired) {
        fmt::print("    {:24} enabled in {} runs\n", fault, runs);
    }
}

void print_summary(const GroupSummary& summary) {
    fmt::print("{}\n  runs {}", title(summary.group), summary.runs);
    for (const auto& [verdict, count] : summary.verdicts) fmt::print(", {} {}", verdict, count);
    fmt::print("\n  from {} to {} UTC, {} builds, {} simulated, {} of CPU time\n", summary.first_at,
               summary.last_at, summary.builds, in_seconds(summary.simulated_ns),
               in_seconds(summary.cpu_ns));
    print_violations(summary);
    const std::size_t missed = summary.probes_never_reached.size();
    fmt::print("  probes reached: {} of {}\n", summary.probes - missed, summary.probes);
    // With options a run is meant to be another, and lacks what the plain ones are to have.
    if (summary.group.options.empty()) print_never(summary);
}

Result<void, std::string> report(const RunsCommand& command) {
    RunStore store = TRY(open_store(command.store));
    const auto summaries = TRY(store.summarize(command.filter.scenario));
    if (summaries.empty()) fmt::print("no such runs\n");
    for (const GroupSummary& summary : summaries) {
        if (&summary != &summaries.front()) fmt::print("\n");
        print_summary(summary);
    }
    return {};
}

template <class Body>
int exit_code_of(Body&& body) {
    const Result<void, std::string> done = body();
    return done ? 0 : usage_error(done.error());
}

void add_runs(CLI::App& app, const GregorProgram& program, int& exit_code) {
    auto command = std::make_shared<RunsCommand>();
    command->program = program.name;
    CLI::App* runs = app.add_subcommand("runs", "Lists the runs of a run store, the newest first");
    add_store_option(*runs, command->store);
    runs->add_option("--scenario", command->filter.scenario, "Only runs of this scenario");
    runs->add_flag("--failed", command->filter.failed, "Only runs that did not pass");
    runs->add_option("--limit", command->filter.limit, "How many (50)")->check(CLI::PositiveNumber);
    CLI::App* show =
        runs->add_subcommand("show", "Shows one run: its verdict, its plan, its replay");
    add_store_option(*show, command->store);
    show->add_option("id", command->id, "The run's number")->required();
    show->add_option("--save", command->file, "Only writes the run's plan to this file");
    runs->callback([command, show, &exit_code] {
        exit_code =
            exit_code_of([&] { return show->parsed() ? show_run(*command) : list_runs(*command); });
    });
}

void add_report(CLI::App& app, int& exit_code) {
    auto command = std::make_shared<RunsCommand>();
    CLI::App* report_app = app.add_subcommand(
        "report", "Sums up a run store: verdicts, violations, what never happened");
    add_store_option(*report_app, command->store);
    report_app->add_option("--scenario", command->filter.scenario, "Only runs of this scenario");
    report_app->callback(
        [command, &exit_code] { exit_code = exit_code_of([&] { return report(*command); }); });
}

}  // namespace

void add_runs_commands(CLI::App& app, const GregorProgram& program, int& exit_code) {
    add_runs(app, program, exit_code);
    add_report(app, exit_code);
}

}  // namespace gregor::scenarios
