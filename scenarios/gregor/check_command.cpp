// gregor check: the history of clients of any cluster, judged by its configuration.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <array>
#include <memory>
#include <string>

#include "scenarios/gregor/commands.h"
#include "scenarios/gregor/history_file.h"

namespace gregor::scenarios {
namespace {

constexpr int kPassed = 0;
constexpr int kViolated = 1;
constexpr int kUndecided = 2;
constexpr int kUsage = 254;
constexpr std::size_t kShown = 5;  // violations of each row

void print_counts(const HistoryVerdict& verdict) {
    const std::uint64_t ok = verdict.sends_with(Outcome::ok);
    const std::uint64_t failed = verdict.sends_with(Outcome::fail);
    const std::uint64_t unknown = verdict.sends_with(Outcome::unknown);
    fmt::print(
        "{} sends ({} ok, {} failed, {} unknown), {} reads, {} transactions, {} partitions, "
        "{} comparisons\n",
        ok + failed + unknown, ok, failed, unknown, verdict.reads, verdict.transactions,
        verdict.partitions, verdict.comparisons);
}

void print_finding(const Finding& finding, std::string_view what) {
    fmt::print("{} ({}) {} at line {}: {}", name_of(finding.anomaly), invariant_of(finding.anomaly),
               what, finding.line(), finding.message);
    if (finding.evidence.size() > 1) fmt::print(" (lines {})", fmt::join(finding.evidence, ", "));
    fmt::print("\n");
}

void print_violations(const HistoryVerdict& verdict) {
    std::array<std::size_t, kAnomalies> shown{};
    for (const Finding& finding : verdict.findings) {
        if (finding.excuse != Excuse::none) break;
        if (++shown.at(static_cast<std::size_t>(finding.anomaly)) > kShown) continue;
        const bool is_unseen = finding.anomaly == Anomaly::unseen;
        print_finding(finding, is_unseen ? "found" : "violated");
    }
    for (std::size_t i = 0; i < kAnomalies; ++i) {
        const auto anomaly = static_cast<Anomaly>(i);
        if (verdict.violated[i] <= kShown) continue;
        fmt::print("{} times in all: {}\n", verdict.violated[i], name_of(anomaly));
    }
}

void print_allowed(const HistoryVerdict& verdict) {
    for (const Finding& finding : verdict.findings) {
        if (finding.excuse == Excuse::none) continue;
        const std::uint64_t count = verdict.allowed.at(static_cast<std::size_t>(finding.anomaly));
        print_finding(finding,
                      fmt::format("allowed ({}; {} times)", text_of(finding.excuse), count));
    }
}

int print_verdict(const HistoryVerdict& verdict) {
    print_counts(verdict);
    print_violations(verdict);
    print_allowed(verdict);
    if (!verdict.shortfall.empty()) fmt::print("{}\n", verdict.shortfall);
    const bool is_violated = verdict.violations() > 0;
    const bool is_undecided = !verdict.shortfall.empty();
    fmt::print("verdict: {}\n", is_violated ? "violated" : is_undecided ? "undecided" : "pass");
    if (is_violated) return kViolated;
    return is_undecided ? kUndecided : kPassed;
}

int check(const std::string& path) {
    const auto verdict = judge_history_file(path);
    if (!verdict) {
        fmt::print(stderr, "gregor check: {}\n", verdict.error());
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
