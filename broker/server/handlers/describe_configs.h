// DescribeConfigs (32): the settings of topics and brokers, their sources and synonyms (KIP-226,
// KIP-569).
#pragma once

#include "broker/server/handler_context.h"

namespace gregor::server {

void handle_describe_configs(HandlerContext& context, const rpc::Request& request,
                             rpc::Reply reply);

}  // namespace gregor::server
