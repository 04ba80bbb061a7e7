// A run's report as one line of JSON: how a worker tells its supervisor, and what --json prints.
#pragma once

#include <string>
#include <string_view>

#include "scenarios/scenario.h"
#include "sim/base/result.h"

namespace gregor::scenarios {

[[nodiscard]] std::string to_json(const RunReport& report);
/// The message says what is wrong with the line.
[[nodiscard]] Result<RunReport, std::string> parse_report(std::string_view line);

}  // namespace gregor::scenarios
