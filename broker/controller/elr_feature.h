// What it takes to switch eligible leader replicas on and off (KIP-966): settings and partitions
// must fit before the first record that has an ELR, and after the last.
#pragma once

#include <optional>

#include "broker/controller/controller_config.h"
#include "broker/controller/controller_result.h"
#include "broker/controller/draft.h"

namespace gregor::controller {

/// Who is in an ELR depends on min.insync.replicas, so all controllers must see the same: the
/// value of server.properties becomes the cluster's dynamic one, and single brokers have none.
void prepare_elr(Draft& draft, const ControllerConfig& config);

/// Members of an ELR that nobody is ahead of become the ISR that is waited for. If a partition has
/// neither, only the feature knows its last leader: FEATURE_UPDATE_FAILED.
[[nodiscard]] std::optional<ApiError> give_up_elr(Draft& draft);

}  // namespace gregor::controller
