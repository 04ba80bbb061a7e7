// What a broker can do: ApiVersions (18), the first exchange of most connections, and
// UpdateFeatures (57).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "broker/protocol/error_code.h"
#include "broker/protocol/ids.h"
#include "broker/protocol/message.h"

namespace gregor::protocol {

/// v1 throttle time · v3 flexible, client software name, features (the answer keeps response header
/// 0) · v4 a feature range may start at 0.
struct ApiVersionsRequest {
    static constexpr MessageInfo kMessage{.name = "ApiVersionsRequest",
                                          .kind = MessageKind::request,
                                          .id = 18,
                                          .versions = {0, 4},
                                          .first_flexible = 3};

    std::string client_software_name;
    std::string client_software_version;
    UnknownTags unknown_tags;

    static const Fields& fields();
};

struct ApiVersionsResponse {
    static constexpr MessageInfo kMessage{.name = "ApiVersionsResponse",
                                          .kind = MessageKind::response,
                                          .id = 18,
                                          .versions = {0, 4},
                                          .first_flexible = 3};

    struct ApiVersion {
        std::int16_t api_key = 0;
        std::int16_t min_version = 0;
        std::int16_t max_version = 0;
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    struct SupportedFeature {
        std::string name;
        std::int16_t min_version = 0;
        std::int16_t max_version = 0;
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    struct FinalizedFeature {
        std::string name;
        std::int16_t max_version_level = 0;
        std::int16_t min_version_level = 0;
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    ErrorCode error_code = ErrorCode::none;
    std::vector<ApiVersion> api_keys;
    std::int32_t throttle_time_ms = 0;
    std::vector<SupportedFeature> supported_features;
    std::int64_t finalized_features_epoch = -1;
    std::vector<FinalizedFeature> finalized_features;
    bool zk_migration_ready = false;
    UnknownTags unknown_tags;

    static const Fields& fields();
};

/// v1 upgrade type and dry run (KIP-584) · v2 no result for each feature.
struct UpdateFeaturesRequest {
    static constexpr MessageInfo kMessage{.name = "UpdateFeaturesRequest",
                                          .kind = MessageKind::request,
                                          .id = 57,
                                          .versions = {0, 2},
                                          .first_flexible = 0};

    struct FeatureUpdate {
        std::string feature;
        std::int16_t max_version_level = 0;
        bool allow_downgrade = false;
        std::int8_t upgrade_type = 1;
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    std::int32_t timeout_ms = 60000;
    std::vector<FeatureUpdate> feature_updates;
    bool validate_only = false;
    UnknownTags unknown_tags;

    static const Fields& fields();
};

struct UpdateFeaturesResponse {
    static constexpr MessageInfo kMessage{.name = "UpdateFeaturesResponse",
                                          .kind = MessageKind::response,
                                          .id = 57,
                                          .versions = {0, 2},
                                          .first_flexible = 0};

    struct Result {
        std::string feature;
        ErrorCode error_code = ErrorCode::none;
        std::optional<std::string> error_message = "";
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    std::int32_t throttle_time_ms = 0;
    ErrorCode error_code = ErrorCode::none;
    std::optional<std::string> error_message = "";
    std::vector<Result> results;
    UnknownTags unknown_tags;

    static const Fields& fields();
};

}  // namespace gregor::protocol
