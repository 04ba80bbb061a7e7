// DescribeLogDirs (35): which replicas lie in which log directory of this broker, and how large
// their logs are (KIP-113).
#pragma once

#include "broker/server/handler_context.h"

namespace gregor::server {

/// Without topics it is all replicas; a directory that has failed is told as KAFKA_STORAGE_ERROR.
/// How large the volumes are (KIP-827) is told as unknown, -1.
void handle_describe_log_dirs(HandlerContext& context, const rpc::Request& request,
                              rpc::Reply reply);

}  // namespace gregor::server
