// What a disk itself says of partitions: their log files read byte by byte, by nothing of the
// broker's.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "sim/simulated/disk_store.h"

namespace gregor::scenarios::single_node {

struct PartitionOnDisk {
    std::int64_t log_start = 0;  // of the oldest segment
    /// The end of the last batch up to which every batch is whole, sound and next to the one
    /// before.
    std::int64_t end = 0;
    /// What comes after `end`, if anything: "a bad checksum in 00…0.log at 4711".
    std::string damage;
    /// A batch below `end` breaks L2: the epoch falls.
    std::string epoch_fall;
};

/// By the name of the partition's directory, "t0-1".
[[nodiscard]] std::map<std::string, PartitionOnDisk> read_partitions(
    const simulated::DiskStore& store);

/// The same if power were lost now and nothing unsynced survived: what must survive.
[[nodiscard]] std::map<std::string, PartitionOnDisk> read_durable_partitions(
    const simulated::DiskStore& store);

}  // namespace gregor::scenarios::single_node
