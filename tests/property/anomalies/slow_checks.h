// The slow checks: the rows of scenarios/HISTORY.md by what they are about, a file each, as the
// checker has them. Each finds its rows in a whole history; none depends on what another one found.
#pragma once

#include "tests/property/anomalies/slow_checker.h"
#include "tests/property/anomalies/slow_history.h"

namespace gregor::scenarios {

[[nodiscard]] SlowVerdict judge_records(const SlowHistory& history);
[[nodiscard]] SlowVerdict judge_polls(const SlowHistory& history);
[[nodiscard]] SlowVerdict judge_transactions(const SlowHistory& history);
[[nodiscard]] SlowVerdict judge_cycles(const SlowHistory& history);
[[nodiscard]] SlowVerdict judge_groups(const SlowHistory& history);

}  // namespace gregor::scenarios
