// The slow checker: what scenarios/HISTORY.md says of each row, taken word for word over all pairs
// of operations, with no thought of speed. It shares nothing with the checker but the names of the
// rows.
//
//     operations ──> slow_history.h ──> slow_checks.h ──────────> rows
//                    what is known      records, polls,
//                                       transactions, cycles, groups
#pragma once

#include <set>
#include <string>
#include <vector>

#include "tests/property/anomalies/operations.h"

namespace gregor::scenarios {

/// Rows by their names.
struct SlowVerdict {
    std::set<std::string> violated;
    std::set<std::string> allowed;

    void tell(const std::string& row, bool is_allowed);
};

[[nodiscard]] SlowVerdict judge_slowly(const Configuration& configuration,
                                       const std::vector<Operation>& operations);

}  // namespace gregor::scenarios
