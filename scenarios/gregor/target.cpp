#include "scenarios/gregor/target.h"

#include <lz4.h>
#include <snappy.h>
#include <zlib.h>
#include <zstd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <fstream>
#include <sstream>

namespace gregor::scenarios {
namespace {

std::string known_scenarios(const GregorProgram& program) {
    std::string names;
    for (const Scenario* scenario : program.scenarios) {
        names += (names.empty() ? "" : ", ") + std::string(scenario->name());
    }
    return names;
}

Result<simulated::Plan, std::string> read_plan_file(const std::string& path) {
    std::ifstream file(path);
    if (!file) return fail("cannot read " + path);
    std::ostringstream text;
    text << file.rdbuf();
    auto plan = simulated::parse_plan(text.str());
    if (!plan) return fail(path + ": " + plan.error().message);
    return *std::move(plan);
}

Result<void, std::string> resolve_target(const GregorProgram& program, const std::string& target,
                                         CampaignOptions& campaign) {
    if (!target.ends_with(".toml")) {
        campaign.scenario = program.find(target);
        if (campaign.scenario == nullptr) {
            return fail(
                fmt::format("no scenario \"{}\"; there are: {}", target, known_scenarios(program)));
        }
        return {};
    }
    campaign.plan = TRY(read_plan_file(target));
    campaign.scenario = program.find(campaign.plan->scenario);
    if (campaign.scenario == nullptr) {
        return fail(fmt::format("{} is for the scenario \"{}\"; there are: {}", target,
                                campaign.plan->scenario, known_scenarios(program)));
    }
    campaign.first_seed = campaign.plan->seed;
    return {};
}

/// A drawn plan is right when the numbers that were given are; one from a file may say anything.
Result<void, std::string> check_plans(const TargetOptions& options,
                                      const CampaignOptions& campaign) {
    const auto numbers = campaign.scenario->check_numbers(campaign.workload);
    if (!numbers) return fail("--workload: " + numbers.error());
    if (!campaign.plan) return {};
    const auto sound = campaign.scenario->check_plan(plan_for(campaign, campaign.first_seed));
    if (!sound) return fail(options.target + ": " + sound.error());
    return {};
}

/// What ends a process, or a run's sense, is none: CHECK, CRASH, DIGEST.
bool is_invariant(const std::string& id) {
    return id.size() > 1 && id.front() >= 'A' && id.front() <= 'Z' &&
           std::all_of(id.begin() + 1, id.end(), [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

void add_target_options(CLI::App& command, const GregorProgram& program, TargetOptions& options) {
    options.program = &program;
    command.add_option("target", options.target, "A scenario, or a plan's file.toml")->required();
    command.add_option("--plant", options.planted,
                       "Brings a planted bug back, to see whether the checks bite (gregor bugs)");
    command.add_option("--disable-fault", options.disabled_faults,
                       "Takes a kind of fault out of every plan (gregor faults)");
    command.add_option("--workload", options.workload, "KEY=NUMBER: replaces a number of the plan");
    command
        .add_option("--mute", options.muted,
                    "ID[,ID…]: goes on when these invariants are violated, and counts how often")
        ->delimiter(',');
}

Result<CampaignOptions, std::string> resolve(const TargetOptions& options) {
    CampaignOptions campaign;
    TRY(resolve_target(*options.program, options.target, campaign));
    for (const std::string& name : options.planted) {
        const auto bug = find_planted_bug(name);
        if (!bug) return fail(fmt::format("no planted bug \"{}\"; see gregor bugs", name));
        campaign.planted.push_back(*bug);
    }
    for (const std::string& name : options.disabled_faults) {
        const auto kind = simulated::find_fault_kind(name);
        if (!kind) return fail(fmt::format("no fault \"{}\"; see gregor faults", name));
        campaign.disabled_faults.push_back(*kind);
    }
    for (const std::string& setting : options.workload) {
        const std::size_t equals = setting.find('=');
        std::int64_t number = 0;
        if (equals == std::string::npos ||
            !CLI::detail::lexical_cast(setting.substr(equals + 1), number)) {
            return fail(fmt::format("--workload takes KEY=NUMBER, not \"{}\"", setting));
        }
        campaign.workload[setting.substr(0, equals)] = number;
    }
    for (const std::string& id : options.muted) {
        if (!is_invariant(id)) return fail(fmt::format("--mute takes ids like R3, not \"{}\"", id));
        campaign.mute.insert(id);
    }
    TRY(check_plans(options, campaign));
    return campaign;
}

std::string options_of(const TargetOptions& options) {
    std::string text;
    for (const std::string& bug : options.planted) text += " --plant " + bug;
    for (const std::string& fault : options.disabled_faults) text += " --disable-fault " + fault;
    for (const std::string& setting : options.workload) text += " --workload " + setting;
    for (const std::string& id : options.muted) text += " --mute " + id;
    return text.empty() ? text : text.substr(1);
}

std::string arguments_of(const TargetOptions& options) {
    const std::string more = options_of(options);
    return options.target + (more.empty() ? "" : " " + more);
}

std::string build_id() {
    return fmt::format("{}, zstd {}, lz4 {}, zlib {}, snappy {}.{}.{}", __VERSION__,
                       ZSTD_versionString(), LZ4_versionString(), zlibVersion(), SNAPPY_MAJOR,
                       SNAPPY_MINOR, SNAPPY_PATCHLEVEL);
}

std::string program_id() {
    std::ifstream file("/proc/self/exe", std::ios::binary);
    const std::vector<std::uint8_t> program{std::istreambuf_iterator<char>(file), {}};
    return fmt::format("{} ({})", to_string(digest_of(program)).substr(0, 12), build_id());
}

}  // namespace gregor::scenarios
