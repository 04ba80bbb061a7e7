#include "broker/server/handlers/topics.h"

#include "broker/server/handlers/controller_requests.h"

namespace gregor::server {
namespace {

using protocol::ErrorCode;

constexpr std::string_view kNoController = "There is no active controller to be reached.";

/// What everything asked for gets when the controller did not take the request.
protocol::CreateTopicsResponse refusal(const protocol::CreateTopicsRequest& request,
                                       ErrorCode error) {
    protocol::CreateTopicsResponse response;
    for (const auto& topic : request.topics) {
        auto& answer = response.topics.emplace_back();
        answer.name = topic.name;
        answer.error_code = error;
        answer.error_message = kNoController;
        answer.configs = std::nullopt;
    }
    return response;
}

protocol::DeleteTopicsResponse refusal(const protocol::DeleteTopicsRequest& request,
                                       ErrorCode error) {
    protocol::DeleteTopicsResponse response;
    for (const std::string& name : request.topic_names) {
        response.responses.push_back({.name = name, .error_code = error});
    }
    for (const auto& topic : request.topics) {
        response.responses.push_back(
            {.name = topic.name, .topic_id = topic.topic_id, .error_code = error});
    }
    return response;
}

protocol::CreatePartitionsResponse refusal(const protocol::CreatePartitionsRequest& request,
                                           ErrorCode error) {
    protocol::CreatePartitionsResponse response;
    for (const auto& topic : request.topics) {
        response.results.push_back({.name = topic.name, .error_code = error});
    }
    return response;
}

template <class Request>
void forward(HandlerContext& context, const rpc::Request& request, rpc::Reply reply) {
    answer_from_controller<Request>(
        context, request, std::move(reply),
        [](const Request& message, ErrorCode error) { return refusal(message, error); });
}

}  // namespace

void handle_create_topics(HandlerContext& context, const rpc::Request& request, rpc::Reply reply) {
    forward<protocol::CreateTopicsRequest>(context, request, std::move(reply));
}

void handle_delete_topics(HandlerContext& context, const rpc::Request& request, rpc::Reply reply) {
    forward<protocol::DeleteTopicsRequest>(context, request, std::move(reply));
}

void handle_create_partitions(HandlerContext& context, const rpc::Request& request,
                              rpc::Reply reply) {
    forward<protocol::CreatePartitionsRequest>(context, request, std::move(reply));
}

}  // namespace gregor::server
