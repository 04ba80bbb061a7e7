// FindCoordinator (10): which broker coordinates a group or a transactional id.
//
// There is no coordinator yet, and no broker to name: every key is answered
// COORDINATOR_NOT_AVAILABLE, which clients retry. Producers without transactions and consumers that
// assign partitions themselves do not need the answer.
#pragma once

#include "broker/server/handler_context.h"

namespace gregor::server {

void handle_find_coordinator(HandlerContext& context, const rpc::Request& request,
                             rpc::Reply reply);

}  // namespace gregor::server
