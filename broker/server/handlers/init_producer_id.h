// InitProducerId (22) for producers without transactions: a new id with epoch 0, whatever the
// producer had before; a producer that has lost its sequence numbers starts anew (KIP-360).
// Transactional producers get COORDINATOR_NOT_AVAILABLE, which they retry: there is no transaction
// coordinator yet.
#pragma once

#include "broker/server/handler_context.h"

namespace gregor::server {

void handle_init_producer_id(HandlerContext& context, const rpc::Request& request,
                             rpc::Reply reply);

}  // namespace gregor::server
