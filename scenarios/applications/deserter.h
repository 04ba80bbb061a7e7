// Deserter: a transactional producer that dies for good with its transaction open. Nobody has its
// transactional id after it, so that only its coordinator is left to end the transaction, whoever
// that is by then (T4).
#pragma once

#include <cstdint>

#include "scenarios/applications/application.h"
#include "scenarios/applications/pipeline_settings.h"

namespace gregor::scenarios::applications {

/// One after the other, `deserters` of the plan's in all; `deserted` counts them, also over the
/// processes of a machine.
void run_deserters(const ApplicationContext& context, const PipelineSettings& settings,
                   Process& process, std::uint64_t& deserted);

}  // namespace gregor::scenarios::applications
