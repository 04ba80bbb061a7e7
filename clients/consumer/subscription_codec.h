// The consumer's own messages inside the group protocol (ConsumerProtocolSubscription and
// -Assignment, each behind its 2-byte version): what a member says when it joins, and what it gets.
#pragma once

#include <optional>
#include <vector>

#include "clients/consumer/assignor.h"
#include "sim/base/bytes.h"

namespace gregor::consumer {

[[nodiscard]] Bytes encode_subscription(const MemberSubscription& subscription);
/// A newer version begins as the newest known one. Nothing if it cannot be read.
[[nodiscard]] std::optional<MemberSubscription> decode_subscription(const Bytes& bytes);

[[nodiscard]] Bytes encode_assignment(const std::vector<TopicPartition>& partitions);
/// No bytes are no partitions. Nothing if it cannot be read.
[[nodiscard]] std::optional<std::vector<TopicPartition>> decode_assignment(const Bytes& bytes);

}  // namespace gregor::consumer
