// What Produce does before it appends batches that would begin a transaction: their coordinator
// says whether their partitions are in it, or takes them in (KIP-890).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "broker/replication/replica_manager.h"
#include "broker/server/handler_context.h"

namespace gregor::server {

/// Parts that may not be appended get their refusal, with the error that a produce request of this
/// version knows. Waits for the coordinator where there is something to ask.
void verify_transactions(HandlerContext& context, std::int16_t version,
                         const std::optional<std::string>& transactional_id,
                         std::vector<replication::AppendPart>& parts);

}  // namespace gregor::server
