// DescribeTopicPartitions (75): what Metadata tells of partitions, with their eligible leader
// replicas, a page at a time (KIP-966).
#pragma once

#include "broker/server/handler_context.h"

namespace gregor::server {

/// Topics come by name, all of them if none is named; a page holds as many partitions as the
/// request's limit and max.request.partition.size.limit allow, and at least one. A negative
/// partition in the cursor: INVALID_REQUEST for each topic that is named.
void handle_describe_topic_partitions(HandlerContext& context, const rpc::Request& request,
                                      rpc::Reply reply);

}  // namespace gregor::server
