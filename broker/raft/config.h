// RaftConfig: what a node is told about itself and its quorum when it starts. DurableState: what it
// finds on its disk.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "broker/raft/log_state.h"
#include "broker/raft/voter_history.h"

namespace gregor::raft {

struct RaftConfig {
    NodeId node_id = kNoNode;
    Uuid directory_id;  // of metadata.log.dir
    std::string cluster_id;
    /// Whether this node may be a voter (process.roles has controller); else it only observes.
    bool can_vote = true;
    /// This node's own listeners, as other voters shall know them.
    std::vector<Endpoint> listeners;
    /// The first of controller.listener.names: over which the quorum talks.
    std::string listener_name = "CONTROLLER";
    /// controller.quorum.voters (kraft.version 0); empty with a voter set in the log.
    VoterSet static_voters;
    /// controller.quorum.bootstrap.servers: whom to ask for the leader, beside the known voters;
    /// each named as the quorum's listener.
    std::vector<Endpoint> bootstrap_servers;

    Duration election_timeout = 1000ms;      // controller.quorum.election.timeout.ms
    Duration election_backoff_max = 1000ms;  // controller.quorum.election.backoff.max.ms
    Duration fetch_timeout = 2000ms;         // controller.quorum.fetch.timeout.ms
    Duration request_timeout = 2000ms;       // controller.quorum.request.timeout.ms
    Duration retry_backoff = 20ms;           // controller.quorum.retry.backoff.ms
    Duration fetch_max_wait = 500ms;
    std::int32_t fetch_max_bytes = 8 * 1024 * 1024;
    /// A follower behind this much of log asks again at once; bounds what one answer may carry.
    std::int32_t snapshot_chunk_bytes = 8 * 1024 * 1024;

    /// Fetches that wait for records, in all; one more is answered at once.
    std::size_t max_parked_fetches = 1000;
    /// Observers that a leader keeps track of; the one that was silent longest is forgotten.
    std::size_t max_observers = 1000;
};

/// The content of quorum-state.
struct QuorumState {
    LeaderEpoch epoch{0};
    NodeId leader_id = kNoNode;
    std::optional<ReplicaKey> voted;

    friend bool operator==(const QuorumState&, const QuorumState&) = default;
};

/// The log is durable up to its end: what recovery has found is synced before the core is made.
struct DurableState {
    QuorumState quorum;
    Offset log_start_offset{0};
    Offset log_end_offset{0};
    std::vector<EpochStart> epochs;   // as leader-epoch-checkpoint has them
    std::vector<Snapshot> snapshots;  // whole ones
    /// Of the latest snapshot and the log: read with control_records_of() and add_to().
    VoterHistory voters;
};

}  // namespace gregor::raft
