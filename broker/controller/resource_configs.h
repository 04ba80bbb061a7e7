// Dynamic settings of what is neither topic nor broker: consumer groups (KIP-848) and client
// metrics subscriptions (KIP-714). They exist by having settings.
#pragma once

#include <optional>

#include "broker/controller/controller_result.h"
#include "broker/metadata/image.h"

namespace gregor::controller {

[[nodiscard]] std::optional<ApiError> find_group_config_fault(const metadata::ConfigMap& values);
[[nodiscard]] std::optional<ApiError> find_client_metrics_fault(const metadata::ConfigMap& values);

/// "metrics" and "match".
[[nodiscard]] bool is_list_client_metrics_config(std::string_view key);

}  // namespace gregor::controller
