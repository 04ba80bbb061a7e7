// What clients call a partition, and who leads it as far as they know. Pure.
#pragma once

#include <fmt/format.h>

#include <compare>
#include <string>

#include "broker/protocol/ids.h"

namespace gregor::client {

struct TopicPartition {
    std::string topic;
    protocol::PartitionId partition;

    friend auto operator<=>(const TopicPartition&, const TopicPartition&) = default;
};

struct PartitionLeader {
    protocol::NodeId node = protocol::kNoNode;
    protocol::LeaderEpoch epoch = protocol::kNoLeaderEpoch;

    friend bool operator==(const PartitionLeader&, const PartitionLeader&) = default;
};

}  // namespace gregor::client

/// "orders-3".
template <>
struct fmt::formatter<gregor::client::TopicPartition> : fmt::formatter<std::string> {
    auto format(const gregor::client::TopicPartition& partition,
                fmt::format_context& context) const {
        return fmt::formatter<std::string>::format(
            fmt::format("{}-{}", partition.topic, partition.partition.value()), context);
    }
};
