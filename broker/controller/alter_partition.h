// AlterPartition (56; KIP-497, KIP-841, KIP-903): a leader asks for another ISR. The controller
// decides on the state that the leader knew, or not at all: every epoch must be the present one.
// A leader that knows more than we do has heard from a newer controller: NOT_CONTROLLER.
#pragma once

#include "broker/controller/controller_config.h"
#include "broker/controller/controller_result.h"
#include "broker/metadata/image.h"
#include "broker/protocol/messages/controller.h"

namespace gregor::controller {

/// Version 2 gives broker ids, version 3 their epochs too.
[[nodiscard]] ControllerResult<protocol::AlterPartitionResponse> alter_partition(
    const metadata::MetadataImage& image, const ControllerConfig& config,
    const protocol::AlterPartitionRequest& request, std::int16_t version);

}  // namespace gregor::controller
