// EventWriter: events as the lines of a history's file (HISTORY.md), which EventReader reads back
// as they were. Pure.
#pragma once

#include <string>

#include "scenarios/checkers/anomalies/history_event.h"

namespace gregor::scenarios {

/// The first line of a file of version 2.
[[nodiscard]] std::string head_line(const HistorySettings& settings);
/// A later line. Times that are not known are left out.
[[nodiscard]] std::string event_line(const HistoryEvent& event);

}  // namespace gregor::scenarios
