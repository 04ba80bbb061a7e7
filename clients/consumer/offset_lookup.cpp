#include "clients/consumer/offset_lookup.h"

namespace gregor::consumer {

using client::Error;
using client::error_of;
using protocol::ErrorCode;
using protocol::NodeId;

Result<protocol::ListOffsetsResponse, Error> ask_offsets(
    client::Cluster& cluster, NodeId leader, const std::vector<PositionQuestion>& questions,
    IsolationLevel isolation, Instant deadline) {
    protocol::ListOffsetsRequest request{.replica_id = protocol::kNoNode,
                                         .isolation_level = static_cast<std::int8_t>(isolation),
                                         .topics = {}};
    for (const PositionQuestion& each : questions) {
        if (request.topics.empty() || request.topics.back().name != each.partition.topic) {
            request.topics.push_back({.name = each.partition.topic, .partitions = {}});
        }
        request.topics.back().partitions.push_back({.partition_index = each.partition.partition,
                                                    .current_leader_epoch = each.leader_epoch,
                                                    .timestamp = each.timestamp});
    }
    return cluster.call_node<protocol::ListOffsetsResponse>(leader, request, deadline);
}

Result<protocol::OffsetForLeaderEpochResponse, Error> ask_end_of_epochs(
    client::Cluster& cluster, NodeId leader, const std::vector<PositionQuestion>& questions,
    Instant deadline) {
    protocol::OffsetForLeaderEpochRequest request{.replica_id = protocol::kNoNode, .topics = {}};
    for (const PositionQuestion& each : questions) {
        if (request.topics.empty() || request.topics.back().topic != each.partition.topic) {
            request.topics.push_back({.topic = each.partition.topic, .partitions = {}});
        }
        request.topics.back().partitions.push_back({.partition = each.partition.partition,
                                                    .current_leader_epoch = each.leader_epoch,
                                                    .leader_epoch = each.offset_epoch});
    }
    return cluster.call_node<protocol::OffsetForLeaderEpochResponse>(leader, request, deadline);
}

namespace {

using Found = std::map<TopicPartition, OffsetAndTimestamp>;
using Timestamps = std::map<TopicPartition, std::int64_t>;

/// Takes what this leader has answered; what is to be asked again stays out of it.
Result<Found, Error> ask_leader(client::Cluster& cluster, NodeId leader,
                                const std::vector<PositionQuestion>& questions,
                                IsolationLevel isolation, Instant deadline) {
    const auto answer = TRY(ask_offsets(cluster, leader, questions, isolation, deadline));
    Found found;
    for (const auto& topic : answer.topics) {
        for (const auto& partition : topic.partitions) {
            if (partition.error_code == ErrorCode::none) {
                found[{topic.name, partition.partition_index}] = {
                    .offset = partition.offset,
                    .timestamp = partition.timestamp,
                    .leader_epoch = partition.leader_epoch};
            } else if (!protocol::is_retriable(partition.error_code)) {
                return fail(error_of(partition.error_code));
            }
        }
    }
    return found;
}

}  // namespace

Result<Found, Error> look_up_offsets(client::Cluster& cluster, Timestamps timestamps,
                                     IsolationLevel isolation, Instant deadline) {
    Found all;
    for (;;) {
        std::map<NodeId, std::vector<PositionQuestion>> by_leader;
        for (const auto& [partition, timestamp] : timestamps) {
            const NodeId leader =
                TRY(cluster.leader_of(partition.topic, partition.partition, deadline));
            by_leader[leader].push_back({.partition = partition,
                                         .leader_epoch = cluster.known_leader(partition).epoch,
                                         .timestamp = timestamp});
        }
        Error last = error_of(ErrorCode::request_timed_out);
        for (const auto& [leader, questions] : by_leader) {
            auto found = ask_leader(cluster, leader, questions, isolation, deadline);
            if (!found && !protocol::is_retriable(found.error().code)) return fail(found.error());
            if (!found) last = found.error();
            for (const auto& [partition, offset] : found.value_or(Found())) {
                all[partition] = offset;
                timestamps.erase(partition);
            }
        }
        if (timestamps.empty()) return all;
        if (!cluster.is_worth_another_try(last, deadline)) return fail(last);
        for (const auto& [partition, timestamp] : timestamps) cluster.forget(partition.topic);
        cluster.back_off();
    }
}

}  // namespace gregor::consumer
