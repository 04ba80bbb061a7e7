// ElectLeaders (43; KIP-183, KIP-460), and the elections that the controller holds by itself now
// and then: leaderships go back to the preferred replicas, and where unclean elections have been
// allowed since a partition lost its leader, it gets one.
#pragma once

#include <cstddef>
#include <vector>

#include "broker/controller/controller_config.h"
#include "broker/controller/controller_result.h"
#include "broker/metadata/image.h"
#include "broker/protocol/messages/reassignments.h"

namespace gregor::controller {

/// No more elections than this in one decision; the rest is for the next.
inline constexpr std::size_t kMaxElectionsPerImbalance = 1000;

/// Null topic_partitions: all of the cluster; those that need no election are then not named.
[[nodiscard]] ControllerResult<protocol::ElectLeadersResponse> elect_leaders(
    const metadata::MetadataImage& image, const ControllerConfig& config,
    const protocol::ElectLeadersRequest& request);

/// auto.leader.rebalance.enable: partitions not led by their preferred replica, where it can lead.
[[nodiscard]] std::vector<VersionedRecord> balance_leaders(const metadata::MetadataImage& image,
                                                           const ControllerConfig& config);

/// Partitions without a leader, of topics whose unclean.leader.election.enable is now true.
[[nodiscard]] std::vector<VersionedRecord> elect_unclean_leaders(
    const metadata::MetadataImage& image, const ControllerConfig& config);

}  // namespace gregor::controller
