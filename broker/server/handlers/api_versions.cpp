#include "broker/server/handlers/api_versions.h"

#include <algorithm>

#include "broker/controller/features.h"
#include "broker/drivers/cluster_metadata.h"
#include "broker/metadata/image.h"
#include "broker/server/config.h"
#include "broker/server/router.h"

namespace gregor::server {
namespace {

using protocol::ApiVersionsRequest;
using protocol::ApiVersionsResponse;

constexpr std::int16_t kFirstWithClientName = 3;
/// Before, a client took 0 for a feature that is not supported (KIP-1022).
constexpr std::int16_t kFirstWithZeroFeatures = 4;

bool is_letter_or_digit(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/// KIP-511: [a-zA-Z0-9](?:[a-zA-Z0-9\-.]*[a-zA-Z0-9])?
bool is_software_name(std::string_view text) {
    if (text.empty()) return false;
    if (!is_letter_or_digit(text.front()) || !is_letter_or_digit(text.back())) return false;
    return std::ranges::all_of(
        text, [](char c) { return is_letter_or_digit(c) || c == '-' || c == '.'; });
}

/// As far as the image goes.
std::int16_t kraft_version_of(const HandlerContext& context) {
    const drivers::RaftDriver& raft = context.metadata.raft();
    return raft.core().voter_history().kraft_version_below(context.metadata.image_offset());
}

void add_features(const metadata::MetadataImage& image, std::int16_t kraft_version,
                  std::int16_t version, ApiVersionsResponse& response) {
    for (const controller::SupportedFeature& feature : controller::supported_features()) {
        if (feature.min_level == 0 && version < kFirstWithZeroFeatures) continue;
        response.supported_features.push_back({.name = std::string(feature.name),
                                               .min_version = feature.min_level,
                                               .max_version = feature.max_level});
    }
    for (const auto& [name, level] : image.features()) {
        response.finalized_features.push_back(
            {.name = name, .max_version_level = level, .min_version_level = level});
    }
    if (kraft_version == 0) return;
    response.finalized_features.push_back({.name = std::string(controller::kKRaftVersionFeature),
                                           .max_version_level = kraft_version,
                                           .min_version_level = kraft_version});
}

}  // namespace

void handle_api_versions(HandlerContext& context, const rpc::Request& request, rpc::Reply reply) {
    const auto asked = decode_or_close<ApiVersionsRequest>(request, reply);
    if (!asked) return;
    ApiVersionsResponse response;
    const bool is_named = is_software_name(asked->client_software_name) &&
                          is_software_name(asked->client_software_version);
    if (request.version >= kFirstWithClientName && !is_named) {
        response.error_code = protocol::ErrorCode::invalid_request;
        reply.send(response);
        return;
    }
    response.api_keys = context.router.advertised(context.is_from_controller_listener(request));
    add_features(*context.image(), kraft_version_of(context), request.version, response);
    response.finalized_features_epoch = context.metadata_offset();
    reply.send(response);
}

}  // namespace gregor::server
