// Produce (3 to 12): appends record batches; answers when acks are fulfilled.
#pragma once

#include "broker/server/handler_context.h"

namespace gregor::server {

/// Returns when the records are in the log; with acks=all the reply may still wait for replicas.
/// acks=0 gets no reply, and an error then closes the connection, as nothing else can tell it.
void handle_produce(HandlerContext& context, const rpc::Request& request, rpc::Reply reply);

}  // namespace gregor::server
