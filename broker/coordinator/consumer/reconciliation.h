// Reconciliation: the next step of one member from what it owns towards its target assignment
// (KIP-848). Revoke before assign; a partition is given only once nobody else holds it (G4).
//
//     Stable ──the target is newer──┬─ it owns what it must give up ──> UnrevokedPartitions
//        ^                          ├─ others hold what it is to have ──> UnreleasedPartitions
//        └──────────────────────────┴─ neither: it has its target
//     UnrevokedPartitions ──it says that it owns none of them any more──> as above
//     UnreleasedPartitions ──at each heartbeat──> as above, with what has become free
//
// While it has to revoke it stays in its epoch: only what it keeps is its assignment then.
#pragma once

#include "broker/coordinator/consumer/consumer_member.h"

namespace gregor::coordinator {

struct Target {
    std::int32_t epoch = 0;
    TopicPartitions partitions;
};

/// `owned` is what the member says that it owns, nothing if it did not say; `held_by_others` what
/// any other member of the group has or has yet to give back. A member that does not change is
/// given back as it was.
[[nodiscard]] ConsumerMember reconcile(const ConsumerMember& member, const Target& target,
                                       const TopicPartitions& held_by_others,
                                       const std::optional<TopicPartitions>& owned);

}  // namespace gregor::coordinator
