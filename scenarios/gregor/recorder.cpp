#include "scenarios/gregor/recorder.h"

#include <CLI/CLI.hpp>
#include <cstdlib>

namespace gregor::scenarios {
namespace {

reports::StoredRun stored_run(const RunReport& report, const simulated::Plan& plan) {
    reports::StoredRun run{.seed = report.seed,
                           .plan = simulated::to_toml(plan),
                           .verdict = std::string(name(report.verdict)),
                           .shortfall = report.shortfall,
                           .digest = to_string(report.digest),
                           .digest_events = report.digest_events,
                           .simulated_ns = report.simulated.count(),
                           .cpu_ns = report.cpu.count(),
                           .counts = report.counts,
                           .probes = report.probes};
    if (report.violation) {
        run.invariant = kind_of(*report.violation);
        run.message = report.violation->message;
        run.violated_at_ns = report.violation->at.time_since_epoch().count();
    }
    for (const simulated::FaultKind kind : report.enabled_faults) {
        run.faults[std::string(name(kind))] = report.faults.count(kind);
    }
    return run;
}

reports::Origin origin_of(const Task& task, bool is_given) {
    if (task.first_plan != Task::kDrawn) return reports::Origin::again;
    return is_given ? reports::Origin::given : reports::Origin::drawn;
}

Result<simulated::Plan, std::string> runnable_plan(const Scenario& scenario,
                                                   const std::string& text) {
    auto plan = simulated::parse_plan(text);
    if (!plan) return fail(plan.error().message);
    TRY(scenario.check_plan(*plan));
    return *std::move(plan);
}

}  // namespace

void add_store_option(CLI::App& command, std::string& file) {
    command.add_option("--store", file,
                       "The run store, an SQLite file (the environment's GREGOR_STORE, else none)");
}

std::string store_path(const std::string& given) {
    if (!given.empty()) return given;
    const char* const path = std::getenv("GREGOR_STORE");
    return path == nullptr ? "" : path;
}

std::string again_line(std::string_view program, std::string_view verb, std::int64_t id,
                       const std::string& options, const std::string& store) {
    std::string show = fmt::format("{} runs show {}", program, id);
    if (!store.empty()) show += " --store " + store;
    std::string line =
        fmt::format("{} --save run{}.toml && {} {} run{}.toml", show, id, program, verb, id);
    if (!options.empty()) line += " " + options;
    return verb == "replay" ? line + " --trace" : line;
}

Recorder::Recorder(reports::RunStore store, reports::RunGroup group)
    : store_(std::move(store)), group_(std::move(group)), build_(program_id()) {}

Result<Recorder, std::string> Recorder::open(const std::string& path, const TargetOptions& target,
                                             const Scenario& scenario) {
    auto store = reports::RunStore::open(path, reports::Missing::create);
    if (!store) return fail("run store: " + store.error());
    return Recorder(*std::move(store),
                    {.scenario = std::string(scenario.name()), .options = options_of(target)});
}

Result<void, std::string> Recorder::put_failed_first(CampaignOptions& options) {
    const auto failed = store_.failed_last_time(group_);
    if (!failed) return fail("run store: " + failed.error());
    for (const reports::StoredRun& run : *failed) {
        auto plan = runnable_plan(*options.scenario, run.plan);
        if (plan) {
            options.first_plans.push_back(*std::move(plan));
        } else {
            fmt::print(stderr,
                       "run {} failed last time, but this build does not run its plan: {}\n",
                       run.id, plan.error());
        }
    }
    return {};
}

Result<std::uint64_t, std::string> Recorder::next_seed() {
    const auto next = store_.next_seed(group_);
    if (!next) return fail("run store: " + next.error());
    return next->value_or(1);
}

void Recorder::record(const CampaignOptions& options, const RunReport& report, const Task& task,
                      bool is_given) {
    reports::StoredRun run = stored_run(report, plan_for(options, task));
    run.group = group_;
    run.build = build_;
    run.origin = origin_of(task, is_given);
    const auto id = store_.add(run);
    if (!id) {
        if (!trouble_) trouble_ = id.error();
    } else if (report.verdict != Verdict::pass) {
        failed_ids_[{task.first_plan, task.seed}] = *id;
    }
}

std::optional<std::int64_t> Recorder::id_of(const Task& task) const {
    const auto it = failed_ids_.find({task.first_plan, task.seed});
    if (it == failed_ids_.end()) return std::nullopt;
    return it->second;
}

}  // namespace gregor::scenarios
