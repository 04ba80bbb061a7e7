// Fetch (4 to 17): records for consumers, with sessions (KIP-227) and long polls.
#pragma once

#include "broker/server/handler_context.h"

namespace gregor::server {

/// Replies at once or, when there is too little to give, later.
void handle_fetch(HandlerContext& context, const rpc::Request& request, rpc::Reply reply);

}  // namespace gregor::server
