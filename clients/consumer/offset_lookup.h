// Questions about offsets to the leaders of partitions: ListOffsets and OffsetForLeaderEpoch.
#pragma once

#include <map>
#include <vector>

#include "broker/protocol/messages/list_offsets.h"
#include "clients/client/cluster.h"
#include "clients/consumer/positions.h"

namespace gregor::consumer {

struct OffsetAndTimestamp {
    protocol::Offset offset = protocol::kNoOffset;
    std::int64_t timestamp = -1;  // ms
    protocol::LeaderEpoch leader_epoch = protocol::kNoLeaderEpoch;
};

/// One try at one broker; errors of single partitions are in the answer.
[[nodiscard]] Result<protocol::ListOffsetsResponse, client::Error> ask_offsets(
    client::Cluster& cluster, protocol::NodeId leader,
    const std::vector<PositionQuestion>& questions, IsolationLevel isolation, Instant deadline);
[[nodiscard]] Result<protocol::OffsetForLeaderEpochResponse, client::Error> ask_end_of_epochs(
    client::Cluster& cluster, protocol::NodeId leader,
    const std::vector<PositionQuestion>& questions, Instant deadline);

/// Asks the leaders until each has answered or the deadline comes. The first offset whose timestamp
/// is at or above the partition's, or kEarliest, kLatest; kNoOffset where there is none.
[[nodiscard]] Result<std::map<TopicPartition, OffsetAndTimestamp>, client::Error> look_up_offsets(
    client::Cluster& cluster, std::map<TopicPartition, std::int64_t> timestamps,
    IsolationLevel isolation, Instant deadline);

}  // namespace gregor::consumer
