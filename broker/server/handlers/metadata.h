// Metadata (3): brokers, topics, and who leads their partitions. A topic that is asked for by name
// and not there is created first, if the client and auto.create.topics.enable let it.
#pragma once

#include "broker/server/handler_context.h"

namespace gregor::server {

void handle_metadata(HandlerContext& context, const rpc::Request& request, rpc::Reply reply);

}  // namespace gregor::server
