// OffsetCommit (8), OffsetFetch (9), OffsetDelete (47): committed offsets.
#pragma once

#include "broker/server/handler_context.h"

namespace gregor::server {

void handle_offset_commit(HandlerContext& context, const rpc::Request& request, rpc::Reply reply);
void handle_offset_fetch(HandlerContext& context, const rpc::Request& request, rpc::Reply reply);
void handle_offset_delete(HandlerContext& context, const rpc::Request& request, rpc::Reply reply);

}  // namespace gregor::server
