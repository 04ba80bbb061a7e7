#include "broker/controller/producer_ids.h"

#include <limits>

namespace gregor::controller {

ControllerResult<protocol::AllocateProducerIdsResponse> allocate_producer_ids(
    const metadata::MetadataImage& image, const protocol::AllocateProducerIdsRequest& request) {
    ControllerResult<protocol::AllocateProducerIdsResponse> result{
        .records = {}, .response = {}, .atomic = true};
    const metadata::BrokerImage* broker = image.find_broker(request.broker_id);
    if (broker == nullptr) {
        result.response.error_code = ErrorCode::broker_id_not_registered;
        return result;
    }
    if (broker->broker_epoch != request.broker_epoch) {
        result.response.error_code = ErrorCode::stale_broker_epoch;
        return result;
    }
    const protocol::ProducerId first = image.next_producer_id();
    if (first.value() > std::numeric_limits<std::int64_t>::max() - kProducerIdBlockSize) {
        result.response.error_code = ErrorCode::unknown_server_error;
        return result;
    }
    result.records.push_back(
        versioned(protocol::ProducerIdsRecord{.broker_id = request.broker_id,
                                              .broker_epoch = request.broker_epoch,
                                              .next_producer_id = first + kProducerIdBlockSize},
                  image.metadata_version()));
    result.response.producer_id_start = first;
    result.response.producer_id_len = kProducerIdBlockSize;
    return result;
}

}  // namespace gregor::controller
