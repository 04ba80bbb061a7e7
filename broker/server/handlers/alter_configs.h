// IncrementalAlterConfigs (44) and AlterConfigs (33): see broker/controller/configs.h.
#pragma once

#include "broker/server/handler_context.h"

namespace gregor::server {

void handle_incremental_alter_configs(HandlerContext& context, const rpc::Request& request,
                                      rpc::Reply reply);
void handle_alter_configs(HandlerContext& context, const rpc::Request& request, rpc::Reply reply);

}  // namespace gregor::server
