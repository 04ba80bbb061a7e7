#include "broker/server/handlers/quorum.h"

#include "broker/server/handlers/controller_requests.h"

namespace gregor::server {
namespace {

template <class Request>
void to_raft(HandlerContext& context, const rpc::Request& request, rpc::Reply reply) {
    auto message = decode_or_close<Request>(request, reply);
    if (message) context.metadata.raft().handle(*std::move(message), std::move(reply));
}

/// A broker's listener passes on what only the leader can answer.
template <class Request, class Response>
void to_leader(HandlerContext& context, const rpc::Request& request, rpc::Reply reply) {
    const bool leads = context.metadata.raft().leader().leader_id == context.node_id;
    if (leads || context.is_from_controller_listener(request)) {
        to_raft<Request>(context, request, std::move(reply));
        return;
    }
    const auto message = decode_or_close<Request>(request, reply);
    if (!message) return;
    const auto answer = context.channel.forward_to_leader<Response>(
        forwarded(request, *message, request.version),
        deadline_after(context.runtime.clock().now(), kForwardTimeout));
    if (answer) {
        reply.send(*answer);
        return;
    }
    using protocol::ErrorCode;
    if (answer.error() == ErrorCode::unsupported_version) return reply.close_connection();
    Response refusal;
    refusal.error_code = answer.error() == ErrorCode::not_controller
                             ? ErrorCode::not_leader_or_follower
                             : answer.error();
    reply.send(refusal);
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
    to_leader<protocol::AddRaftVoterRequest, protocol::AddRaftVoterResponse>(context, request,
                                                                             std::move(reply));
}

void handle_remove_raft_voter(HandlerContext& context, const rpc::Request& request,
                              rpc::Reply reply) {
    to_leader<protocol::RemoveRaftVoterRequest, protocol::RemoveRaftVoterResponse>(
        context, request, std::move(reply));
}

void handle_update_raft_voter(HandlerContext& context, const rpc::Request& request,
                              rpc::Reply reply) {
    to_raft<protocol::UpdateRaftVoterRequest>(context, request, std::move(reply));
}

void handle_describe_quorum(HandlerContext& context, const rpc::Request& request,
                            rpc::Reply reply) {
    to_leader<protocol::DescribeQuorumRequest, protocol::DescribeQuorumResponse>(context, request,
                                                                                 std::move(reply));
}

}  // namespace gregor::server
