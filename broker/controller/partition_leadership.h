// Who leads when brokers come and go. A change is one PartitionChangeRecord; applying it makes a
// new partition epoch, and a new leader epoch when it names a leader.
//
//     broker 1 leaves:   isr 1 2 3, leader 1   →   isr 2 3, leader 2
//                        isr 1,     leader 1   →   isr 1,   leader none     (the last one stays in
//                        the ISR)
//     broker 1 returns:  isr 1,     no leader  →   isr 1,   leader 1
//
// So a restart of a single node raises every leader epoch by two.
#pragma once

#include <vector>

#include "broker/metadata/image.h"

namespace gregor::controller {

/// What to change when `broker` may no longer lead: it was fenced, is shutting down or is gone.
[[nodiscard]] std::vector<metadata::VersionedRecord> partition_changes_without(
    const metadata::MetadataImage& image, protocol::NodeId broker);

/// What to change when `broker` may lead again: leaderless partitions of whose ISR (or ELR,
/// KIP-966) it is a member get it as leader.
[[nodiscard]] std::vector<metadata::VersionedRecord> partition_changes_with(
    const metadata::MetadataImage& image, protocol::NodeId broker);

/// Whether any partition is led by it.
[[nodiscard]] bool leads_any_partition(const metadata::MetadataImage& image,
                                       protocol::NodeId broker);

}  // namespace gregor::controller
