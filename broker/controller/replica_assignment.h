// Partitions as they are born: replicas that were placed or given by hand, made into
// PartitionRecords.
#pragma once

#include <optional>
#include <vector>

#include "broker/controller/controller_result.h"
#include "broker/controller/replica_placement.h"
#include "broker/metadata/image.h"

namespace gregor::controller {

/// Every registered broker, in the order of ids.
[[nodiscard]] std::vector<UsableBroker> usable_brokers(const metadata::MetadataImage& image);

/// Where a new replica of `broker` will lie, as far as the controller knows: its only directory, or
/// UNASSIGNED until it says where (KIP-858).
[[nodiscard]] protocol::Uuid default_directory(const metadata::MetadataImage& image,
                                               protocol::NodeId broker);

/// What is wrong with replicas given by hand: none, unknown or repeated brokers, or another number
/// than `expected`; INVALID_REPLICA_ASSIGNMENT.
[[nodiscard]] std::optional<ApiError> find_assignment_fault(const metadata::MetadataImage& image,
                                                            const Replicas& replicas,
                                                            std::optional<std::size_t> expected);

/// The record of a new partition: its active replicas are the ISR, the first of them leads. Nothing
/// if no replica is active.
[[nodiscard]] std::optional<protocol::PartitionRecord> new_partition(
    const metadata::MetadataImage& image, const protocol::TopicId& topic,
    protocol::PartitionId partition, const Replicas& replicas);

}  // namespace gregor::controller
