#include "broker/server/handlers/quorum.h"

#include "broker/drivers/cluster_metadata.h"

namespace gregor::server {
namespace {

template <class Request>
void to_raft(HandlerContext& context, const rpc::Request& request, rpc::Reply reply) {
    auto message = decode_or_close<Request>(request, reply);
    if (message) context.metadata.raft().handle(*std::move(message), std::move(reply));
}

}  // namespace

void handle_vote(HandlerContext& context, const rpc::Request& request, rpc::Reply reply) {
    to_raft<protocol::VoteRequest>(context, request, std::move(reply));
}

void handle_begin_quorum_epoch(HandlerContext& context, const rpc::Request& request,
                               rpc::Reply reply) {
    to_raft<protocol::BeginQuorumEpochRequest>(context, request, std::move(reply));
}

void handle_end_quorum_epoch(HandlerContext& context, const rpc::Request& request,
                             rpc::Reply reply) {
    to_raft<protocol::EndQuorumEpochRequest>(context, request, std::move(reply));
}

void handle_fetch_snapshot(HandlerContext& context, const rpc::Request& request, rpc::Reply reply) {
    to_raft<protocol::FetchSnapshotRequest>(context, request, std::move(reply));
}

void handle_fetch_metadata(HandlerContext& context, const rpc::Request& request, rpc::Reply reply) {
    to_raft<protocol::FetchRequest>(context, request, std::move(reply));
}

void handle_add_raft_voter(HandlerContext& context, const rpc::Request& request, rpc::Reply reply) {
    to_raft<protocol::AddRaftVoterRequest>(context, request, std::move(reply));
}

void handle_remove_raft_voter(HandlerContext& context, const rpc::Request& request,
                              rpc::Reply reply) {
    to_raft<protocol::RemoveRaftVoterRequest>(context, request, std::move(reply));
}

void handle_update_raft_voter(HandlerContext& context, const rpc::Request& request,
                              rpc::Reply reply) {
    to_raft<protocol::UpdateRaftVoterRequest>(context, request, std::move(reply));
}

void handle_describe_quorum(HandlerContext& context, const rpc::Request& request,
                            rpc::Reply reply) {
    to_raft<protocol::DescribeQuorumRequest>(context, request, std::move(reply));
}

}  // namespace gregor::server
