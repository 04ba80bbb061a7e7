// Shrinker: makes a failing plan small, by delta debugging (Zeller's ddmin, in its form that only
// leaves things out). It knows what a plan is made of and nothing of how one is run: a function
// says whether a candidate still fails. Candidates are proposed in a fixed order and each depends
// on the answers before it, so that the same plan and the same answers give the same small plan.
//
//     leave faults out: all, halves, quarters …, single ones; from the last to the first; then
//     operations in the same way
//     cut the duration behind the violation, then shorter
//     lower the workload's numbers; leave broker settings out
//     lower what remains of them: times, occurrences, durations, amounts
//     quiet the network and the disk
//     and again, until a whole round made nothing smaller
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>

#include "sim/simulated/plan.h"

namespace gregor::scenarios {

/// How a candidate failed, in the way that is looked for.
struct Failure {
    /// Since the start of the run, if that is known.
    std::optional<Duration> at;

    friend bool operator==(const Failure&, const Failure&) = default;
};

/// A candidate that fails as its elders do, and is kept.
struct ShrinkStep {
    const simulated::Plan& plan;
    std::uint64_t runs = 0;
    /// What was made smaller: "faults".
    std::string_view what;
};

struct ShrinkOptions {
    /// Whether a plan can be run at all; others are passed over and cost nothing.
    std::function<bool(const simulated::Plan&)> is_valid;
    /// Runs a plan; nullopt: it does not fail, or in another way.
    std::function<std::optional<Failure>(const simulated::Plan&)> run;
    /// So many candidates are run at most.
    std::uint64_t budget = 400;
    std::function<void(const ShrinkStep&)> on_step;
};

struct Shrunk {
    simulated::Plan plan;
    std::uint64_t runs = 0;
    /// No candidate is left that would make it smaller; else the budget was used up.
    bool is_minimal = false;
};

/// `failing` failed as `failure` says.
[[nodiscard]] Shrunk shrink(simulated::Plan failing, Failure failure, const ShrinkOptions& options);

}  // namespace gregor::scenarios
