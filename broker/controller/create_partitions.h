// CreatePartitions (37): a topic grows. Its new partitions have as many replicas as its first.
#pragma once

#include "broker/controller/controller_result.h"
#include "broker/metadata/image.h"
#include "broker/protocol/messages/topics.h"
#include "sim/base/random.h"

namespace gregor::controller {

[[nodiscard]] ControllerResult<protocol::CreatePartitionsResponse> create_partitions(
    const metadata::MetadataImage& image, Random& random,
    const protocol::CreatePartitionsRequest& request);

}  // namespace gregor::controller
