// The end of an application's run: a fresh consumer reads every partition from its start to its
// end, waits until each group has been given all of it, and asks for what the groups have
// committed.
#pragma once

#include <string_view>

#include "scenarios/applications/application.h"

namespace gregor::scenarios::applications {

/// How what they are doing begins while a transaction is open that nobody ends (T4).
inline constexpr std::string_view kWaitingForStableOffset = "waiting for the last stable offset";

/// Tells the history of the ends. `is_read_committed` is how the consumer reads. Returns when all
/// is read; what it waits for stands in the workload's `doing`.
void read_to_the_ends(const ApplicationContext& context, const Application& application,
                      bool is_read_committed, Runtime& runtime);

}  // namespace gregor::scenarios::applications
