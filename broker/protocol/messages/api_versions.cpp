#include "broker/protocol/messages/api_versions.h"

namespace gregor::protocol {

const Fields& ApiVersionsRequest::fields() {
    using M = ApiVersionsRequest;
    static const Fields fields = describe<M>({
        field("client_software_name", &M::client_software_name).since(3),
        field("client_software_version", &M::client_software_version).since(3),
    });
    return fields;
}

const Fields& ApiVersionsResponse::ApiVersion::fields() {
    using M = ApiVersionsResponse::ApiVersion;
    static const Fields fields = describe<M>({
        field("api_key", &M::api_key),
        field("min_version", &M::min_version),
        field("max_version", &M::max_version),
    });
    return fields;
}

const Fields& ApiVersionsResponse::SupportedFeature::fields() {
    using M = ApiVersionsResponse::SupportedFeature;
    static const Fields fields = describe<M>({
        field("name", &M::name),
        field("min_version", &M::min_version),
        field("max_version", &M::max_version),
    });
    return fields;
}

const Fields& ApiVersionsResponse::FinalizedFeature::fields() {
    using M = ApiVersionsResponse::FinalizedFeature;
    static const Fields fields = describe<M>({
        field("name", &M::name),
        field("max_version_level", &M::max_version_level),
        field("min_version_level", &M::min_version_level),
    });
    return fields;
}

const Fields& ApiVersionsResponse::fields() {
    using M = ApiVersionsResponse;
    static const Fields fields = describe<M>({
        field("error_code", &M::error_code),
        field("api_keys", &M::api_keys),
        field("throttle_time_ms", &M::throttle_time_ms).since(1),
        field("supported_features", &M::supported_features).since(3).tagged(0),
        field("finalized_features_epoch", &M::finalized_features_epoch).since(3).tagged(1),
        field("finalized_features", &M::finalized_features).since(3).tagged(2),
        field("zk_migration_ready", &M::zk_migration_ready).since(3).tagged(3),
    });
    return fields;
}

const Fields& UpdateFeaturesRequest::FeatureUpdate::fields() {
    using M = UpdateFeaturesRequest::FeatureUpdate;
    static const Fields fields = describe<M>({
        field("feature", &M::feature),
        field("max_version_level", &M::max_version_level),
        field("allow_downgrade", &M::allow_downgrade).until(0),
        field("upgrade_type", &M::upgrade_type).since(1),
    });
    return fields;
}

const Fields& UpdateFeaturesRequest::fields() {
    using M = UpdateFeaturesRequest;
    static const Fields fields = describe<M>({
        field("timeout_ms", &M::timeout_ms),
        field("feature_updates", &M::feature_updates),
        field("validate_only", &M::validate_only).since(1),
    });
    return fields;
}

const Fields& UpdateFeaturesResponse::Result::fields() {
    using M = UpdateFeaturesResponse::Result;
    static const Fields fields = describe<M>({
        field("feature", &M::feature),
        field("error_code", &M::error_code),
        field("error_message", &M::error_message).nullable(),
    });
    return fields;
}

const Fields& UpdateFeaturesResponse::fields() {
    using M = UpdateFeaturesResponse;
    static const Fields fields = describe<M>({
        field("throttle_time_ms", &M::throttle_time_ms),
        field("error_code", &M::error_code),
        field("error_message", &M::error_message).nullable(),
        field("results", &M::results).until(1),
    });
    return fields;
}

}  // namespace gregor::protocol
