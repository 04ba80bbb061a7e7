// DescribeGroups (15), ListGroups (16), DeleteGroups (42): groups seen from outside.
#pragma once

#include <cstdint>

#include "broker/server/handler_context.h"

namespace gregor::server {

/// Bits of Kafka's AclOperation that there are for a group: Read (3), Delete (6), Describe (8),
/// DescribeConfigs (10), AlterConfigs (11); without an authorizer everyone may do all.
inline constexpr std::int32_t kAllGroupOperations = 1 << 3 | 1 << 6 | 1 << 8 | 1 << 10 | 1 << 11;

void handle_describe_groups(HandlerContext& context, const rpc::Request& request, rpc::Reply reply);
void handle_list_groups(HandlerContext& context, const rpc::Request& request, rpc::Reply reply);
void handle_delete_groups(HandlerContext& context, const rpc::Request& request, rpc::Reply reply);

}  // namespace gregor::server
