// FindCoordinator (10): the leader of the partition that a group or a transactional id lives on.
// The internal topic is made when somebody asks first.
#pragma once

#include "broker/server/handler_context.h"

namespace gregor::server {

void handle_find_coordinator(HandlerContext& context, const rpc::Request& request,
                             rpc::Reply reply);

}  // namespace gregor::server
