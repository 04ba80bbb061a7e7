#include "broker/server/metrics/election_metrics.h"

#include "broker/metadata/image_delta.h"

namespace gregor::server {
namespace {

/// The controller marks whom it elects from outside (KIP-704).
bool is_unclean(const metadata::PartitionState& before, const metadata::PartitionState& after) {
    return after.leader_recovery_state == metadata::LeaderRecoveryState::recovering &&
           after.has_leader() && after.leader_epoch > before.leader_epoch &&
           !before.is_in_isr(after.leader);
}

}  // namespace

void ElectionMetrics::published(const metadata::MetadataImage& before,
                                const metadata::MetadataImage& after) {
    for (const metadata::PartitionDelta& delta :
         metadata::delta_between(before, after).partitions) {
        if (delta.before == nullptr || delta.after == nullptr) continue;
        if (is_unclean(*delta.before, *delta.after)) unclean_.add();
    }
}

}  // namespace gregor::server
