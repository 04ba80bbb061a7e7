#include "broker/server/handlers/group_membership.h"

#include "broker/drivers/group_coordinators.h"

namespace gregor::server {
namespace {

using protocol::ErrorCode;
using protocol::HeartbeatRequest;
using protocol::HeartbeatResponse;
using protocol::JoinGroupRequest;
using protocol::JoinGroupResponse;
using protocol::LeaveGroupRequest;
using protocol::LeaveGroupResponse;
using protocol::SyncGroupRequest;
using protocol::SyncGroupResponse;

constexpr std::int16_t kFirstLeaveOfSeveral = 3;
constexpr std::int16_t kFirstSyncWithProtocol = 5;

/// Asks the group's coordinator; `refusal` is what is answered when it is not here, with the error.
template <class Response>
void ask(HandlerContext& context, const std::string& group_id, coordinator::GroupRequest request,
         Response refusal, rpc::Reply reply) {
    context.groups().ask<Response>(group_id, std::move(request),
                                   [refusal = std::move(refusal), reply = std::move(reply)](
                                       Result<Response, ErrorCode> answer) mutable {
                                       if (answer) return reply.send(*answer);
                                       refusal.error_code = answer.error();
                                       reply.send(refusal);
                                   });
}

}  // namespace

void handle_join_group(HandlerContext& context, const rpc::Request& request, rpc::Reply reply) {
    auto message = decode_or_close<JoinGroupRequest>(request, reply);
    if (!message) return;
    JoinGroupResponse refusal;
    refusal.member_id = message->member_id;
    refusal.protocol_name.reset();
    // What is kept of a member must not hold on to the frame that it came in.
    for (auto& each : message->protocols) each.metadata = Bytes::copy_of(each.metadata);
    const std::string group_id = message->group_id;
    ask(context, group_id,
        coordinator::JoinGroup{.request = *std::move(message),
                               .version = request.version,
                               .client_id = request.client_id.value_or(""),
                               .client_host = "/" + request.client.host},
        std::move(refusal), std::move(reply));
}

void handle_sync_group(HandlerContext& context, const rpc::Request& request, rpc::Reply reply) {
    auto message = decode_or_close<SyncGroupRequest>(request, reply);
    if (!message) return;
    const bool has_protocol = message->protocol_type && message->protocol_name;
    if (request.version >= kFirstSyncWithProtocol && !has_protocol) {
        return reply.send(SyncGroupResponse{.error_code = ErrorCode::inconsistent_group_protocol});
    }
    const std::string group_id = message->group_id;
    ask(context, group_id, coordinator::SyncGroup{*std::move(message)}, SyncGroupResponse(),
        std::move(reply));
}

void handle_heartbeat(HandlerContext& context, const rpc::Request& request, rpc::Reply reply) {
    auto message = decode_or_close<HeartbeatRequest>(request, reply);
    if (!message) return;
    const std::string group_id = message->group_id;
    context.groups().ask<HeartbeatResponse>(
        group_id, coordinator::Heartbeat{*std::move(message)},
        [reply = std::move(reply)](Result<HeartbeatResponse, ErrorCode> answer) mutable {
            if (answer) return reply.send(*answer);
            // Nobody knows yet whether the member is one; its session has not begun.
            const bool is_loading = answer.error() == ErrorCode::coordinator_load_in_progress;
            reply.send(
                HeartbeatResponse{.error_code = is_loading ? ErrorCode::none : answer.error()});
        });
}

void handle_leave_group(HandlerContext& context, const rpc::Request& request, rpc::Reply reply) {
    auto message = decode_or_close<LeaveGroupRequest>(request, reply);
    if (!message) return;
    const bool is_single = request.version < kFirstLeaveOfSeveral;
    if (is_single) {
        message->members.clear();
        message->members.emplace_back().member_id = message->member_id;
    }
    const std::string group_id = message->group_id;
    context.groups().ask<LeaveGroupResponse>(
        group_id, coordinator::LeaveGroup{*std::move(message)},
        [is_single,
         reply = std::move(reply)](Result<LeaveGroupResponse, ErrorCode> answer) mutable {
            if (!answer) return reply.send(LeaveGroupResponse{.error_code = answer.error()});
            if (is_single && answer->error_code == ErrorCode::none) {
                answer->error_code = answer->members.front().error_code;
            }
            reply.send(*answer);
        });
}

}  // namespace gregor::server
