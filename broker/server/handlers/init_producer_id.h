// InitProducerId (22). Without a transactional id: a new producer id with epoch 0, whatever the
// producer had before; one that has lost its sequence numbers starts anew (KIP-360). With one, the
// transaction coordinator answers.
#pragma once

#include "broker/server/handler_context.h"

namespace gregor::server {

void handle_init_producer_id(HandlerContext& context, const rpc::Request& request,
                             rpc::Reply reply);

}  // namespace gregor::server
