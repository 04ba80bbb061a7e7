// Idler: a member that is told of a generation and never asks for its assignment, while its
// heartbeats go on: an application that hangs beside a living heartbeat thread, as in other
// clients. Its group has to go on without it (KAFKA-12890). Ours cannot hang so; this one speaks
// the group protocol itself.
#pragma once

#include "scenarios/applications/application.h"
#include "scenarios/applications/group_settings.h"

namespace gregor::scenarios::applications {

/// Joins some time during the faults, and returns when its group does not know it any more.
/// `joined` counts those who have not returned.
void run_idler(const ApplicationContext& context, Process& process, const GroupSettings& group,
               const std::string& name, std::int64_t& joined);

}  // namespace gregor::scenarios::applications
