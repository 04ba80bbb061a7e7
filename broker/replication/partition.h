// Partition: what this broker knows of its replica of one partition, and the rules that follow from
// it. Pure: it sits next to a Log (which holds the bytes), is told what happened and when, and says
// what is to be done.
//
//     log_start_offset <= last_stable_offset <= high_watermark <= log_end_offset       (L3)
//     |---- deleted ----|---- served to consumers ----|--- not yet replicated ---|
//
//     not_hosted ──> leader(epoch) <──> follower(epoch)     every change at a higher leader epoch
//          any role ──> offline, when its log has failed; nothing leads out of it but a new start
//
// A leader counts fetches of its own epoch. It raises the high watermark to the smallest log end
// offset in the maximal in-sync set (partition_isr.h) and among those who are about to join it, and
// only while the committed set is as large as min.insync.replicas (R5, KIP-966). Replicas that have
// come up to the high watermark are proposed for the set, those that have not caught up for
// replica.lag.time.max.ms against it; who drives this object carries proposals to the controller.
//
// A follower compares histories with each fetch (KIP-101, KIP-595): it names the epoch of its last
// record, and a leader whose log left that epoch earlier answers where. It never cuts its log by
// its own high watermark, which may lag behind what is committed.
//
// partition.cpp: roles and questions · partition_leader.cpp · partition_follower.cpp ·
// partition_check.cpp: what must hold.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "broker/log/leader_epoch_cache.h"
#include "broker/log/log_types.h"
#include "broker/replication/partition_isr.h"
#include "broker/replication/partition_replica.h"
#include "sim/base/result.h"
#include "sim/base/time.h"

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

    friend bool operator==(const LogMarks&, const LogMarks&) = default;
};

struct PartitionSettings {
    std::int32_t min_insync_replicas = 1;
    /// replica.lag.time.max.ms
    Duration replica_lag_time_max = 30s;
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
    Isr isr;
    std::map<NodeId, ReplicaState> others;  // the other replicas, as they fetched in this epoch
};

struct FollowerRole {
    LeaderEpoch epoch;
    NodeId leader = protocol::kNoNode;  // none: the partition has no leader
    /// The leader of this epoch has served it without a diverging history.
    bool is_consistent = false;
};

struct OfflineRole {
    LeaderEpoch epoch;
};

enum class RoleChange : std::uint8_t {
    stale,      // an epoch below the known one: nothing changed
    unchanged,  // the known epoch: at most the in-sync set changed
    changed,
};

/// What the log must have gone through before an assignment may be taken.
struct RolePlan {
    RoleChange change = RoleChange::stale;
    /// A new leader's epoch begins at the log's end, though it may never write (KIP-101).
    std::optional<log::EpochEntry> begins_epoch;
    /// Never asked for: it would lose committed records (KIP-101).
    std::optional<Offset> truncate_to;
};

/// The controller's state of a partition, as an AlterPartition is answered.
struct IsrDecision {
    LeaderEpoch leader_epoch;
    std::int32_t partition_epoch = 0;
    std::vector<NodeId> isr;
};

enum class IsrOutcome : std::uint8_t {
    dropped,  // the answer is late: something newer is known
    taken,    // the in-sync set is what the answer says
    refused,  // not taken; the set is what it was, and may be proposed anew
    unknown,  // it may have been taken: pending until a newer image comes
    retry,    // not known, and the controller may be asked again
};

/// What a follower asks its leader for next.
struct FetchPosition {
    LeaderEpoch leader_epoch;
    Offset fetch_offset;
    LeaderEpoch last_fetched_epoch = protocol::kNoLeaderEpoch;
};

/// A leader's answer to a follower's fetch, without its records.
struct LeaderAnswer {
    Offset high_watermark;
    Offset log_start_offset{0};
    /// Where the leader's history leaves the follower's (KIP-595).
    std::optional<log::EpochEnd> diverging;
};

