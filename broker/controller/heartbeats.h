// Brokers that live and die (KIP-631): BrokerHeartbeat (63), and the fencing of those that are not
// heard of any more.
//
//     fenced ──caught up──> unfenced ──wants to shut down──> in controlled shutdown ──> fenced
//
// A controlled shutdown gives all leaderships away at once; the broker may go when it leads nothing
// and every active broker has read so far that it knows. Where a directory has failed, its replicas
// leave the ISRs with it (KIP-858).
#pragma once

#include "broker/controller/broker_sessions.h"
#include "broker/controller/controller_config.h"
#include "broker/controller/controller_result.h"
#include "broker/controller/draft.h"
#include "broker/metadata/image.h"
#include "broker/protocol/messages/controller.h"

namespace gregor::controller {

struct HeartbeatMoment {
    std::int64_t now_ms = 0;
    protocol::Offset next_offset{0};  // that the first record will get
};

/// Touches the broker's session.
[[nodiscard]] ControllerResult<protocol::BrokerHeartbeatResponse> heartbeat(
    const metadata::MetadataImage& image, const ControllerConfig& config, BrokerSessions& sessions,
    const HeartbeatMoment& moment, const protocol::BrokerHeartbeatRequest& request);

/// The broker is not heard of any more; nothing if it is unknown or fenced already.
void fence_broker(Draft& draft, const ControllerConfig& config, protocol::NodeId broker);

/// Fences one broker whose session has expired: the next is for the next call, on the state after
/// these records (KAFKA-13173). Nothing: none has.
[[nodiscard]] std::vector<VersionedRecord> fence_expired_broker(
    const metadata::MetadataImage& image, const ControllerConfig& config,
    const BrokerSessions& sessions, std::int64_t now_ms);

}  // namespace gregor::controller
