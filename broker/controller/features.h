// UpdateFeatures (57; KIP-584, KIP-778, KIP-1022): which features the cluster has finalized. A
// level may rise when every broker and controller that is registered supports it; it may fall where
// nothing is lost by that.
//
// kraft.version is the quorum's own (KIP-853): here it is only found whether it may rise; the
// quorum writes it.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>

#include "broker/controller/controller_config.h"
#include "broker/controller/controller_result.h"
#include "broker/controller/kraft_version.h"
#include "broker/metadata/image.h"
#include "broker/protocol/messages/api_versions.h"

namespace gregor::controller {

struct SupportedFeature {
    std::string_view name;
    std::int16_t min_level;
    std::int16_t max_level;
};

/// What this code can do, by name.
[[nodiscard]] std::span<const SupportedFeature> supported_features();

/// What a new cluster begins with, as Kafka 4.0's `storage format` has it.
[[nodiscard]] std::map<std::string, std::int16_t> initial_features();

/// All or nothing: of several updates with one error, none is made. Versions 0 and 1 answer for
/// each feature, later ones with one error.
[[nodiscard]] ControllerResult<protocol::UpdateFeaturesResponse> update_features(
    const metadata::MetadataImage& image, const ControllerConfig& config,
    const KRaftVersionView* kraft_version, const protocol::UpdateFeaturesRequest& request,
    std::int16_t version);

}  // namespace gregor::controller
