// Brokers and controllers make themselves known, and come and go.
//
//     register (fenced) ──caught up──> unfenced ──want_shut_down──> in controlled shutdown ──>
//     fenced
//             ^───────────────────────── a new incarnation ──────────────────────────────────────┘
//
// A broker's epoch is the offset of its registration's record: it rises with each incarnation, and
// requests of an older one are refused (KIP-631, invariants M5 and M6).
#pragma once

#include "broker/controller/controller_config.h"
#include "broker/controller/controller_result.h"
#include "broker/metadata/image.h"
#include "broker/protocol/messages/controller.h"

namespace gregor::controller {

/// `next_offset` is the offset that the first record will get. A registration that is still
/// unfenced, of another incarnation, is DUPLICATE_BROKER_REGISTRATION: fence it first. A cluster id
/// that is not ours is INCONSISTENT_CLUSTER_ID.
[[nodiscard]] ControllerResult<protocol::BrokerRegistrationResponse> register_broker(
    const metadata::MetadataImage& image, const ControllerConfig& config,
    protocol::Offset next_offset, const protocol::BrokerRegistrationRequest& request);

/// A broker that has caught up to its own registration is unfenced, and leads what waits for it;
/// one that wants to shut down gives its leaderships away and may go when it has none (KIP-631).
[[nodiscard]] ControllerResult<protocol::BrokerHeartbeatResponse> heartbeat(
    const metadata::MetadataImage& image, const protocol::BrokerHeartbeatRequest& request);

/// The broker is not heard of any more; nothing if it is unknown or fenced already.
[[nodiscard]] std::vector<metadata::VersionedRecord> fence_broker(
    const metadata::MetadataImage& image, protocol::NodeId broker);

[[nodiscard]] ControllerResult<protocol::ControllerRegistrationResponse> register_controller(
    const metadata::MetadataImage& image, const protocol::ControllerRegistrationRequest& request);

}  // namespace gregor::controller