enum class FollowAction : std::uint8_t {
    drop,      // the partition does not stand where it was asked from: nothing in it may be used
    truncate,  // the log is to end at `offset`; ask again then
    restart,   // the log is to begin anew, empty, at `offset`; ask again then
    append,    // the records follow the log's end; then tell replicated()
    wait,      // ask again after a while
};

struct FollowStep {
    FollowAction action = FollowAction::drop;
    Offset offset{-1};
};

/// What a change is held against (check_change).
struct PartitionStamp {
    std::optional<LeaderEpoch> leader_epoch;
    std::int32_t partition_epoch = -1;
    LogMarks marks;
    std::uint64_t truncations = 0;
    bool is_offline = false;
};

class Partition {
public:
    Partition(NodeId self, LogMarks marks, PartitionSettings settings);

    // Events. ------------------------------------------------------------------------------------

    /// What is to be done to the log before assign(); nothing may be appended in between.
    [[nodiscard]] RolePlan plan(const PartitionAssignment& assignment) const;
    /// The controller's decision: leader if it names this node, else follower. Of a leader's
    /// in-sync set that shrank the high watermark may rise.
    RoleChange assign(Instant now, const PartitionAssignment& assignment);
    void brokers_changed(Instant now, EligibleBrokersRef eligible);
    void settings_changed(Instant now, PartitionSettings settings);
    /// The log grew to `log_end_offset`, as durably as the topic's flush settings ask.
    void appended(Instant now, Offset log_end_offset);
    void last_stable_offset_changed(Offset last_stable_offset);
    void log_start_advanced(Offset log_start_offset);
    /// A follower's log was cut, or begun anew at the leader's start.
    void truncated(LogMarks marks);
    /// The log took no write and never will again.
    void log_failed();
    /// The controller took the replica away.
    void given_up();

    // A leader's. --------------------------------------------------------------------------------

    /// A follower asked with this leader's epoch and without a diverging history. The change of the
    /// in-sync set that follows, if any. NOT_LEADER_OR_FOLLOWER, also for a broker's earlier
    /// incarnation; UNKNOWN_LEADER_EPOCH if it is no replica.
    [[nodiscard]] Result<std::optional<IsrProposal>, ErrorCode> follower_fetched(
        Instant now, const FollowerFetch& fetch);
    /// Time has passed: the set without those who lag, if any do. At least every half of
    /// replica.lag.time.max.ms.
    [[nodiscard]] std::optional<IsrProposal> tick(Instant now);
    /// The controller's answer to `proposal`, its error for this partition, or that there is none
    /// (REQUEST_TIMED_OUT and the like).
    [[nodiscard]] IsrOutcome isr_answered(Instant now, const IsrProposal& proposal,
                                          const Result<IsrDecision, ErrorCode>& answer);

    // A follower's. ------------------------------------------------------------------------------

    /// Nothing unless it follows a leader. `own` are the log's epochs.
    [[nodiscard]] std::optional<FetchPosition> fetch_position(
        const log::LeaderEpochCache& own) const;
    /// What is to be done with the answer to a fetch from `asked`.
    [[nodiscard]] FollowStep leader_answered(const FetchPosition& asked, const LeaderAnswer& answer,
                                             const log::LeaderEpochCache& own);
    /// OFFSET_OUT_OF_RANGE: the leader's log goes from `leader_start` to `leader_end` instead.
    [[nodiscard]] FollowStep leader_range(const FetchPosition& asked, Offset leader_start,
                                          Offset leader_end) const;
    /// The records of an answer are in the log, which ends at `log_end_offset` now, and the leader
    /// told its high watermark (R6).
    void replicated(Offset log_end_offset, Offset leader_high_watermark);

    // Questions. ---------------------------------------------------------------------------------

