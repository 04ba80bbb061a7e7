// The words of the quorum: who a replica is, where a log stands, what an event's time is.
//
// A replica is its node id and the directory that its log lives in (KIP-853): the same node with an
// emptied disk is another voter. A directory id of zero is one that is not known, and matches any.
#pragma once

#include <cstdint>
#include <string>

#include "broker/protocol/error_code.h"
#include "broker/protocol/ids.h"
#include "sim/base/strong_id.h"
#include "sim/base/time.h"

namespace gregor::raft {

using protocol::ErrorCode;
using protocol::kNoLeaderEpoch;
using protocol::kNoNode;
using protocol::LeaderEpoch;
using protocol::NodeId;
using protocol::Offset;
using protocol::Uuid;

/// The time of an event on both clocks: deadlines are monotonic, records carry wall time.
struct Now {
    Instant at{};
    WallTime wall{};
};

/// A request that waits for its answer: the driver's number.
using RequestId = StrongId<struct RaftRequestIdTag, std::uint64_t>;
/// A request that this node has sent: the core's number.
using CorrelationId = StrongId<struct RaftCorrelationIdTag, std::uint64_t>;

/// The end of a log or of a part of it: the offset behind the last record, and that record's epoch.
/// Ordered as logs are up to date: by epoch, then by offset. It is also a snapshot's id.
struct OffsetAndEpoch {
    LeaderEpoch epoch{0};
    Offset offset{0};

    friend auto operator<=>(const OffsetAndEpoch&, const OffsetAndEpoch&) = default;
};

struct ReplicaKey {
    NodeId id = kNoNode;
    Uuid directory_id;

    friend auto operator<=>(const ReplicaKey&, const ReplicaKey&) = default;
};

struct Endpoint {
    std::string name;  // of the listener
    std::string host;
    std::uint16_t port = 0;

    friend auto operator<=>(const Endpoint&, const Endpoint&) = default;
};

}  // namespace gregor::raft
