// Scenario: a workload, the faults it is drawn to meet, and what must hold. A seed is expanded into
// a plan; running a plan gives a report. Both are pure functions.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "scenarios/judge.h"
#include "sim/base/digest.h"
#include "sim/simulated/plan.h"

namespace gregor::scenarios {

enum class Verdict : std::uint8_t {
    pass,
    violated,         // an invariant does not hold
    vacuous,          // the run stayed under its floor: it proves nothing
    muted,            // nothing was violated but what was muted
    nondeterministic  // the same plan twice gave two digests
};

[[nodiscard]] std::string_view name(Verdict verdict);
/// Of the program: 0 pass, 1 violated, 2 vacuous or muted, 3 nondeterministic.
[[nodiscard]] int exit_code(Verdict verdict);

/// What a run did and found.
struct RunReport {
    std::string scenario;
    std::uint64_t seed = 0;
    Verdict verdict = Verdict::pass;
    std::optional<Violation> violation;
    MutedViolations muted;
    /// Why it is vacuous: "1200 acknowledged sends, the floor is 2000".
    std::string shortfall;
    Digest digest;
    std::uint64_t digest_events = 0;
    /// Named counts in a fixed order: "acknowledged_sends", "checked_operations" …
    std::map<std::string, std::uint64_t> counts;
    simulated::FaultCounters faults;
    /// Kinds that the plan holds.
    std::vector<simulated::FaultKind> enabled_faults;
    /// Probes reached, as "file:line text", with their hits.
    std::map<std::string, std::uint64_t> probes;
    Duration simulated{};
    /// Real CPU time of the run; not part of what a seed decides.
    Duration cpu{};
};

struct RunOptions {
    /// Takes each trace line; empty: none are made.
    std::function<void(std::string_view)> trace;
    /// Takes each line of what the clients' history is (HISTORY.md), of scenarios that keep one.
    std::function<void(std::string_view)> history;
    /// Ends the run early, at this world time.
    std::optional<Instant> until;
    /// Are counted when they are violated, and the run goes on.
    Invariants mute;
};

/// Workload numbers by name: a plan's, or some that replace drawn ones.
using Numbers = std::map<std::string, std::int64_t>;

class Scenario {
public:
    virtual ~Scenario() = default;

    [[nodiscard]] virtual std::string_view name() const = 0;
    [[nodiscard]] virtual std::string_view summary() const = 0;
    /// Whether each is a number of this scenario, in its range; the error says what to write.
    [[nodiscard]] virtual Result<void, std::string> check_numbers(const Numbers& numbers) const = 0;
    /// Whether the plan can be run: what it names is there. The error says what to write instead.
    [[nodiscard]] virtual Result<void, std::string> check_plan(
        const simulated::Plan& plan) const = 0;
    /// Draws a plan; `given`, which check_numbers() took, replaces numbers before what depends on
    /// them is drawn.
    [[nodiscard]] virtual simulated::Plan expand(std::uint64_t seed,
                                                 const Numbers& given) const = 0;
    /// Runs a plan that check_plan() took.
    [[nodiscard]] virtual RunReport run(const simulated::Plan& plan,
                                        const RunOptions& options) const = 0;
};

/// Every scenario, by name.
[[nodiscard]] const std::vector<std::unique_ptr<Scenario>>& scenarios();
[[nodiscard]] const Scenario* find_scenario(std::string_view name);

/// Runs a plan with probes reset, and fills in what is the same for every scenario.
[[nodiscard]] RunReport run_plan(const Scenario& scenario, const simulated::Plan& plan,
                                 const RunOptions& options);

}  // namespace gregor::scenarios
