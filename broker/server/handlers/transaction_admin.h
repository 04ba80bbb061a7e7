// Transactions as operators see them (KIP-664): DescribeTransactions (65) and ListTransactions (66)
// of the ids that this broker coordinates, DescribeProducers (61) of partitions that it leads.
#pragma once

#include "broker/server/handler_context.h"

namespace gregor::server {

void handle_describe_transactions(HandlerContext& context, const rpc::Request& request,
                                  rpc::Reply reply);
void handle_list_transactions(HandlerContext& context, const rpc::Request& request,
                              rpc::Reply reply);
void handle_describe_producers(HandlerContext& context, const rpc::Request& request,
                               rpc::Reply reply);

}  // namespace gregor::server
