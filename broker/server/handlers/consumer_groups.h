// ConsumerGroupHeartbeat (68), ConsumerGroupDescribe (69): groups of the consumer protocol
// (KIP-848).
#pragma once

#include "broker/server/handler_context.h"

namespace gregor::server {

void handle_consumer_group_heartbeat(HandlerContext& context, const rpc::Request& request,
                                     rpc::Reply reply);
void handle_consumer_group_describe(HandlerContext& context, const rpc::Request& request,
                                    rpc::Reply reply);

}  // namespace gregor::server
