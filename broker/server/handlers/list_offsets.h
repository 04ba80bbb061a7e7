// ListOffsets (1 to 10): offsets by time, and the special ones.
#pragma once

#include "broker/server/handler_context.h"

namespace gregor::server {

/// Replies before it returns.
void handle_list_offsets(HandlerContext& context, const rpc::Request& request, rpc::Reply reply);

}  // namespace gregor::server
