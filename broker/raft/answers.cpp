#include "broker/raft/answers.h"

namespace gregor::raft {
namespace {

ErrorCode first_error(ErrorCode top, ErrorCode of_partition) {
    return top != ErrorCode::none ? top : of_partition;
}

template <class R>
ErrorCode error_in(const R& response) {
    if constexpr (requires { only_partition(response); }) {
        const auto* partition = only_partition(response);
        if (partition == nullptr)
            return first_error(response.error_code, ErrorCode::invalid_request);
        return first_error(response.error_code, partition->error_code);
    } else {
        return response.error_code;
    }
}

}  // namespace

const protocol::FetchRequest::Partition* only_partition(const protocol::FetchRequest& request) {
    if (request.topics.size() != 1) return nullptr;
    const auto& topic = request.topics[0];
    const bool is_ours =
        topic.topic_id == protocol::kMetadataTopicId || topic.topic == kMetadataTopic;
    if (!is_ours || topic.partitions.size() != 1) return nullptr;
    return topic.partitions[0].partition == kMetadataPartition ? topic.partitions.data() : nullptr;
}

const protocol::FetchResponse::Partition* only_partition(const protocol::FetchResponse& response) {
    if (response.responses.size() != 1) return nullptr;
    const auto& topic = response.responses[0];
    if (topic.partitions.size() != 1) return nullptr;
    const bool is_ours = topic.partitions[0].partition_index == kMetadataPartition;
    return is_ours ? topic.partitions.data() : nullptr;
}

const protocol::FetchSnapshotRequest::Partition* only_partition(
    const protocol::FetchSnapshotRequest& request) {
    if (request.topics.size() != 1 || request.topics[0].name != kMetadataTopic) return nullptr;
    const auto& partitions = request.topics[0].partitions;
    const bool is_ours = partitions.size() == 1 && partitions[0].partition == kMetadataPartition;
    return is_ours ? partitions.data() : nullptr;
}

const protocol::FetchSnapshotResponse::Partition* only_partition(
    const protocol::FetchSnapshotResponse& response) {
    if (response.topics.size() != 1) return nullptr;
    const auto& partitions = response.topics[0].partitions;
    const bool is_ours =
        partitions.size() == 1 && partitions[0].index == kMetadataPartition.value();
    return is_ours ? partitions.data() : nullptr;
}

protocol::FetchResponse about(protocol::FetchResponse::Partition partition) {
    protocol::FetchResponse response;
    partition.partition_index = kMetadataPartition;
    protocol::FetchResponse::Topic topic{.topic = std::string(kMetadataTopic),
                                         .topic_id = protocol::kMetadataTopicId};
    topic.partitions.push_back(std::move(partition));
    response.responses.push_back(std::move(topic));
    return response;
}

protocol::FetchSnapshotResponse about(protocol::FetchSnapshotResponse::Partition partition) {
    protocol::FetchSnapshotResponse response;
    partition.index = kMetadataPartition.value();
    protocol::FetchSnapshotResponse::Topic topic{.name = std::string(kMetadataTopic)};
    topic.partitions.push_back(std::move(partition));
    response.topics.push_back(std::move(topic));
    return response;
}

ErrorCode error_of(const Response& response) {
    return std::visit([](const auto& each) { return error_in(each); }, response);
}

void Raft::send(NodeId node, const Endpoint& endpoint, Request request) {
    const CorrelationId id = connections_.sent(node, now_.at);
    std::erase_if(sent_, [&](const auto& entry) { return entry.second.node == node; });
    sent_.insert_or_assign(id, Sent{node, epoch(), log_.end()});
    effects_.sends.push_back(
        {.id = id, .node = node, .endpoint = endpoint, .request = std::move(request)});
}

}  // namespace gregor::raft
