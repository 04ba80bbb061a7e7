// JoinGroup (11), Heartbeat (12), LeaveGroup (13), SyncGroup (14): members of classic groups.
#pragma once

#include "broker/server/handler_context.h"

namespace gregor::server {

void handle_join_group(HandlerContext& context, const rpc::Request& request, rpc::Reply reply);
void handle_heartbeat(HandlerContext& context, const rpc::Request& request, rpc::Reply reply);
void handle_leave_group(HandlerContext& context, const rpc::Request& request, rpc::Reply reply);
void handle_sync_group(HandlerContext& context, const rpc::Request& request, rpc::Reply reply);

}  // namespace gregor::server
