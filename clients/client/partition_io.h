// One partition's records: appending a batch, and fetching from an offset. What producers and
// consumers do at the end of all their thinking.
#pragma once

#include <string>
#include <vector>

#include "broker/protocol/ids.h"
#include "broker/protocol/messages/fetch.h"
#include "clients/client/cluster.h"
#include "clients/client/topic_partition.h"

namespace gregor::client {

/// Appends `batch` and waits until `acks` (1, -1 for all) are there. Tries again, with the next
/// leader too, until the deadline; a batch with a producer id and a sequence is there once all the
/// same. The offset of its first record; -1 where the broker does not say.
[[nodiscard]] Result<protocol::Offset, Error> append_batch(Cluster& cluster,
                                                           const TopicPartition& to, Bytes batch,
                                                           std::int16_t acks, Instant deadline);

struct FetchPosition {
    protocol::PartitionId partition;
    protocol::Offset offset;
};

struct FetchSettings {
    std::int32_t max_wait_ms = 500;
    std::int32_t max_bytes = 50 * 1024 * 1024;
    std::int32_t partition_max_bytes = 1024 * 1024;
};

/// One try at partitions of `topic` that `leader` leads; errors of single partitions are in the
/// answer.
[[nodiscard]] Result<std::vector<protocol::FetchResponse::Partition>, Error> fetch_once(
    Cluster& cluster, protocol::NodeId leader, const std::string& topic,
    const std::vector<FetchPosition>& positions, const FetchSettings& settings, Instant deadline);

}  // namespace gregor::client
