// Requests that the active controller answers: a broker's listener passes them on to wherever it
// is, in an envelope (KIP-590), a controller's listener takes them only while this node is it.
#pragma once

#include "broker/drivers/controller_channel.h"
#include "broker/server/handler_context.h"

namespace gregor::server {

/// How long a broker looks for a controller on a client's behalf.
inline constexpr Duration kForwardTimeout = 30s;

/// `request`, in `version`, on behalf of whoever sent `came_with`: that very request, or another
/// that follows from it.
template <class Request>
[[nodiscard]] protocol::ForwardedRequest forwarded(const rpc::Request& came_with,
                                                   const Request& request, std::int16_t version) {
    constexpr protocol::ApiKey kKey{Request::kMessage.id};
    protocol::ForwardedRequest result{.key = kKey,
                                      .version = version,
                                      .correlation_id = came_with.correlation_id,
                                      .frame = came_with.frame,
                                      .client_host = came_with.client.host};
    if (came_with.key == kKey) return result;
    const protocol::RequestHeader header{.request_api_key = kKey,
                                         .request_api_version = version,
                                         .correlation_id = came_with.correlation_id,
                                         .client_id = came_with.client_id};
    result.frame =
        protocol::encode_request_frame(header, request).suffix(protocol::kFrameSizeBytes);
    return result;
}

/// When nobody answers NOT_CONTROLLER on a controller's listener, REQUEST_TIMED_OUT on a broker's;
/// UNSUPPORTED_VERSION: the client should begin anew, and see what there is.
template <class Request>
[[nodiscard]] Result<typename drivers::ResponseOf<Request>::type, protocol::ErrorCode>
ask_controller(HandlerContext& context, const rpc::Request& came_with, const Request& request,
               std::int16_t version) {
    if (context.is_from_controller_listener(came_with)) {
        return context.metadata.controller().handle(request, version);
    }
    const Instant deadline = deadline_after(context.runtime.clock().now(), kForwardTimeout);
    const protocol::ForwardedRequest passed_on = forwarded(came_with, request, version);
    return context.channel.call(request, version, deadline, &passed_on);
}

/// Answers what the controller does; `refuse` makes an answer of an error.
template <class Request, class Refuse>
void answer_from_controller(HandlerContext& context, const rpc::Request& request, rpc::Reply reply,
                            Refuse refuse) {
    const auto message = decode_or_close<Request>(request, reply);
    if (!message) return;
    const auto answer = ask_controller(context, request, *message, request.version);
    if (answer) {
        reply.send(*answer);
    } else if (answer.error() == protocol::ErrorCode::unsupported_version) {
        reply.close_connection();
    } else {
        reply.send(refuse(*message, answer.error()));
    }
}

void handle_broker_registration(HandlerContext&, const rpc::Request&, rpc::Reply);
void handle_broker_heartbeat(HandlerContext&, const rpc::Request&, rpc::Reply);
void handle_allocate_producer_ids(HandlerContext&, const rpc::Request&, rpc::Reply);
void handle_controller_registration(HandlerContext&, const rpc::Request&, rpc::Reply);
void handle_alter_partition(HandlerContext&, const rpc::Request&, rpc::Reply);
void handle_assign_replicas_to_dirs(HandlerContext&, const rpc::Request&, rpc::Reply);
void handle_unregister_broker(HandlerContext&, const rpc::Request&, rpc::Reply);
void handle_elect_leaders(HandlerContext&, const rpc::Request&, rpc::Reply);
void handle_alter_partition_reassignments(HandlerContext&, const rpc::Request&, rpc::Reply);
void handle_list_partition_reassignments(HandlerContext&, const rpc::Request&, rpc::Reply);
void handle_update_features(HandlerContext&, const rpc::Request&, rpc::Reply);

}  // namespace gregor::server
