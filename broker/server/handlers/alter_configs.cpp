#include "broker/server/handlers/alter_configs.h"

#include "broker/server/handlers/controller_requests.h"

namespace gregor::server {
namespace {

template <class Request, class Response>
void forward(HandlerContext& context, const rpc::Request& request, rpc::Reply reply) {
    answer_from_controller<Request>(
        context, request, std::move(reply), [](const Request& message, protocol::ErrorCode error) {
            Response refusal;
            for (const auto& resource : message.resources) {
                refusal.responses.push_back({.error_code = error,
                                             .error_message = std::nullopt,
                                             .resource_type = resource.resource_type,
                                             .resource_name = resource.resource_name});
            }
            return refusal;
        });
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
