// BrokerLifecycle: how this broker enters its cluster and leaves it, as its controller records it.
//
//     enter:  fence what an earlier incarnation left, register, unfence      leader epochs +1 (if
//     it crashed) +1 leave:  controlled shutdown: give leaderships away, be fenced          leader
//     epochs +1
//
// The broker's epoch is the offset of its registration.
#pragma once

#include "broker/drivers/controller_driver.h"
#include "broker/protocol/messages/controller.h"

namespace gregor::drivers {

class BrokerLifecycle {
public:
    BrokerLifecycle(ControllerDriver& controller, protocol::NodeId node_id)
        : controller_(controller), node_id_(node_id) {}

    /// `registration` says who this is and where it listens; its broker id must be ours.
    [[nodiscard]] Result<void, protocol::ErrorCode> enter(
        const protocol::BrokerRegistrationRequest& registration);
    /// Returns when this broker leads nothing any more and is fenced.
    [[nodiscard]] Result<void, protocol::ErrorCode> leave();

    /// -1 before enter().
    [[nodiscard]] std::int64_t broker_epoch() const { return broker_epoch_; }

private:
    [[nodiscard]] Result<protocol::BrokerHeartbeatResponse, protocol::ErrorCode> beat(
        bool want_shut_down);

    ControllerDriver& controller_;
    protocol::NodeId node_id_;
    std::int64_t broker_epoch_ = -1;
};

}  // namespace gregor::drivers
