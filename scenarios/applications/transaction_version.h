// The transaction.version that a plan's cluster has: a new one begins with 2.
#pragma once

#include "scenarios/applications/application.h"

namespace gregor::scenarios::applications {

/// Until it is finalized, which `is_done` says.
void set_transaction_version(const ApplicationContext& context, Process& process,
                             std::int16_t version, bool& is_done);

}  // namespace gregor::scenarios::applications
