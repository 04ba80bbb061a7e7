// How requests and responses of the quorum are made and looked into: each is about one partition,
// __cluster_metadata-0. Of other nodes' messages nothing is believed: one that has another shape
// has no partition.
#pragma once

#include <string>
#include <utility>

#include "broker/raft/raft.h"

namespace gregor::raft {

inline constexpr std::string_view kMetadataTopic = "__cluster_metadata";
inline constexpr protocol::PartitionId kMetadataPartition{0};

/// A Vote, BeginQuorumEpoch, EndQuorumEpoch or DescribeQuorum message.
template <class Message>
concept OfTopics = requires(Message message) {
    typename Message::Partition;
    message.topics[0].topic_name;
};

/// Its one partition.
template <OfTopics Message>
[[nodiscard]] auto only_partition(const Message& message) {
    using Partition = typename Message::Partition;
    const bool is_ours = message.topics.size() == 1 &&
                         message.topics[0].topic_name == kMetadataTopic &&
                         message.topics[0].partitions.size() == 1 &&
                         message.topics[0].partitions[0].partition_index == kMetadataPartition;
    return is_ours ? &message.topics[0].partitions[0] : static_cast<const Partition*>(nullptr);
}
[[nodiscard]] const protocol::FetchRequest::Partition* only_partition(
    const protocol::FetchRequest& request);
[[nodiscard]] const protocol::FetchResponse::Partition* only_partition(
    const protocol::FetchResponse& response);
[[nodiscard]] const protocol::FetchSnapshotRequest::Partition* only_partition(
    const protocol::FetchSnapshotRequest& request);
[[nodiscard]] const protocol::FetchSnapshotResponse::Partition* only_partition(
    const protocol::FetchSnapshotResponse& response);

/// A message about our partition.
template <OfTopics Message>
[[nodiscard]] Message about(typename Message::Partition partition) {
    Message message;
    partition.partition_index = kMetadataPartition;
    typename Message::Topic topic{.topic_name = std::string(kMetadataTopic)};
    topic.partitions.push_back(std::move(partition));
    message.topics.push_back(std::move(topic));
    return message;
}
[[nodiscard]] protocol::FetchResponse about(protocol::FetchResponse::Partition partition);
[[nodiscard]] protocol::FetchSnapshotResponse about(
    protocol::FetchSnapshotResponse::Partition partition);

/// The endpoints of requests in our form.
template <class Endpoints>
[[nodiscard]] std::vector<Endpoint> endpoints_from(const Endpoints& endpoints) {
    std::vector<Endpoint> all;
    for (const auto& each : endpoints) all.push_back({each.name, each.host, each.port});
    return all;
}
template <class Theirs>
[[nodiscard]] std::vector<Theirs> endpoints_to(const std::vector<Endpoint>& endpoints) {
    std::vector<Theirs> all;
    for (const Endpoint& each : endpoints) {
        all.push_back({.name = each.name, .host = each.host, .port = each.port});
    }
    return all;
}

/// What a response says went wrong, of whichever part of it.
[[nodiscard]] ErrorCode error_of(const Response& response);

template <class R>
void Raft::add_leader_endpoint(R& response) const {
    if (leader_id() == kNoNode) return;
    const auto endpoint = find_endpoint(leader_endpoints(), config_.listener_name);
    if (!endpoint) return;
    response.node_endpoints.push_back(
        {.node_id = leader_id(), .host = endpoint->host, .port = endpoint->port});
}

/// The leader's endpoint that a response carries, under our listener's name.
template <class R>
[[nodiscard]] std::vector<Endpoint> leader_endpoint_in(const R& response, NodeId leader,
                                                       const std::string& listener) {
    for (const auto& each : response.node_endpoints) {
        if (each.node_id != leader) continue;
        return {{listener, each.host, static_cast<std::uint16_t>(each.port)}};
    }
    return {};
}

/// A response that says an error of the partition, and who leads.
template <class R>
R Raft::partition_answer(ErrorCode error) const {
    R response = about<R>({.error_code = error, .leader_id = leader_id(), .leader_epoch = epoch()});
    add_leader_endpoint(response);
    return response;
}

template <class R>
void Raft::reply(RequestId id, R response) {
    effects_.replies.push_back({.id = id, .response = std::move(response)});
}

}  // namespace gregor::raft
