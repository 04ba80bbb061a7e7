// ClusterView: what can be seen of a cluster from outside, all nodes at one instant: plain data,
// made by an observer of live nodes or by hand in a test.
//
// It is the view of an instant except for the logs' batches, which are many: SeenLog says how many
// of them are what they were at the observation before, so that only the rest is looked at.
//
//     before    | 0 | 1 | 2 | 3'|           cut to 3, two new ones
//     now       | 0 | 1 | 2 | 3 | 4 |       unchanged = 3
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "broker/log/leader_epoch_cache.h"
#include "broker/log/producer_state.h"
#include "broker/metadata/image.h"
#include "broker/replication/partition.h"
#include "sim/base/digest.h"
#include "sim/base/time.h"

namespace gregor::scenarios {

using protocol::LeaderEpoch;
using protocol::NodeId;
using protocol::Offset;
using replication::LogMarks;

/// What a batch says of the producer that wrote it (KIP-98), or that its transaction has ended.
struct SeenWriter {
    enum class Kind : std::uint8_t { nobody, idempotent, transactional, marker };

    Kind kind = Kind::nobody;
    protocol::ProducerId producer_id = protocol::kNoProducerId;
    protocol::ProducerEpoch producer_epoch = protocol::kNoProducerEpoch;
    std::int32_t last_sequence = -1;
    std::int32_t coordinator_epoch = -1;  // a marker's

    friend bool operator==(const SeenWriter&, const SeenWriter&) = default;
};

struct SeenBatch {
    Offset base_offset;
    Offset last_offset;
    LeaderEpoch leader_epoch;
    Digest digest;                    // of all its bytes
    std::size_t size = 0;             // in bytes
    std::int64_t max_timestamp = -1;  // in ms since the epoch
    SeenWriter writer;

    friend bool operator==(const SeenBatch&, const SeenBatch&) = default;
};

/// A log's batches, in order, those below the log end offset. Some may be below its start.
struct SeenLog {
    std::vector<SeenBatch> batches;
    std::size_t unchanged = 0;
    /// False: some batches below the end are not seen, as the log is being cut.
    bool is_whole = true;
    /// A file of a segment that takes no more batches, and that a power loss could still change.
    std::string sealed_unsynced;
};

enum class SeenRole : std::uint8_t { none, leader, follower, offline };

/// Where a replica on a running broker stands; small, to be remembered.
struct ReplicaStanding {
    std::uint64_t start = 0;  // which run of the process
    /// This run of the broker is registered: from then on it may serve.
    bool is_registered = false;
    SeenRole role = SeenRole::none;
    LeaderEpoch leader_epoch = protocol::kNoLeaderEpoch;
    std::int32_t partition_epoch = -1;
    LogMarks marks;
    Offset next_offset{0};       // above the log end offset while batches wait for their sync
    bool is_consistent = false;  // a follower that was served without a diverging history
    std::size_t min_isr = 1;     // a leader's, at most the number of replicas
    bool is_appending = false;   // a leader takes a batch, and has yet to write it
};

struct ReplicaView : ReplicaStanding {
    std::vector<log::EpochEntry> epochs;
    SeenLog log;
    /// What it remembers of who wrote to exactly this log; nullptr: of another, as it is changing.
    const log::ProducerState* producers = nullptr;
    /// Set in the view in which a new run of the broker is first seen: the high watermark that its
    /// disk had for it.
    std::optional<Offset> checkpointed_high_watermark;
    bool is_unable = false;  // paused, or failing: nothing is expected of it
    /// The latest that its machine's wall clock has shown, in ms since the epoch.
    std::int64_t latest_wall_ms = 0;

    // A leader's.
    std::vector<NodeId> isr;
    std::vector<NodeId> maximal_isr;
    bool is_isr_pending = false;       // it has asked for another, and has no answer
    std::map<NodeId, Offset> fetched;  // by each other replica, in this epoch
};

struct PartitionKey {
    protocol::TopicId topic_id;
    protocol::PartitionId partition;

    friend auto operator<=>(const PartitionKey&, const PartitionKey&) = default;
};

struct PartitionView {
    std::string name;
    std::map<NodeId, ReplicaView> replicas;
};

/// A running member of the metadata quorum, voter or observer.
struct QuorumMemberView {
    std::uint64_t start = 0;
    LeaderEpoch epoch{0};
    NodeId leader_id = protocol::kNoNode;
    NodeId voted = protocol::kNoNode;  // in this epoch, for good
    bool is_leader = false;
    bool is_paused = false;
    bool is_busy = false;  // it waits for its disk
    /// How long it leads without being fetched from by a majority; zero: for ever.
    Duration check_quorum_timeout{};
    /// Of a leader: where its epoch begins, whether a record of it is committed, and where the
    /// voters change, from the epoch's start or the high watermark on, whichever comes first.
    Offset epoch_start_offset{0};
    bool is_established = false;
    std::vector<Offset> voter_changes;
    std::vector<NodeId> voters;  // that a leader counts
    Offset log_start_offset{0};
    Offset high_watermark{0};
    Offset log_end_offset{0};
    Offset synced_end{0};  // where what its disk has for good ends
    SeenLog log;
};

/// What a running node has published.
struct ImageView {
    Offset offset{0};  // one above the last record
    metadata::ImageRef image;
};

struct ClusterView {
    Instant now{};
    std::map<PartitionKey, PartitionView> partitions;
    std::map<NodeId, QuorumMemberView> quorum;
    std::map<NodeId, ImageView> images;
};

}  // namespace gregor::scenarios
