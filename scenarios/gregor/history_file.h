// A history's file (HISTORY.md), judged while it is read: it may be larger than memory.
#pragma once

#include <string>

#include "scenarios/checkers/anomalies/history_checker.h"
#include "sim/base/result.h"

namespace gregor::scenarios {

/// The error names the file, and the line if one is to blame.
[[nodiscard]] Result<HistoryVerdict, std::string> judge_history_file(const std::string& path);

}  // namespace gregor::scenarios
