// Partition: what this broker knows of its replica of one partition, and the rules that follow from
// it. Pure: it sits next to a Log (which holds the bytes) and is told what happened to it.
//
//     log_start_offset <= last_stable_offset <= high_watermark <= log_end_offset       (L3)
//     |---- deleted ----|---- served to consumers ----|--- not yet replicated ---|
//
// A leader raises the high watermark to the smallest log end offset among the members of the
// in-sync replica set, and only while that set is large enough (R5, KIP-966). With a single replica
// that is its own log end offset as soon as the append has returned; what followers tell enters by
// follower_fetched().
//
//     not_hosted ──> leader(epoch) <──> follower(epoch)          every change at a higher leader
//     epoch
//          any role ──> offline, when its log has failed; nothing leads out of it but a new broker
//          start
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <variant>
#include <vector>

#include "broker/log/log_types.h"
#include "sim/base/result.h"

namespace gregor::replication {

using log::Offset;
using log::TopicPartition;
using protocol::ErrorCode;
using protocol::LeaderEpoch;
using protocol::NodeId;

/// Where a log stands.
struct LogMarks {
    Offset log_start_offset{0};
    Offset last_stable_offset{0};
    Offset high_watermark{0};
    Offset log_end_offset{0};
};

/// What the controller has decided about a partition.
struct PartitionAssignment {
    NodeId leader = protocol::kNoNode;
    LeaderEpoch leader_epoch{0};
    std::int32_t partition_epoch = 0;
    std::vector<NodeId> replicas;
    std::vector<NodeId> isr;
};

struct LeaderRole {
    LeaderEpoch epoch;
    Offset epoch_start_offset;  // where this leader's own records begin
    std::vector<NodeId> replicas;
    std::vector<NodeId> isr;
    std::map<NodeId, Offset> end_offsets;  // of the other replicas, as far as known in this epoch
};

struct FollowerRole {
    LeaderEpoch epoch;
    NodeId leader = protocol::kNoNode;  // none: the partition has no leader
};

struct OfflineRole {
    LeaderEpoch epoch;
};

enum class RoleChange : std::uint8_t {
    stale,      // an epoch below the known one: nothing changed
    unchanged,  // the known epoch: at most the in-sync set changed
    changed,
};

class Partition {
public:
    Partition(NodeId self, LogMarks marks, std::int32_t min_insync_replicas)
        : self_(self), marks_(marks), min_insync_replicas_(min_insync_replicas) {}

    // Events. ------------------------------------------------------------------------------------

    /// The controller's decision: leader if it names this node, else follower. Of a leader's
    /// in-sync set that shrank the high watermark may rise: see high_watermark().
    RoleChange assign(const PartitionAssignment& assignment);
    /// The log grew to `log_end_offset`, as durably as the topic's flush settings ask.
    void appended(Offset log_end_offset);
    /// A follower asked for `offset` with this leader's epoch and without a diverging history: it
    /// holds all below. NOT_LEADER_OR_FOLLOWER; UNKNOWN_LEADER_EPOCH if it is no replica.
    [[nodiscard]] Result<void, ErrorCode> follower_fetched(NodeId replica, Offset offset);
    /// A follower heard of the leader's high watermark.
    void leader_high_watermark(Offset high_watermark);
    void last_stable_offset_changed(Offset last_stable_offset);
    void log_start_advanced(Offset log_start_offset);
    void truncated(LogMarks marks);
    void min_insync_replicas_changed(std::int32_t min_insync_replicas);
    /// The log took no write and never will again.
    void log_failed();
    /// The controller took the replica away.
    void given_up();

    // Questions. ---------------------------------------------------------------------------------

    [[nodiscard]] const LogMarks& marks() const { return marks_; }
    [[nodiscard]] std::optional<LeaderEpoch> leader_epoch() const;
    [[nodiscard]] bool is_leader() const { return std::holds_alternative<LeaderRole>(role_); }
    [[nodiscard]] bool is_offline() const { return std::holds_alternative<OfflineRole>(role_); }
    [[nodiscard]] const LeaderRole* leader() const { return std::get_if<LeaderRole>(&role_); }
    /// Whether this node leads and `node` holds one of the replicas.
    [[nodiscard]] bool leads_replica(NodeId node) const;
    /// The leader as this replica knows it.
    [[nodiscard]] NodeId leader_id() const;
    [[nodiscard]] std::int32_t partition_epoch() const { return partition_epoch_; }

    /// Whether a request that believes in `requested` (none: -1) may be served here:
    /// KAFKA_STORAGE_ERROR, FENCED_LEADER_EPOCH, UNKNOWN_LEADER_EPOCH (KIP-320), and unless
    /// `any_replica` NOT_LEADER_OR_FOLLOWER.
    [[nodiscard]] ErrorCode check_serving(LeaderEpoch requested, bool any_replica = false) const;
    /// Whether a produce request with these acks (-1: all) may be appended: as above, and
    /// NOT_ENOUGH_REPLICAS. A partition cannot have more in-sync replicas than replicas, so
    /// min.insync.replicas counts up to their number.
    [[nodiscard]] ErrorCode check_append(std::int16_t acks) const;
    /// What is to be answered to a produce request with acks=all that was appended in `epoch` below
    /// `required_offset`; nothing while it waits. NOT_LEADER_OR_FOLLOWER when the epoch has passed,
    /// NOT_ENOUGH_REPLICAS_AFTER_APPEND when the in-sync set has shrunk too far meanwhile (R12).
    [[nodiscard]] std::optional<ErrorCode> acknowledgement(LeaderEpoch epoch,
                                                           Offset required_offset) const;

    /// L3 against the log's marks, L5, R5 for the role that it has; CHECKs.
    void check_invariants(const LogMarks& log) const;

private:
    [[nodiscard]] std::size_t effective_min_isr(const LeaderRole& leader) const;
    [[nodiscard]] bool is_isr_large_enough(const LeaderRole& leader) const;
    /// The smallest log end offset in the in-sync set; a member of which nothing is known holds it
    /// back.
    [[nodiscard]] Offset replicated_end(const LeaderRole& leader) const;
    void raise_high_watermark();

    NodeId self_;
    LogMarks marks_;
    std::int32_t min_insync_replicas_;
    std::int32_t partition_epoch_ = -1;
    std::variant<std::monostate, LeaderRole, FollowerRole, OfflineRole> role_;
};

}  // namespace gregor::replication
