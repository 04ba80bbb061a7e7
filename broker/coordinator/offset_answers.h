// Answers to requests that name topics and their partitions, with an error for each partition:
// OffsetCommit, TxnOffsetCommit, OffsetDelete.
#pragma once

#include "broker/protocol/error_code.h"

namespace gregor::coordinator {

/// In the request's order; `error_of(topic name, partition)` is asked for each partition of it.
template <class Response, class Request, class ErrorOf>
[[nodiscard]] Response answer_partitions(const Request& request, ErrorOf error_of) {
    Response response;
    for (const auto& topic : request.topics) {
        auto& answered = response.topics.emplace_back();
        answered.name = topic.name;
        for (const auto& partition : topic.partitions) {
            answered.partitions.push_back({.partition_index = partition.partition_index,
                                           .error_code = error_of(topic.name, partition)});
        }
    }
    return response;
}

/// The same error for all.
template <class Response, class Request>
[[nodiscard]] Response refuse_partitions(const Request& request, protocol::ErrorCode error) {
    return answer_partitions<Response>(request,
                                       [error](const auto&, const auto&) { return error; });
}

}  // namespace gregor::coordinator
