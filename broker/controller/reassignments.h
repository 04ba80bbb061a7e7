// AlterPartitionReassignments (45) and ListPartitionReassignments (46; KIP-455): replicas move.
//
//     replicas 1 2 3              target 2 4 5
//     → 2 4 5 1 3   adding 4 5   removing 1 3      nothing is taken away yet
//     → 4 and 5 catch up, the ISR holds 2 4 5
//     → 2 4 5                                      complete, in the same record as that ISR
//
// A second reassignment replaces the first: what only the first wanted to add goes at once. A null
// target cancels, back to the replicas of before. No change takes the last copies away: where the
// ISR would be empty, it takes unclean.leader.election.enable.
#pragma once

#include "broker/controller/controller_config.h"
#include "broker/controller/controller_result.h"
#include "broker/metadata/image.h"
#include "broker/protocol/messages/reassignments.h"

namespace gregor::controller {

/// Whether a reassignment may change how many replicas a partition has: the request's flag from
/// version 1 on; before, it may.
struct ReassignmentOptions {
    bool allow_replication_factor_change = true;
};

[[nodiscard]] ControllerResult<protocol::AlterPartitionReassignmentsResponse>
alter_partition_reassignments(const metadata::MetadataImage& image, const ControllerConfig& config,
                              const protocol::AlterPartitionReassignmentsRequest& request,
                              const ReassignmentOptions& options = {});

/// Changes nothing.
[[nodiscard]] ControllerResult<protocol::ListPartitionReassignmentsResponse>
list_partition_reassignments(const metadata::MetadataImage& image,
                             const protocol::ListPartitionReassignmentsRequest& request);

}  // namespace gregor::controller
