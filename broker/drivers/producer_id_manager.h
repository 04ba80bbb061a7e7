// ProducerIdManager: hands out producer ids of the block that this broker holds, and asks the
// controller for the next block when it is used up (KIP-730). A restart begins a new block: ids are
// never given twice, also when the node dies.
#pragma once

#include "broker/drivers/broker_lifecycle.h"
#include "broker/drivers/controller_channel.h"
#include "sim/runtime/sync.h"

namespace gregor::drivers {

class ProducerIdManager {
public:
    ProducerIdManager(Runtime& runtime, ControllerChannel& channel,
                      const BrokerLifecycle& lifecycle, protocol::NodeId node_id)
        : runtime_(runtime),
          channel_(channel),
          lifecycle_(lifecycle),
          node_id_(node_id),
          mutex_(runtime.scheduler()) {}

    /// May wait for the controller. Its errors come through: REQUEST_TIMED_OUT, STALE_BROKER_EPOCH
    /// ….
    [[nodiscard]] Result<protocol::ProducerId, protocol::ErrorCode> next();

private:
    Runtime& runtime_;
    ControllerChannel& channel_;
    const BrokerLifecycle& lifecycle_;
    protocol::NodeId node_id_;
    Mutex mutex_;  // of those who want an id while a block is fetched
    protocol::ProducerId next_{0};
    std::int64_t left_ = 0;
};

}  // namespace gregor::drivers
