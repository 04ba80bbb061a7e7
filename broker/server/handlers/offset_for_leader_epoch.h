// OffsetForLeaderEpoch (2 to 4): where a leader epoch ends (KIP-101, KIP-320).
#pragma once

#include "broker/server/handler_context.h"

namespace gregor::server {

/// Replies before it returns.
void handle_offset_for_leader_epoch(HandlerContext& context, const rpc::Request& request,
                                    rpc::Reply reply);

}  // namespace gregor::server
