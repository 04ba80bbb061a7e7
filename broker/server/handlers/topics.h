// CreateTopics (19), DeleteTopics (20), CreatePartitions (37): the controller decides; the answer
// goes when its records are durable and this node has followed them.
#pragma once

#include "broker/server/handler_context.h"

namespace gregor::server {

void handle_create_topics(HandlerContext& context, const rpc::Request& request, rpc::Reply reply);
void handle_delete_topics(HandlerContext& context, const rpc::Request& request, rpc::Reply reply);
void handle_create_partitions(HandlerContext& context, const rpc::Request& request,
                              rpc::Reply reply);

}  // namespace gregor::server
