// AllocateProducerIds (67; KIP-730): brokers take producer ids in blocks, so that an idempotent
// producer costs no trip to the controller. A block is never given twice: what a broker did not use
// is lost with it (invariant M8).
#pragma once

#include "broker/controller/controller_result.h"
#include "broker/metadata/image.h"
#include "broker/protocol/messages/controller.h"

namespace gregor::controller {

inline constexpr std::int32_t kProducerIdBlockSize = 1000;

[[nodiscard]] ControllerResult<protocol::AllocateProducerIdsResponse> allocate_producer_ids(
    const metadata::MetadataImage& image, const protocol::AllocateProducerIdsRequest& request);

}  // namespace gregor::controller
