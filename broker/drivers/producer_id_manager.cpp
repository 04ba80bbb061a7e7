#include "broker/drivers/producer_id_manager.h"

#include <mutex>

namespace gregor::drivers {

using protocol::ErrorCode;

Result<protocol::ProducerId, ErrorCode> ProducerIdManager::next() {
    const std::lock_guard lock(mutex_);
    if (left_ == 0) {
        const metadata::BrokerImage* broker = controller_.image()->find_broker(node_id_);
        if (broker == nullptr) return fail(ErrorCode::broker_id_not_registered);
        const auto block = TRY(controller_.handle(protocol::AllocateProducerIdsRequest{
            .broker_id = node_id_, .broker_epoch = broker->broker_epoch}));
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
