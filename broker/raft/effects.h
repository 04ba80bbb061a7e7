// Effects: what the core has decided in one step, as data for the driver to carry out, in the order
// of its fields:
//
//     1 persist         quorum-state, durable before anything that follows 2 start_log_at    a
//     fetched snapshot gets its name, durable; then the log is emptied and begins
//                       behind it, and older snapshots may go
//     3 truncate_to     the log is cut 4 append          batches, as they are, at the end of the
//     log; then to be synced, and the core
//                       told with flushed() (the sync need not be waited for before 5)
//     5 sends, replies  out to the network
//     6 the rest        news for this node
//
// An Effects is carried out as far as 5 before the next event goes in.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "broker/protocol/messages/api_versions.h"
#include "broker/protocol/messages/fetch.h"
#include "broker/protocol/messages/quorum.h"
#include "broker/protocol/messages/voters.h"
#include "broker/raft/config.h"
#include "sim/base/bytes.h"

namespace gregor::raft {

using Request = std::variant<protocol::VoteRequest, protocol::BeginQuorumEpochRequest,
                             protocol::EndQuorumEpochRequest, protocol::FetchRequest,
                             protocol::FetchSnapshotRequest, protocol::UpdateRaftVoterRequest,
                             protocol::ApiVersionsRequest>;

using Response = std::variant<protocol::VoteResponse, protocol::BeginQuorumEpochResponse,
                              protocol::EndQuorumEpochResponse, protocol::FetchResponse,
                              protocol::FetchSnapshotResponse, protocol::AddRaftVoterResponse,
                              protocol::RemoveRaftVoterResponse, protocol::UpdateRaftVoterResponse,
                              protocol::DescribeQuorumResponse, protocol::ApiVersionsResponse>;

/// A request to go out. Its answer comes back with the number; none need come at all.
struct Send {
    CorrelationId id;
    /// A bootstrap server, whose id is not known, is numbered -2, -3 …, as Kafka does.
    NodeId node = kNoNode;
    Endpoint endpoint;
    Request request;
};

/// Records of the log for a fetch's answer: whole batches from `offset` on, at least one, all below
/// `end_offset`.
struct LogRead {
    Offset offset;
    Offset end_offset;
    std::int32_t max_bytes = 0;
};

/// A piece of a snapshot file for an answer; `size` bytes from `position` on are there.
struct SnapshotRead {
    OffsetAndEpoch id;
    std::int64_t position = 0;
    std::int64_t size = 0;
};

/// An answer to go out; the driver fills in the records that `read` names.
struct Reply {
    RequestId id;
    Response response;
    std::variant<std::monostate, LogRead, SnapshotRead> read = {};
};

/// Bytes of a snapshot that is being fetched; position 0 begins it anew. With the last ones it is
/// to be synced and read for its voters; then the core is told with snapshot_fetched().
struct SnapshotChunk {
    OffsetAndEpoch id;
    std::int64_t position = 0;
    Bytes bytes;
    bool is_last = false;
};

struct LeaderAndEpoch {
    NodeId leader_id = kNoNode;
    LeaderEpoch epoch{0};

    friend bool operator==(const LeaderAndEpoch&, const LeaderAndEpoch&) = default;
};

struct Effects {
    std::optional<QuorumState> persist;
    std::optional<OffsetAndEpoch> start_log_at;
    std::optional<Offset> truncate_to;
    std::vector<Bytes> append;
    std::vector<Send> sends;
    std::vector<Reply> replies;

    std::optional<SnapshotChunk> snapshot_chunk;
    /// It rose to here: what is below is committed.
    std::optional<Offset> high_watermark;
    /// Who leads, or that nobody does as far as is known.
    std::optional<LeaderAndEpoch> leader_changed;
    /// This node leads in this epoch and all records of earlier epochs are committed: the
    /// controller may act once it has applied up to the high watermark.
    std::optional<LeaderEpoch> leadership_established;
    /// This node led in this epoch and does not any more; its uncommitted records may vanish.
    std::optional<LeaderEpoch> leadership_lost;
    /// The peers have lied or the disk has: what was committed would be cut. The node must stop.
    std::optional<std::string> fault;
};

}  // namespace gregor::raft
