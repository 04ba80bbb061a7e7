#include "broker/server/handlers/consumer_groups.h"

#include <algorithm>

#include "broker/drivers/group_coordinators.h"
#include "broker/metadata/image.h"
#include "broker/server/config.h"
#include "broker/server/handlers/gather.h"
#include "broker/server/handlers/group_admin.h"

namespace gregor::server {
namespace {

using protocol::ConsumerGroupDescribeRequest;
using protocol::ConsumerGroupDescribeResponse;
using protocol::ConsumerGroupHeartbeatRequest;
using protocol::ConsumerGroupHeartbeatResponse;
using protocol::ErrorCode;

/// Where the broker has the protocol and the cluster the feature. Before metadata.version 4.0 there
/// is no such feature: as with Kafka 3.9 the broker's setting decides.
bool is_served(const HandlerContext& context) {
    const auto protocols = context.config.list("group.coordinator.rebalance.protocols");
    const auto image = context.image();
    const bool has_feature = image->metadata_version() < metadata::kMetadataVersion_4_0_IV0 ||
                             image->feature_level("group.version") >= 1;
    return has_feature && std::ranges::find(protocols, "consumer") != protocols.end();
}

}  // namespace

void handle_consumer_group_heartbeat(HandlerContext& context, const rpc::Request& request,
                                     rpc::Reply reply) {
    auto message = decode_or_close<ConsumerGroupHeartbeatRequest>(request, reply);
    if (!message) return;
    if (!is_served(context)) {
        return reply.send(
            ConsumerGroupHeartbeatResponse{.error_code = ErrorCode::unsupported_version});
    }
    const std::string group_id = message->group_id;
    context.groups().ask<ConsumerGroupHeartbeatResponse>(
        group_id,
        coordinator::ConsumerGroupHeartbeat{.request = *std::move(message),
                                            .version = request.version,
                                            .client_id = request.client_id.value_or(""),
                                            .client_host = "/" + request.client.host},
        [reply =
             std::move(reply)](Result<ConsumerGroupHeartbeatResponse, ErrorCode> answer) mutable {
            if (answer) return reply.send(*answer);
            reply.send(ConsumerGroupHeartbeatResponse{.error_code = answer.error()});
        });
}

void handle_consumer_group_describe(HandlerContext& context, const rpc::Request& request,
                                    rpc::Reply reply) {
    const auto message = decode_or_close<ConsumerGroupDescribeRequest>(request, reply);
    if (!message) return;
    using Part = ConsumerGroupDescribeResponse::Group;
    const bool with_operations = message->include_authorized_operations;
    const auto gather = Gather<Part>::make(
        message->group_ids.size(),
        [with_operations, reply = std::move(reply)](std::vector<Part> parts) mutable {
            ConsumerGroupDescribeResponse response;
            response.groups = std::move(parts);
            for (Part& group : response.groups) {
                if (!with_operations || group.error_code != ErrorCode::none) continue;
                group.authorized_operations = kAllGroupOperations;
            }
            reply.send(response);
        });
    const auto refuse = [](const std::string& group_id, ErrorCode error) {
        Part refused;
        refused.group_id = group_id;
        refused.error_code = error;
        return refused;
    };
    for (std::size_t i = 0; i < message->group_ids.size(); ++i) {
        const std::string& group_id = message->group_ids[i];
        if (!is_served(context)) {
            gather->put(i, refuse(group_id, ErrorCode::unsupported_version));
            continue;
        }
        context.groups().ask<Part>(
            group_id, coordinator::DescribeConsumerGroup{group_id},
            [gather, i, group_id, refuse](Result<Part, ErrorCode> answer) {
                gather->put(i, answer ? *std::move(answer) : refuse(group_id, answer.error()));
            });
    }
}

}  // namespace gregor::server
