// What the sticky assignors say of themselves in a subscription's user data (KIP-54, KIP-341,
// KIP-792): an eager member gives up everything before it joins, and so tells here what it had.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "clients/client/topic_partition.h"
#include "sim/base/bytes.h"

namespace gregor::consumer {

struct StickyUserData {
    std::vector<client::TopicPartition> assigned;
    std::int32_t generation_id = -1;
};

/// Of "sticky": topics with their partitions, and the generation. Null before the first assignment.
[[nodiscard]] std::optional<Bytes> encode_sticky_user_data(
    const std::vector<client::TopicPartition>& assigned, std::int32_t generation_id);
/// Of "cooperative-sticky": the generation alone.
[[nodiscard]] std::optional<Bytes> encode_cooperative_user_data(
    const std::vector<client::TopicPartition>& assigned, std::int32_t generation_id);

/// Nothing if it cannot be read. Without a generation (version 0) it is -1.
[[nodiscard]] std::optional<StickyUserData> decode_sticky_user_data(const Bytes& bytes);
[[nodiscard]] std::optional<std::int32_t> decode_cooperative_user_data(const Bytes& bytes);

}  // namespace gregor::consumer
