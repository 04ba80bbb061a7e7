// CreateTopics (19; KIP-525, KIP-516). Topics of one request stand alone: each gets its own error,
// and those without one are created together, atomically.
#pragma once

#include "broker/controller/controller_config.h"
#include "broker/controller/controller_result.h"
#include "broker/metadata/image.h"
#include "broker/protocol/messages/topics.h"
#include "sim/base/random.h"

namespace gregor::controller {

/// More partitions than this in one request are refused: they would not fit into one batch.
inline constexpr std::size_t kMaxRecordsPerUserOperation = 10'000;

/// `random` gives topic ids and places replicas.
[[nodiscard]] ControllerResult<protocol::CreateTopicsResponse> create_topics(
    const metadata::MetadataImage& image, const ControllerConfig& config, Random& random,
    const protocol::CreateTopicsRequest& request);

/// A fresh id: random, not one with a meaning of its own, and not with a '-' in front of its text,
/// which command lines would take for an option.
[[nodiscard]] protocol::Uuid random_uuid(Random& random);

}  // namespace gregor::controller
