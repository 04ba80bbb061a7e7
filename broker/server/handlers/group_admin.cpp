#include "broker/server/handlers/group_admin.h"

#include <iterator>

#include "broker/drivers/group_coordinators.h"
#include "broker/server/handlers/gather.h"

namespace gregor::server {
namespace {

using protocol::DeleteGroupsRequest;
using protocol::DeleteGroupsResponse;
using protocol::DescribeGroupsRequest;
using protocol::DescribeGroupsResponse;
using protocol::ErrorCode;
using protocol::ListGroupsRequest;
using protocol::ListGroupsResponse;

}  // namespace

void handle_describe_groups(HandlerContext& context, const rpc::Request& request,
                            rpc::Reply reply) {
    const auto message = decode_or_close<DescribeGroupsRequest>(request, reply);
    if (!message) return;
    using Part = DescribeGroupsResponse::Group;
    const bool with_operations = message->include_authorized_operations;
    const auto gather = Gather<Part>::make(
        message->groups.size(),
        [with_operations, reply = std::move(reply)](std::vector<Part> parts) mutable {
            DescribeGroupsResponse response;
            response.groups = std::move(parts);
            for (Part& group : response.groups) {
                if (!with_operations || group.error_code != ErrorCode::none) continue;
                group.authorized_operations = kAllGroupOperations;
            }
            reply.send(response);
        });
    for (std::size_t i = 0; i < message->groups.size(); ++i) {
        const std::string& group_id = message->groups[i];
        context.groups().ask<Part>(
            group_id, coordinator::DescribeGroup{.group_id = group_id, .version = request.version},
            [gather, i, group_id](Result<Part, ErrorCode> answer) {
                if (answer) return gather->put(i, *std::move(answer));
                Part refused;
                refused.group_id = group_id;
                refused.error_code = answer.error();
                gather->put(i, std::move(refused));
            });
    }
}

/// Those of every partition that is coordinated here.
void handle_list_groups(HandlerContext& context, const rpc::Request& request, rpc::Reply reply) {
    const auto message = decode_or_close<ListGroupsRequest>(request, reply);
    if (!message) return;
    using Part = ListGroupsResponse;
    const auto partitions = context.groups().driver().partitions();
    const auto gather = Gather<Part>::make(
        partitions.size(), [reply = std::move(reply)](std::vector<Part> parts) mutable {
            ListGroupsResponse response;
            for (Part& part : parts) {
                // A partition that has moved is listed by its new coordinator.
                if (part.error_code == ErrorCode::not_coordinator) continue;
                if (part.error_code != ErrorCode::none) response.error_code = part.error_code;
                std::ranges::move(part.groups, std::back_inserter(response.groups));
            }
            if (response.error_code != ErrorCode::none) response.groups.clear();
            reply.send(response);
        });
    for (std::size_t i = 0; i < partitions.size(); ++i) {
        context.groups().ask_shard<Part>(
            partitions[i], coordinator::ListGroups{*message},
            [gather, i](Result<Part, ErrorCode> answer) {
                gather->put(i, answer ? *std::move(answer) : Part{.error_code = answer.error()});
            });
    }
}

void handle_delete_groups(HandlerContext& context, const rpc::Request& request, rpc::Reply reply) {
    const auto message = decode_or_close<DeleteGroupsRequest>(request, reply);
    if (!message) return;
    using Part = DeleteGroupsResponse::Result;
    const auto gather = Gather<Part>::make(
        message->groups_names.size(), [reply = std::move(reply)](std::vector<Part> parts) mutable {
            DeleteGroupsResponse response;
            response.results = std::move(parts);
            reply.send(response);
        });
    for (std::size_t i = 0; i < message->groups_names.size(); ++i) {
        const std::string& group_id = message->groups_names[i];
        context.groups().ask<Part>(group_id, coordinator::DeleteGroup{group_id},
                                   [gather, i, group_id](Result<Part, ErrorCode> answer) {
                                       if (answer) return gather->put(i, *std::move(answer));
                                       Part refused;
                                       refused.group_id = group_id;
                                       refused.error_code = answer.error();
                                       gather->put(i, std::move(refused));
                                   });
    }
}

}  // namespace gregor::server
