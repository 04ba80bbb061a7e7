// Requests of the quorum's members to each other, and about the quorum: the raft core answers them
// (broker/raft). Fetch on a controller's listener is the metadata log's. What clients may ask about
// the quorum, a broker passes on to its leader.
#pragma once

#include "broker/server/handler_context.h"

namespace gregor::server {

void handle_vote(HandlerContext&, const rpc::Request&, rpc::Reply);
void handle_begin_quorum_epoch(HandlerContext&, const rpc::Request&, rpc::Reply);
void handle_end_quorum_epoch(HandlerContext&, const rpc::Request&, rpc::Reply);
void handle_fetch_snapshot(HandlerContext&, const rpc::Request&, rpc::Reply);
void handle_fetch_metadata(HandlerContext&, const rpc::Request&, rpc::Reply);
void handle_add_raft_voter(HandlerContext&, const rpc::Request&, rpc::Reply);
void handle_remove_raft_voter(HandlerContext&, const rpc::Request&, rpc::Reply);
void handle_update_raft_voter(HandlerContext&, const rpc::Request&, rpc::Reply);
void handle_describe_quorum(HandlerContext&, const rpc::Request&, rpc::Reply);

}  // namespace gregor::server
