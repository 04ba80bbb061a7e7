// DeleteRecords (0 to 2): cuts the start of logs (KIP-107).
#pragma once

#include "broker/server/handler_context.h"

namespace gregor::server {

/// Replies before it returns, when the new log start is durable.
void handle_delete_records(HandlerContext& context, const rpc::Request& request, rpc::Reply reply);

}  // namespace gregor::server
