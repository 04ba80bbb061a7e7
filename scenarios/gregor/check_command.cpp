// gregor check: the history of clients of any cluster, judged by what the simulator's are judged
// by.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>
#include <span>

#include "scenarios/gregor/commands.h"
#include "scenarios/gregor/history_file.h"

namespace gregor::scenarios {
namespace {

constexpr int kPassed = 0;
constexpr int kViolated = 1;
constexpr int kUndecided = 2;
constexpr int kUsage = 254;
constexpr std::size_t kShown = 20;

std::uint64_t sends_with(const HistoryVerdict& verdict, SendResult result) {
    const auto found = verdict.sends.find(result);
    return found == verdict.sends.end() ? 0 : found->second;
}

void print_counts(const HistoryVerdict& verdict) {
    const std::uint64_t ok = sends_with(verdict, SendResult::ok);
    const std::uint64_t failed = sends_with(verdict, SendResult::fail);
    const std::uint64_t unknown = sends_with(verdict, SendResult::unknown);
    fmt::print("{} sends ({} ok, {} failed, {} unknown), {} reads, {} partitions, {} comparisons\n",
               ok + failed + unknown, ok, failed, unknown, verdict.reads, verdict.partitions,
               verdict.comparisons);
}

int print_verdict(const HistoryVerdict& verdict) {
    print_counts(verdict);
    const std::size_t shown = std::min(verdict.violations.size(), kShown);
    for (const HistoryVerdict::Violation& violation : std::span(verdict.violations).first(shown)) {
        fmt::print("{} violated at line {}: {}\n", violation.invariant, violation.line,
                   violation.message);
    }
    if (shown < verdict.violations.size()) {
        fmt::print("… and in {} partitions more\n", verdict.violations.size() - shown);
    }
    if (!verdict.shortfall.empty()) fmt::print("{}\n", verdict.shortfall);
    const bool is_violated = !verdict.violations.empty();
    const bool is_undecided = !verdict.shortfall.empty();
    fmt::print("verdict: {}\n", is_violated ? "violated" : is_undecided ? "undecided" : "pass");
    if (is_violated) return kViolated;
    return is_undecided ? kUndecided : kPassed;
}

int check(const std::string& path) {
    const auto file = read_history(path);
    if (!file) {
        fmt::print(stderr, "gregor check: {}\n", file.error());
        return kUsage;
    }
    const auto verdict = judge_history(*file);
    if (!verdict) {
        fmt::print(stderr, "gregor check: {}: {}\n", path, verdict.error());
        return kUsage;
    }
    return print_verdict(*verdict);
}

}  // namespace

void add_check_command(CLI::App& app, int& exit_code) {
    auto path = std::make_shared<std::string>();
    CLI::App* command =
        app.add_subcommand("check", "Judges a history of clients, of any cluster (HISTORY.md)");
    command->add_option("file", *path, "JSON lines")->required();
    command->callback([path, &exit_code] { exit_code = check(*path); });
}

}  // namespace gregor::scenarios
