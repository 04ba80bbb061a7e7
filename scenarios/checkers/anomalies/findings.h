// Findings: what a checker found, counted by row, with the first examples of each.
//
// A history may hold millions of allowed anomalies, so a message is only written for those that are
// kept.
#pragma once

#include <algorithm>
#include <array>
#include <bitset>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "scenarios/checkers/anomalies/anomaly.h"

namespace gregor::scenarios {

/// A line of the history's file, from 1; 0 where there is none.
using Line = std::uint32_t;

struct Finding {
    Anomaly anomaly{};
    Excuse excuse = Excuse::none;
    std::string message;
    /// The operations that show it, ascending.
    std::vector<Line> evidence;

    /// The last operation that it needs.
    [[nodiscard]] Line line() const { return evidence.empty() ? 0 : evidence.back(); }
};

/// A checker made worse, to show that its tests notice: rules left out, excuses not granted.
struct CheckerMutant {
    std::bitset<kAnomalies> rules_off;
    std::bitset<kExcuses> excuses_off;
};

class Findings {
public:
    /// So many violations of each row are kept, and one example of what is allowed.
    static constexpr std::size_t kKept = 20;

    explicit Findings(CheckerMutant mutant = {}) : mutant_(mutant) {}

    /// `message` gives the text; it is called only if the finding is kept.
    template <class Message>
    void add(Anomaly anomaly, Excuse excuse, std::vector<Line> evidence, const Message& message) {
        const auto row = static_cast<std::size_t>(anomaly);
        if (mutant_.rules_off[row]) return;
        if (mutant_.excuses_off[static_cast<std::size_t>(excuse)]) excuse = Excuse::none;
        const bool is_allowed = excuse != Excuse::none;
        std::uint64_t& count = is_allowed ? allowed_[row] : violated_[row];
        if (++count > (is_allowed ? 1 : kKept)) return;
        std::erase(evidence, 0U);
        std::ranges::sort(evidence);
        const auto repeated = std::ranges::unique(evidence);
        evidence.erase(repeated.begin(), repeated.end());
        kept_.push_back({anomaly, excuse, message(), std::move(evidence)});
    }
    [[nodiscard]] std::uint64_t violated(Anomaly anomaly) const {
        return violated_.at(static_cast<std::size_t>(anomaly));
    }
    [[nodiscard]] std::uint64_t allowed(Anomaly anomaly) const {
        return allowed_.at(static_cast<std::size_t>(anomaly));
    }
    [[nodiscard]] const std::vector<Finding>& kept() const { return kept_; }

    void compared(std::uint64_t comparisons = 1) { comparisons_ += comparisons; }
    [[nodiscard]] std::uint64_t comparisons() const { return comparisons_; }

private:
    CheckerMutant mutant_;
    std::array<std::uint64_t, kAnomalies> violated_{};
    std::array<std::uint64_t, kAnomalies> allowed_{};
    std::vector<Finding> kept_;
    std::uint64_t comparisons_ = 0;
};

}  // namespace gregor::scenarios
