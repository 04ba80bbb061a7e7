// DescribeCluster (60): the cluster's id, its controller, and where its brokers listen (KIP-700).
#pragma once

#include "broker/server/handler_context.h"

namespace gregor::server {

/// Endpoint type 1 asks for brokers, 2 (from version 1) for controllers, KIP-919; any other is
/// UNSUPPORTED_ENDPOINT_TYPE, the wrong one for the listener MISMATCHED_ENDPOINT_TYPE.
void handle_describe_cluster(HandlerContext& context, const rpc::Request& request,
                             rpc::Reply reply);

}  // namespace gregor::server
