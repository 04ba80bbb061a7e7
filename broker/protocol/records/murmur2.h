// murmur2 over record keys: how Kafka's producers choose a partition for a record with a key.
#pragma once

#include <cstdint>

#include "sim/base/bytes.h"

namespace gregor::records {

/// 32-bit MurmurHash2 with Kafka's seed, as Utils.murmur2 gives it.
[[nodiscard]] std::int32_t murmur2(ByteSpan bytes);

/// `hash` without its sign bit (not its absolute value), as Utils.toPositive.
[[nodiscard]] constexpr std::int32_t to_positive(std::int32_t hash) { return hash & 0x7fffffff; }

/// The partition of a key among `partition_count` (above 0), as the default partitioner chooses it.
[[nodiscard]] std::int32_t partition_for_key(ByteSpan key, std::int32_t partition_count);

}  // namespace gregor::records
