// What a disk itself says of partitions: their log files read byte by byte, by nothing of the
// broker's.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "sim/simulated/disk_store.h"

namespace gregor::scenarios {

struct PartitionOnDisk {
    std::int64_t log_start = 0;  // of the oldest segment
    /// The end of the last batch up to which every batch is whole, sound and next to the one
    /// before.
    std::int64_t end = 0;
    struct Batch {
        std::int64_t base_offset = 0;
        std::int32_t leader_epoch = 0;
        std::int16_t attributes = 0;
        std::uint32_t crc = 0;
        std::size_t size = 0;

        friend bool operator==(const Batch&, const Batch&) = default;
    };
    /// The sound ones; what is equal here is equal to the byte.
    std::vector<Batch> batches;
    /// Those that begin there or beyond.
    [[nodiscard]] std::span<const Batch> from(std::int64_t offset) const {
        const auto first = std::ranges::lower_bound(batches, offset, {}, &Batch::base_offset);
        return {first, batches.end()};
    }
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

}  // namespace gregor::scenarios
