#include "broker/drivers/producer_id_manager.h"

#include <mutex>

namespace gregor::drivers {

using protocol::ErrorCode;

/// A producer waits no longer than this for a block; it asks again.
constexpr Duration kBlockTimeout = 10s;

Result<protocol::ProducerId, ErrorCode> ProducerIdManager::next() {
    const std::lock_guard lock(mutex_);
    if (left_ == 0) {
        const auto block = TRY(channel_.call(
            protocol::AllocateProducerIdsRequest{.broker_id = node_id_,
                                                 .broker_epoch = lifecycle_.broker_epoch()},
            0, deadline_after(runtime_.clock().now(), kBlockTimeout)));
        if (block.error_code != ErrorCode::none) return fail(block.error_code);
        next_ = block.producer_id_start;
        left_ = block.producer_id_len;
    }
    --left_;
    const protocol::ProducerId id = next_;
    ++next_;
    return id;
}

}  // namespace gregor::drivers
