// Dynamic settings of topics, brokers, groups and client metrics: IncrementalAlterConfigs (44,
// KIP-339) and AlterConfigs (33). Resources stand alone: each gets its own error, and what is legal
// is changed in one go.
//
// Where eligible leader replicas are on, min.insync.replicas decides who is in an ELR: a change of
// it and what follows for the partitions are one decision, and it is not set for single brokers.
#pragma once

#include "broker/controller/controller_config.h"
#include "broker/controller/controller_result.h"
#include "broker/metadata/image.h"
#include "broker/protocol/messages/configs.h"

namespace gregor::controller {

enum class AlterOperation : std::int8_t { set = 0, remove = 1, append = 2, subtract = 3 };

/// Sets, deletes, appends to or subtracts from single values.
[[nodiscard]] ControllerResult<protocol::IncrementalAlterConfigsResponse> incremental_alter_configs(
    const metadata::MetadataImage& image, const ControllerConfig& config,
    const protocol::IncrementalAlterConfigsRequest& request);

/// Replaces all values of a resource: what is not named is deleted.
[[nodiscard]] ControllerResult<protocol::AlterConfigsResponse> alter_configs(
    const metadata::MetadataImage& image, const ControllerConfig& config,
    const protocol::AlterConfigsRequest& request);

}  // namespace gregor::controller
