// Requests that the active controller answers: a broker's listener passes them on to wherever it
// is, a controller's listener takes them only while this node is it (KIP-590, without the
// envelope).
#pragma once

#include "broker/drivers/controller_channel.h"
#include "broker/server/handler_context.h"

namespace gregor::server {

/// How long a broker looks for a controller on a client's behalf.
inline constexpr Duration kForwardTimeout = 30s;

/// NOT_CONTROLLER on a controller's listener, REQUEST_TIMED_OUT on a broker's, when nobody answers.
template <class Request>
[[nodiscard]] Result<typename drivers::ResponseOf<Request>::type, protocol::ErrorCode>
ask_controller(HandlerContext& context, const rpc::Request& came_with, const Request& request,
               std::int16_t version) {
    if (context.is_from_controller_listener(came_with)) {
        return context.metadata.controller().handle(request, version);
    }
    const Instant deadline = deadline_after(context.runtime.clock().now(), kForwardTimeout);
    return context.channel.call(request, version, deadline);
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
