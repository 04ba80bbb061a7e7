// AssignReplicasToDirs (73; KIP-858): a broker tells in which of its log directories replicas lie,
// so that the controller knows whom a failed directory concerns (heartbeats.h).
#pragma once

#include "broker/controller/controller_config.h"
#include "broker/controller/controller_result.h"
#include "broker/metadata/image.h"
#include "broker/protocol/messages/log_dirs.h"

namespace gregor::controller {

/// A directory that is not online now takes its replicas out of the ISR at once.
[[nodiscard]] ControllerResult<protocol::AssignReplicasToDirsResponse> assign_replicas_to_dirs(
    const metadata::MetadataImage& image, const ControllerConfig& config,
    const protocol::AssignReplicasToDirsRequest& request);

}  // namespace gregor::controller
