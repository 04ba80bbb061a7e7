// DescribeGroups (15), ListGroups (16), DeleteGroups (42): groups seen from outside.
#pragma once

#include "broker/server/handler_context.h"

namespace gregor::server {

void handle_describe_groups(HandlerContext& context, const rpc::Request& request, rpc::Reply reply);
void handle_list_groups(HandlerContext& context, const rpc::Request& request, rpc::Reply reply);
void handle_delete_groups(HandlerContext& context, const rpc::Request& request, rpc::Reply reply);

}  // namespace gregor::server
