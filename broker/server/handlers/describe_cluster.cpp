#include "broker/server/handlers/describe_cluster.h"

#include "broker/metadata/image.h"
#include "broker/protocol/messages/metadata.h"
#include "broker/server/config.h"

namespace gregor::server {
namespace {

using protocol::DescribeClusterRequest;
using protocol::DescribeClusterResponse;
using protocol::ErrorCode;

constexpr std::int8_t kBrokers = 1;
constexpr std::int8_t kControllers = 2;
/// All that there is to do with a cluster, as bits of Kafka's AclOperation: Create (5), Alter (7),
/// Describe (8), ClusterAction (9), DescribeConfigs (10), AlterConfigs (11), IdempotentWrite (12).
constexpr std::int32_t kAllClusterOperations =
    1 << 5 | 1 << 7 | 1 << 8 | 1 << 9 | 1 << 10 | 1 << 11 | 1 << 12;

template <class Node>
void add(DescribeClusterResponse& response, protocol::NodeId id, const Node& node,
         std::string_view listener, bool is_fenced) {
    for (const auto& endpoint : node.end_points) {
        if (endpoint.name != listener) continue;
        DescribeClusterResponse::Broker& broker = response.brokers.emplace_back();
        broker.broker_id = id;
        broker.host = endpoint.host;
        broker.port = endpoint.port;
        broker.is_fenced = is_fenced;
        if constexpr (requires { node.rack; }) broker.rack = node.rack;
    }
}

DescribeClusterResponse refusal(ErrorCode error, std::string message) {
    DescribeClusterResponse response;
    response.error_code = error;
    response.error_message = std::move(message);
    return response;
}

}  // namespace

void handle_describe_cluster(HandlerContext& context, const rpc::Request& request,
                             rpc::Reply reply) {
    const auto asked = decode_or_close<DescribeClusterRequest>(request, reply);
    if (!asked) return;
    const std::int8_t wanted = asked->endpoint_type;
    const bool on_controller = context.is_from_controller_listener(request);
    if (wanted != kBrokers && wanted != kControllers) {
        reply.send(refusal(ErrorCode::unsupported_endpoint_type, "Unsupported endpoint type"));
        return;
    }
    if ((wanted == kControllers) != on_controller) {
        reply.send(refusal(ErrorCode::mismatched_endpoint_type,
                           "The request was sent to an endpoint of the wrong type."));
        return;
    }
    const auto image = context.image();
    DescribeClusterResponse response;
    response.endpoint_type = wanted;
    response.cluster_id = context.cluster_id;
    response.controller_id = context.node_id;
    if (on_controller) {
        for (const auto& [id, controller] : image->controllers()) {
            add(response, id, controller, request.listener, false);
        }
    } else {
        for (const auto& [id, broker] : image->brokers()) {
            if (broker.fenced && !asked->include_fenced_brokers) continue;
            add(response, id, broker, request.listener, broker.fenced);
        }
    }
    if (asked->include_cluster_authorized_operations) {
        response.cluster_authorized_operations = kAllClusterOperations;
    }
    reply.send(response);
}

}  // namespace gregor::server
