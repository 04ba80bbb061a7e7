// Java's String.hashCode: how Kafka places groups on the partitions of __consumer_offsets and
// transactional ids on those of __transaction_state.
#pragma once

#include <cstdint>
#include <string_view>

namespace gregor::records {

/// String.hashCode() of UTF-8 text, over its UTF-16 units. What is no UTF-8 counts as U+FFFD, one
/// for each longest piece that a character could begin with, as Java decodes it.
[[nodiscard]] std::int32_t java_string_hash(std::string_view utf8);

/// Utils.abs: the absolute value, and 0 for −2^31.
[[nodiscard]] std::int32_t java_abs(std::int32_t value);

/// The partition of __consumer_offsets that a group lives on (of __transaction_state, for a
/// transactional id). `partition_count` above 0.
[[nodiscard]] std::int32_t group_partition(std::string_view id, std::int32_t partition_count);

}  // namespace gregor::records
