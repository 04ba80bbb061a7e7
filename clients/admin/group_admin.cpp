#include "clients/admin/group_admin.h"

#include <algorithm>

#include "broker/protocol/messages/group_offsets.h"

namespace gregor::admin {

using client::CoordinatorLink;
using client::error_of;
using protocol::ErrorCode;

GroupAdmin::GroupAdmin(client::Cluster& cluster, Duration timeout)
    : cluster_(cluster), timeout_(timeout) {}

Instant GroupAdmin::deadline() {
    return deadline_after(cluster_.runtime().clock().now(), timeout_);
}

template <class Response, class Request, class ErrorIn>
Result<Response, client::Error> GroupAdmin::ask_coordinator(const std::string& group,
                                                            const Request& request,
                                                            ErrorIn error_in) {
    CoordinatorLink link(cluster_, group, "gregor-admin", timeout_);
    const Instant until = deadline();
    for (;;) {
        auto answer = link.call<Response>(CoordinatorLink::Channel::offsets, request, until);
        if (!answer) {
            if (!cluster_.is_worth_another_try(answer.error(), until)) return answer;
        } else {
            const ErrorCode code = error_in(*answer);
            if (code == ErrorCode::none) return answer;
            link.note(code);
            if (!cluster_.is_worth_another_try(error_of(code), until)) {
                return fail(error_of(code));
            }
        }
        cluster_.back_off();
    }
}

Result<std::vector<protocol::ListGroupsResponse::Group>, client::Error> GroupAdmin::list_groups() {
    const std::string no_topic = "__consumer_offsets";  // the answer's brokers are what counts
    const auto metadata = TRY(cluster_.metadata(std::span(&no_topic, 1), deadline()));
    std::vector<protocol::ListGroupsResponse::Group> groups;
    for (const auto& broker : metadata.brokers) {
        const auto answer = TRY(cluster_.call_node<protocol::ListGroupsResponse>(
            broker.node_id, protocol::ListGroupsRequest{}, deadline()));
        if (answer.error_code != ErrorCode::none) return fail(error_of(answer.error_code));
        groups.insert(groups.end(), answer.groups.begin(), answer.groups.end());
    }
    std::ranges::sort(groups, {}, &protocol::ListGroupsResponse::Group::group_id);
    return groups;
}

Result<protocol::DescribeGroupsResponse::Group, client::Error> GroupAdmin::describe_group(
    const std::string& group) {
    const auto error_in = [](const protocol::DescribeGroupsResponse& answer) {
        if (answer.groups.empty()) return ErrorCode::unknown_server_error;
        const ErrorCode code = answer.groups.front().error_code;
        // From version 6 on a group that is not there is an error; before, its state says so.
        return code == ErrorCode::group_id_not_found ? ErrorCode::none : code;
    };
    const auto answer = TRY(ask_coordinator<protocol::DescribeGroupsResponse>(
        group, protocol::DescribeGroupsRequest{.groups = {group}}, error_in));
    return answer.groups.front();
}

Result<std::optional<protocol::ConsumerGroupDescribeResponse::Group>, client::Error>
GroupAdmin::describe_consumer_group(const std::string& group) {
    using Response = protocol::ConsumerGroupDescribeResponse;
    const auto error_in = [](const Response& answer) {
        return answer.groups.empty() ? ErrorCode::unknown_server_error
                                     : answer.groups.front().error_code;
    };
    const auto answer = ask_coordinator<Response>(
        group, protocol::ConsumerGroupDescribeRequest{.group_ids = {group}}, error_in);
    if (answer) return answer->groups.front();
    const ErrorCode code = answer.error().code;
    const bool is_none =
        code == ErrorCode::group_id_not_found || code == ErrorCode::unsupported_version;
    if (is_none) return std::nullopt;
    return fail(answer.error());
}

Result<void, client::Error> GroupAdmin::delete_group(const std::string& group) {
    const auto error_in = [](const protocol::DeleteGroupsResponse& answer) {
        return answer.results.empty() ? ErrorCode::unknown_server_error
                                      : answer.results.front().error_code;
    };
    TRY(ask_coordinator<protocol::DeleteGroupsResponse>(
        group, protocol::DeleteGroupsRequest{.groups_names = {group}}, error_in));
    return {};
}

Result<GroupAdmin::Offsets, client::Error> GroupAdmin::committed_offsets(const std::string& group,
                                                                         bool stable) {
    // Versions below 8 have the first form.
    protocol::OffsetFetchRequest request{
        .group_id = group, .topics = std::nullopt, .groups = {}, .require_stable = stable};
    request.groups.emplace_back();
    request.groups.back().group_id = group;
    request.groups.back().topics.reset();
    const auto error_in = [](const protocol::OffsetFetchResponse& answer) {
        return answer.groups.empty() ? answer.error_code : answer.groups.front().error_code;
    };
    const auto answer =
        TRY(ask_coordinator<protocol::OffsetFetchResponse>(group, request, error_in));
    Offsets offsets;
    const auto take = [&offsets](const auto& topics) {
        for (const auto& topic : topics) {
            for (const auto& partition : topic.partitions) {
                if (partition.committed_offset == protocol::kNoOffset) continue;
                offsets[{topic.name, partition.partition_index}] = partition.committed_offset;
            }
        }
    };
    take(answer.topics);
    if (!answer.groups.empty()) take(answer.groups.front().topics);
    return offsets;
}

Result<void, client::Error> GroupAdmin::commit_offsets(const std::string& group,
                                                       const Offsets& offsets) {
    protocol::OffsetCommitRequest request{.group_id = group, .topics = {}};
    for (const auto& [partition, offset] : offsets) {
        if (request.topics.empty() || request.topics.back().name != partition.topic) {
            request.topics.push_back({.name = partition.topic, .partitions = {}});
        }
        request.topics.back().partitions.push_back(
            {.partition_index = partition.partition, .committed_offset = offset});
    }
    const auto error_in = [](const protocol::OffsetCommitResponse& answer) {
        for (const auto& topic : answer.topics) {
            for (const auto& partition : topic.partitions) {
                if (partition.error_code != ErrorCode::none) return partition.error_code;
            }
        }
        return ErrorCode::none;
    };
    TRY(ask_coordinator<protocol::OffsetCommitResponse>(group, request, error_in));
    return {};
}

}  // namespace gregor::admin
