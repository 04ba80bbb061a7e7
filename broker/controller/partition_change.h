// PartitionChange: the one place where a partition's leader, ISR, ELR, replicas and recovery state
// are decided. Whoever changes a partition (a fenced broker, AlterPartition, a reassignment, an
// election) says what is wanted; change_partition() makes of it one PartitionChangeRecord in which
// all parts fit together, or nothing if all is well as it is.
//
//     wanted ISR ─> reassignment complete? ─> ELR ─> leader ─> ISR, recovery state ─> record
//
// Who may lead, in this order:
//   1. an active member of the ISR: the present leader, else the first in the order of replicas;
//   2. if there is none, an active member of the ELR, which holds everything that was committed:
//      the high watermark stands still while the ISR is below min.insync.replicas (KIP-966);
//   3. if ISR and ELR are empty, the leader of before, when it is back (KIP-966);
//   4. where unclean elections are on, any active replica.
// 3 and 4 may lose records: the ISR becomes that leader alone, which is marked as recovering.
//
// ELR, with min ISR 2:   isr 1 2, elr -  → 2 goes →  isr 1, elr 2  → 1 goes →  isr -, elr 1 2
//                        → 2 comes →  isr 2, elr 1  → 1 catches up →  isr 2 1, elr -
// Without the feature the last member of the ISR stays in it, leaderless, until it is back.
//
// A record that names a leader makes a new leader epoch: when the leader changes, when a replica is
// taken away, and in clusters below 3.6-IV0 whenever the ISR shrinks.
#pragma once

#include <optional>
#include <utility>
#include <vector>

#include "broker/controller/election_rules.h"
#include "broker/controller/replica_placement.h"
#include "broker/metadata/image.h"

namespace gregor::controller {

enum class Election : std::uint8_t {
    online,     // only if the present leader cannot go on; unclean where the topic allows it
    preferred,  // the first replica, if it can lead
    unclean,    // any replica, if it must be
};

/// What is wanted of a partition; what is not given stays.
struct PartitionChange {
    std::optional<Replicas> isr;
    std::optional<Replicas> replicas;
    std::optional<Replicas> adding_replicas;
    std::optional<Replicas> removing_replicas;
    std::optional<metadata::LeaderRecoveryState> leader_recovery_state;
    std::optional<std::pair<protocol::NodeId, protocol::Uuid>> directory;  // of one replica
    Election election = Election::online;
    protocol::NodeId leaving = protocol::kNoNode;  // must not lead, whatever the image says
    /// Has lost the end of its log: it leaves the ELR too, and must not lead.
    protocol::NodeId unclean_shutdown = protocol::kNoNode;
};

[[nodiscard]] std::optional<protocol::PartitionChangeRecord> change_partition(
    const metadata::MetadataImage& image, const ElectionRules& rules,
    const metadata::TopicImage& topic, protocol::PartitionId partition,
    const PartitionChange& wanted);

[[nodiscard]] bool contains(const Replicas& replicas, protocol::NodeId node);
/// `replicas` without those of `others`, in their order.
[[nodiscard]] Replicas without(Replicas replicas, const Replicas& others);

}  // namespace gregor::controller
