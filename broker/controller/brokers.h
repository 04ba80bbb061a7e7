// Brokers and controllers make themselves known and are forgotten: BrokerRegistration (62),
// UnregisterBroker (64), ControllerRegistration (70). What happens in between is in heartbeats.h.
//
// A broker registers fenced. Its epoch is the offset of that record (or of the begin of the
// metadata transaction that it takes with very many partitions): it rises with each incarnation,
// and requests of an older one are refused (KIP-631, invariants M5 and M6). Whatever an earlier
// incarnation still held is taken from it in the same decision.
#pragma once

#include "broker/controller/broker_sessions.h"
#include "broker/controller/controller_config.h"
#include "broker/controller/controller_result.h"
#include "broker/metadata/image.h"
#include "broker/protocol/messages/controller.h"

namespace gregor::controller {

struct RegistrationMoment {
    std::int64_t now_ms = 0;
    protocol::Offset next_offset{0};  // that the first record will get
    std::int16_t version = 0;         // of the request
};

/// DUPLICATE_BROKER_REGISTRATION: another incarnation is unfenced and was heard of within its
/// session timeout. INCONSISTENT_CLUSTER_ID: another cluster's. INVALID_REGISTRATION: directories
/// or listeners that cannot be. UNSUPPORTED_VERSION: a feature of the cluster is beyond the broker.
///
/// From version 3 on the broker tells the epoch at which it last stopped cleanly; if that is not
/// its last one, it may have lost the ends of its logs (KIP-966).
[[nodiscard]] ControllerResult<protocol::BrokerRegistrationResponse> register_broker(
    const metadata::MetadataImage& image, const ControllerConfig& config, BrokerSessions& sessions,
    const RegistrationMoment& moment, const protocol::BrokerRegistrationRequest& request);

/// For a broker that will not come back. Replicas that it has stay assigned to it.
[[nodiscard]] ControllerResult<protocol::UnregisterBrokerResponse> unregister_broker(
    const metadata::MetadataImage& image, const ControllerConfig& config,
    const protocol::UnregisterBrokerRequest& request);

[[nodiscard]] ControllerResult<protocol::ControllerRegistrationResponse> register_controller(
    const metadata::MetadataImage& image, const protocol::ControllerRegistrationRequest& request);

}  // namespace gregor::controller
