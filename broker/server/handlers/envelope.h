// Envelope (0): a client's request that a broker passes on to this controller (KIP-590). It is
// served as if it had come by this listener, and its answer goes back in an envelope.
#pragma once

#include "broker/server/handler_context.h"

namespace gregor::server {

void handle_envelope(HandlerContext& context, const rpc::Request& request, rpc::Reply reply);

}  // namespace gregor::server
