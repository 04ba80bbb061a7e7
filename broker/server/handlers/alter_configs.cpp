#include "broker/server/handlers/alter_configs.h"

#include "broker/server/handlers/controller_requests.h"

namespace gregor::server {
namespace {

template <class Request, class Response>
void forward(HandlerContext& context, const rpc::Request& request, rpc::Reply reply) {
    const auto message = decode_or_close<Request>(request, reply);
    if (!message) return;
    const auto answer = ask_controller(context, request, *message, request.version);
    if (answer) {
        reply.send(*answer);
        return;
    }
    Response refusal;
    for (const auto& resource : message->resources) {
        refusal.responses.push_back({.error_code = answer.error(),
                                     .error_message = std::nullopt,
                                     .resource_type = resource.resource_type,
                                     .resource_name = resource.resource_name});
    }
    reply.send(refusal);
}

}  // namespace

void handle_incremental_alter_configs(HandlerContext& context, const rpc::Request& request,
                                      rpc::Reply reply) {
    forward<protocol::IncrementalAlterConfigsRequest, protocol::IncrementalAlterConfigsResponse>(
        context, request, std::move(reply));
}

void handle_alter_configs(HandlerContext& context, const rpc::Request& request, rpc::Reply reply) {
    forward<protocol::AlterConfigsRequest, protocol::AlterConfigsResponse>(context, request,
                                                                           std::move(reply));
}

}  // namespace gregor::server
