#include "broker/server/handlers/find_coordinator.h"

#include "broker/protocol/messages/group_membership.h"

namespace gregor::server {
namespace {

constexpr std::int16_t kFirstBatched = 4;  // KIP-699: many keys in one request
constexpr std::string_view kMessage = "The coordinator is not available.";

}  // namespace

void handle_find_coordinator(HandlerContext&, const rpc::Request& request, rpc::Reply reply) {
    const auto asked = decode_or_close<protocol::FindCoordinatorRequest>(request, reply);
    if (!asked) return;
    protocol::FindCoordinatorResponse response;
    if (request.version < kFirstBatched) {
        response.error_code = protocol::ErrorCode::coordinator_not_available;
        response.error_message = kMessage;
        response.node_id = protocol::kNoNode;
        response.port = -1;
    }
    for (const std::string& key : asked->coordinator_keys) {
        response.coordinators.push_back({
            .key = key,
            .node_id = protocol::kNoNode,
            .port = -1,
            .error_code = protocol::ErrorCode::coordinator_not_available,
            .error_message = std::string(kMessage),
        });
    }
    reply.send(response);
}

}  // namespace gregor::server
