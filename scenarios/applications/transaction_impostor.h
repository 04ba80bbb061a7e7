// TransactionImpostor: asks in the name of transactional producers what is to be refused (T5): with
// an epoch that the id's producer has left behind, with one that nobody was given, with the id of
// nobody. An old InitProducerId that comes late is such a one (KIP-360), and so is the end of
// somebody else's transaction.
#pragma once

#include <cstdint>

#include "scenarios/applications/application.h"
#include "scenarios/applications/pipeline_settings.h"

namespace gregor::scenarios::applications {

/// Now and then, until the programs come to their end. Counts what was refused.
void run_transaction_impostor(const ApplicationContext& context, const PipelineSettings& settings,
                              Process& process, std::uint64_t& refused);

}  // namespace gregor::scenarios::applications
