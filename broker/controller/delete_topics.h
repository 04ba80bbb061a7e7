// DeleteTopics (20): by name or, from version 6 on, by id (KIP-516). One record each; partitions
// and settings go with the topic.
#pragma once

#include "broker/controller/controller_config.h"
#include "broker/controller/controller_result.h"
#include "broker/metadata/image.h"
#include "broker/protocol/messages/topics.h"

namespace gregor::controller {

/// Versions below 6 fill `topic_names`, later ones `topics`; `version` chooses the error of a
/// cluster that does not delete.
[[nodiscard]] ControllerResult<protocol::DeleteTopicsResponse> delete_topics(
    const metadata::MetadataImage& image, const ControllerConfig& config,
    const protocol::DeleteTopicsRequest& request, std::int16_t version);

}  // namespace gregor::controller
