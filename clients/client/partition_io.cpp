#include "clients/client/partition_io.h"

#include "broker/protocol/messages/produce.h"

namespace gregor::client {

using protocol::ErrorCode;
using protocol::Offset;

namespace {

/// From 13 on topics are named by their ids.
constexpr std::int16_t kNewestFetchByName = 12;
constexpr std::int32_t kProduceTimeoutMs = 30000;

Result<Offset, Error> append_once(Cluster& cluster, const TopicPartition& to,
                                  const protocol::ProduceRequest& request, Instant deadline) {
    const auto leader = TRY(cluster.leader_of(to.topic, to.partition, deadline));
    const auto answer =
        TRY(cluster.call_node<protocol::ProduceResponse>(leader, request, deadline));
    if (answer.responses.size() != 1 || answer.responses.front().partition_responses.size() != 1) {
        return fail(error_of(ErrorCode::unknown_server_error));
    }
    const auto& partition = answer.responses.front().partition_responses.front();
    if (partition.error_code == ErrorCode::none) return partition.base_offset;
    // It is there, from a try whose answer was lost.
    if (partition.error_code == ErrorCode::duplicate_sequence_number) return protocol::kNoOffset;
    return fail(error_of(partition.error_code, partition.error_message));
}

}  // namespace

Result<Offset, Error> append_batch(Cluster& cluster, const TopicPartition& to, Bytes batch,
                                   std::int16_t acks, Instant deadline) {
    CHECK(acks != 0, "a request without an answer");
    const protocol::ProduceRequest request{
        .acks = acks,
        .timeout_ms = kProduceTimeoutMs,
        .topic_data = {{.name = to.topic,
                        .partition_data = {{.index = to.partition, .records = std::move(batch)}}}}};
    for (;;) {
        auto appended = append_once(cluster, to, request, deadline);
        if (appended || !cluster.is_worth_another_try(appended.error(), deadline)) return appended;
        cluster.forget(to.topic);
        cluster.back_off();
    }
}

Result<std::vector<protocol::FetchResponse::Partition>, Error> fetch_once(
    Cluster& cluster, protocol::NodeId leader, const std::string& topic,
    const std::vector<FetchPosition>& positions, const FetchSettings& settings, Instant deadline) {
    protocol::FetchRequest request{.max_wait_ms = settings.max_wait_ms,
                                   .min_bytes = 1,
                                   .max_bytes = settings.max_bytes,
                                   .topics = {{.topic = topic}}};
    for (const FetchPosition& position : positions) {
        request.topics.front().partitions.push_back(
            {.partition = position.partition,
             .fetch_offset = position.offset,
             .partition_max_bytes = settings.partition_max_bytes});
    }
    auto answer = TRY(
        cluster.call_node<protocol::FetchResponse>(leader, request, deadline, kNewestFetchByName));
    if (answer.error_code != ErrorCode::none) return fail(error_of(answer.error_code));
    if (answer.responses.empty()) return std::vector<protocol::FetchResponse::Partition>{};
    return std::move(answer.responses.front().partitions);
}

}  // namespace gregor::client
