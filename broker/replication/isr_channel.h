// IsrChannel: the way from a leader to the active controller, for changes of in-sync sets.
#pragma once

#include "broker/protocol/error_code.h"
#include "broker/protocol/messages/controller.h"
#include "sim/base/result.h"
#include "sim/base/time.h"

namespace gregor::replication {

class IsrChannel {
public:
    virtual ~IsrChannel() = default;
    /// Sends the request to the active controller and waits for its answer, at most until
    /// `deadline`. NOT_CONTROLLER, REQUEST_TIMED_OUT, NETWORK_EXCEPTION and the like when there is
    /// none: the caller asks again, as the change may have been taken.
    [[nodiscard]] virtual Result<protocol::AlterPartitionResponse, protocol::ErrorCode>
    alter_partition(const protocol::AlterPartitionRequest& request, Instant deadline) = 0;
};

}  // namespace gregor::replication
