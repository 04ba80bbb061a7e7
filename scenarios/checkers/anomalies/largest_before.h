// LargestBefore: for each instant, the largest value of the operations that had ended before it.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "scenarios/checkers/anomalies/history_event.h"

namespace gregor::scenarios {

class LargestBefore {
public:
    struct Step {
        HistoryTime ended = kNever;
        std::int64_t value = 0;
        Line line = 0;
    };

    /// In the order in which they ended; one that is told late counts from the latest end on.
    void add(HistoryTime ended, std::int64_t value, Line line) {
        if (!steps_.empty()) {
            if (steps_.back().value >= value) return;
            ended = std::max(ended, steps_.back().ended);
        }
        steps_.push_back({ended, value, line});
    }
    /// Nothing if nothing had ended.
    [[nodiscard]] const Step* at(HistoryTime began) const {
        const auto after = std::ranges::lower_bound(steps_, began, {}, &Step::ended);
        return after == steps_.begin() ? nullptr : &*std::prev(after);
    }

private:
    std::vector<Step> steps_;
};

}  // namespace gregor::scenarios