    [[nodiscard]] const LogMarks& marks() const { return marks_; }
    [[nodiscard]] std::optional<LeaderEpoch> leader_epoch() const;
    [[nodiscard]] bool is_leader() const { return std::holds_alternative<LeaderRole>(role_); }
    [[nodiscard]] bool is_follower() const { return std::holds_alternative<FollowerRole>(role_); }
    [[nodiscard]] bool is_offline() const { return std::holds_alternative<OfflineRole>(role_); }
    [[nodiscard]] const LeaderRole* leader() const { return std::get_if<LeaderRole>(&role_); }
    [[nodiscard]] const FollowerRole* follower() const { return std::get_if<FollowerRole>(&role_); }
    /// Whether this node leads and `node` holds one of the replicas.
    [[nodiscard]] bool leads_replica(NodeId node) const;
    /// The leader as this replica knows it.
    [[nodiscard]] NodeId leader_id() const;
    [[nodiscard]] std::int32_t partition_epoch() const { return partition_epoch_; }
    [[nodiscard]] const PartitionSettings& settings() const { return settings_; }

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
    /// A leader's: the lowest log start of its own log and of the other replicas whose brokers are
    /// active (KIP-107); -1 while one of those has not fetched in this epoch.
    [[nodiscard]] Offset low_watermark() const;
    /// The replica from which a consumer in `rack` had better fetch `offset` (KIP-392): an in-sync
    /// one there that has it, the one that has come furthest; kNoNode: this leader.
    [[nodiscard]] NodeId preferred_read_replica(const std::string& rack, Offset offset,
                                                const std::map<NodeId, std::string>& racks) const;

    // What must hold; CHECKs. --------------------------------------------------------------------

    /// L3 against the log's marks, R5 and R6 for the role that it has.
    void check_invariants(const LogMarks& log) const;
    [[nodiscard]] PartitionStamp stamp() const;
    /// Epochs, the log start and, but for truncations, the high watermark never fall (L5, L6, M5);
    /// nothing leads out of offline.
    void check_change(const PartitionStamp& before) const;

private:
    // partition.cpp
    void take_newer_isr(Instant now, LeaderRole& leading, const PartitionAssignment& assignment);
    [[nodiscard]] LeaderRole begin_leading(Instant now,
                                           const PartitionAssignment& assignment) const;
    [[nodiscard]] FollowerRole begin_following(const PartitionAssignment& assignment) const;
    [[nodiscard]] bool stands_at(const FetchPosition& asked) const;
    // partition_leader.cpp
    [[nodiscard]] std::size_t effective_min_isr(const LeaderRole& leader) const;
    [[nodiscard]] bool is_isr_large_enough(const LeaderRole& leader) const;
    [[nodiscard]] bool holds_back(Instant now, const LeaderRole& leader, NodeId id,
                                  const ReplicaState& replica) const;
    void raise_high_watermark(Instant now);
    [[nodiscard]] bool may_join(const LeaderRole& leader, NodeId id,
                                const ReplicaState& replica) const;
    [[nodiscard]] IsrProposal propose(LeaderRole& leader, const std::vector<NodeId>& isr);
    [[nodiscard]] IsrOutcome isr_refused(LeaderRole& leader, ErrorCode error);

    NodeId self_;
    LogMarks marks_;
    PartitionSettings settings_;
    EligibleBrokersRef eligible_;
    std::int32_t partition_epoch_ = -1;
    std::uint64_t proposals_ = 0;
    std::uint64_t truncations_ = 0;
    std::variant<std::monostate, LeaderRole, FollowerRole, OfflineRole> role_;
};

/// Holds a fetch that names the epoch of its last record against a log that goes from `log_start`
/// to `log_end` (KIP-595): where they part, or nothing. OFFSET_OUT_OF_RANGE: this log cannot tell.
[[nodiscard]] Result<std::optional<log::EpochEnd>, ErrorCode> compare_history(
    const log::LeaderEpochCache& own, Offset log_start, Offset log_end,
    LeaderEpoch last_fetched_epoch, Offset fetch_offset);

/// Where a log with the epochs `own` that ends at `log_end_offset` is to be cut when its leader
/// says that its own history goes no further than `leader` (KIP-279). May be short of the place
/// where both meet: the next fetch tells then.
[[nodiscard]] Offset truncation_offset(const log::LeaderEpochCache& own, Offset log_end_offset,
                                       const log::EpochEnd& leader);

}  // namespace gregor::replication
