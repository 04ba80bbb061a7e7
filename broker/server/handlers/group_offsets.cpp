#include "broker/server/handlers/group_offsets.h"

#include "broker/coordinator/offset_answers.h"
#include "broker/drivers/group_coordinators.h"
#include "broker/server/handlers/gather.h"

namespace gregor::server {
namespace {

using coordinator::refuse_partitions;
using protocol::ErrorCode;
using protocol::OffsetCommitRequest;
using protocol::OffsetCommitResponse;
using protocol::OffsetDeleteRequest;
using protocol::OffsetDeleteResponse;
using protocol::OffsetFetchRequest;
using protocol::OffsetFetchResponse;

constexpr std::int16_t kFirstFetchWithError = 2;
constexpr std::int16_t kFirstFetchOfSeveral = 8;

/// The one group of a request before version 8.
OffsetFetchRequest::Group only_group(const OffsetFetchRequest& request) {
    OffsetFetchRequest::Group group;
    group.group_id = request.group_id;
    group.topics.reset();
    if (!request.topics) return group;
    group.topics.emplace();
    for (const auto& topic : *request.topics) {
        group.topics->push_back({.name = topic.name, .partition_indexes = topic.partition_indexes});
    }
    return group;
}

/// Version 1 has room for an error in its partitions only.
void spread_error(const OffsetFetchRequest::Group& asked, OffsetFetchResponse::Group& answer) {
    if (answer.error_code == ErrorCode::none || !asked.topics) return;
    for (const auto& topic : *asked.topics) {
        auto& answered = answer.topics.emplace_back();
        answered.name = topic.name;
        for (const protocol::PartitionId partition : topic.partition_indexes) {
            answered.partitions.push_back({.partition_index = partition,
                                           .committed_offset = protocol::kNoOffset,
                                           .error_code = answer.error_code});
        }
    }
}

/// As versions before 8 have it.
OffsetFetchResponse single(OffsetFetchResponse::Group group) {
    OffsetFetchResponse response;
    response.error_code = group.error_code;
    for (auto& topic : group.topics) {
        auto& answered = response.topics.emplace_back();
        answered.name = std::move(topic.name);
        for (auto& partition : topic.partitions) {
            answered.partitions.push_back(
                {.partition_index = partition.partition_index,
                 .committed_offset = partition.committed_offset,
                 .committed_leader_epoch = partition.committed_leader_epoch,
                 .metadata = std::move(partition.metadata),
                 .error_code = partition.error_code});
        }
    }
    return response;
}

}  // namespace

void handle_offset_commit(HandlerContext& context, const rpc::Request& request, rpc::Reply reply) {
    auto message = decode_or_close<OffsetCommitRequest>(request, reply);
    if (!message) return;
    const std::string group_id = message->group_id;
    auto refused = refuse_partitions<OffsetCommitResponse>(*message, ErrorCode::none);
    context.groups().ask<OffsetCommitResponse>(
        group_id,
        coordinator::CommitOffsets{.request = *std::move(message), .version = request.version},
        [refused = std::move(refused),
         reply = std::move(reply)](Result<OffsetCommitResponse, ErrorCode> answer) mutable {
            if (answer) return reply.send(*answer);
            reply.send(refuse_partitions<OffsetCommitResponse>(refused, answer.error()));
        });
}

void handle_offset_fetch(HandlerContext& context, const rpc::Request& request, rpc::Reply reply) {
    auto message = decode_or_close<OffsetFetchRequest>(request, reply);
    if (!message) return;
    const bool is_single = request.version < kFirstFetchOfSeveral;
    std::vector<OffsetFetchRequest::Group> groups =
        is_single ? std::vector{only_group(*message)} : std::move(message->groups);
    using Part = OffsetFetchResponse::Group;
    const auto gather = Gather<Part>::make(
        groups.size(), [is_single, reply = std::move(reply)](std::vector<Part> parts) mutable {
            if (is_single) return reply.send(single(std::move(parts.front())));
            OffsetFetchResponse response;
            response.groups = std::move(parts);
            reply.send(response);
        });
    for (std::size_t i = 0; i < groups.size(); ++i) {
        const OffsetFetchRequest::Group& group = groups[i];
        context.groups().ask<Part>(
            group.group_id,
            coordinator::FetchOffsets{.group = group, .require_stable = message->require_stable},
            [gather, i, group, version = request.version](Result<Part, ErrorCode> answer) {
                if (answer) return gather->put(i, *std::move(answer));
                Part refused;
                refused.group_id = group.group_id;
                refused.error_code = answer.error();
                if (version < kFirstFetchWithError) spread_error(group, refused);
                gather->put(i, std::move(refused));
            });
    }
}

void handle_offset_delete(HandlerContext& context, const rpc::Request& request, rpc::Reply reply) {
    auto message = decode_or_close<OffsetDeleteRequest>(request, reply);
    if (!message) return;
    const std::string group_id = message->group_id;
    context.groups().ask<OffsetDeleteResponse>(
        group_id, coordinator::DeleteOffsets{*std::move(message)},
        [reply = std::move(reply)](Result<OffsetDeleteResponse, ErrorCode> answer) mutable {
            if (answer) return reply.send(*answer);
            reply.send(OffsetDeleteResponse{.error_code = answer.error(), .topics = {}});
        });
}

}  // namespace gregor::server
