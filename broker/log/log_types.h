// The names that every file of the log shares: Kafka's offsets, epochs and producer ids as types,
// and the batch header. Pure.
#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <string>

#include "broker/protocol/error_code.h"
#include "broker/protocol/ids.h"
#include "broker/protocol/records/batch_header.h"

namespace gregor::log {

using protocol::ErrorCode;
using protocol::kNoLeaderEpoch;
using protocol::LeaderEpoch;
using protocol::Offset;
using protocol::ProducerEpoch;
using protocol::ProducerId;
using records::BatchHeader;
using records::kBatchHeaderSize;
using records::kNoTimestamp;

struct TopicPartition {
    std::string topic;
    std::int32_t partition = 0;

    friend auto operator<=>(const TopicPartition&, const TopicPartition&) = default;
};

/// Who appends. Only a client's batches are held against their sequence numbers: what a coordinator
/// or the metadata quorum writes has none, and what a leader has accepted a follower takes as it
/// is.
enum class AppendOrigin : std::uint8_t { client, coordinator, raft_leader, replication };

/// A timestamp and the offset where it is found.
struct TimestampOffset {
    std::int64_t timestamp = kNoTimestamp;  // ms since 1970
    Offset offset{-1};

    friend bool operator==(const TimestampOffset&, const TimestampOffset&) = default;
};

}  // namespace gregor::log

template <>
struct fmt::formatter<gregor::log::TopicPartition> {
    constexpr auto parse(fmt::format_parse_context& context) { return context.begin(); }
    auto format(const gregor::log::TopicPartition& tp, fmt::format_context& context) const {
        return fmt::format_to(context.out(), "{}-{}", tp.topic, tp.partition);
    }
};
