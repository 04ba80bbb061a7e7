// AlterReplicaLogDirs (1 and 2): replicas move to another log directory of this broker (KIP-113).
#pragma once

#include "broker/server/handler_context.h"

namespace gregor::server {

void handle_alter_replica_log_dirs(HandlerContext& context, const rpc::Request& request,
                                   rpc::Reply reply);

}  // namespace gregor::server
