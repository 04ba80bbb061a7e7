// Reads a client history from its file: JSON lines, as HISTORY.md says.
#pragma once

#include <string>

#include "scenarios/checkers/client_history.h"
#include "sim/base/result.h"

namespace gregor::scenarios {

/// An error names the file and the line.
[[nodiscard]] Result<HistoryFile, std::string> read_history(const std::string& path);

}  // namespace gregor::scenarios
