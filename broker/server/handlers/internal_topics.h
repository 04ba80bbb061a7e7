// The coordinators' topics, which are made when somebody asks for a coordinator first.
#pragma once

#include "broker/server/handler_context.h"

namespace gregor::server {

/// Nothing if the topic is there. Waits for the controller; when it returns the topic is there,
/// unless the trace says why not.
void make_consumer_offsets(HandlerContext& context, const rpc::Request& request);
void make_transaction_state(HandlerContext& context, const rpc::Request& request);

}  // namespace gregor::server
