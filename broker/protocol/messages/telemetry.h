// Client metrics (KIP-714): GetTelemetrySubscriptions (71), PushTelemetry (72),
// ListClientMetricsResources (74).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "broker/protocol/error_code.h"
#include "broker/protocol/ids.h"
#include "broker/protocol/message.h"

namespace gregor::protocol {

/// A zero client instance id asks for a new one.
struct GetTelemetrySubscriptionsRequest {
    static constexpr MessageInfo kMessage{.name = "GetTelemetrySubscriptionsRequest",
                                          .kind = MessageKind::request,
                                          .id = 71,
                                          .versions = {0, 0},
                                          .first_flexible = 0};

    Uuid client_instance_id;
    UnknownTags unknown_tags;

    static const Fields& fields();
};

struct GetTelemetrySubscriptionsResponse {
    static constexpr MessageInfo kMessage{.name = "GetTelemetrySubscriptionsResponse",
                                          .kind = MessageKind::response,
                                          .id = 71,
                                          .versions = {0, 0},
                                          .first_flexible = 0};

    std::int32_t throttle_time_ms = 0;
    ErrorCode error_code = ErrorCode::none;
    Uuid client_instance_id;
    std::int32_t subscription_id = 0;
    std::vector<std::int8_t> accepted_compression_types;
    std::int32_t push_interval_ms = 0;
    std::int32_t telemetry_max_bytes = 0;
    bool delta_temporality = false;
    std::vector<std::string> requested_metrics;
    UnknownTags unknown_tags;

    static const Fields& fields();
};

/// Metrics are OTLP, possibly compressed.
struct PushTelemetryRequest {
    static constexpr MessageInfo kMessage{.name = "PushTelemetryRequest",
                                          .kind = MessageKind::request,
                                          .id = 72,
                                          .versions = {0, 0},
                                          .first_flexible = 0};

    Uuid client_instance_id;
    std::int32_t subscription_id = 0;
    bool terminating = false;
    std::int8_t compression_type = 0;
    Bytes metrics;
    UnknownTags unknown_tags;

    static const Fields& fields();
};

struct PushTelemetryResponse {
    static constexpr MessageInfo kMessage{.name = "PushTelemetryResponse",
                                          .kind = MessageKind::response,
                                          .id = 72,
                                          .versions = {0, 0},
                                          .first_flexible = 0};

    std::int32_t throttle_time_ms = 0;
    ErrorCode error_code = ErrorCode::none;
    UnknownTags unknown_tags;

    static const Fields& fields();
};

/// Names of client metric subscriptions.
struct ListClientMetricsResourcesRequest {
    static constexpr MessageInfo kMessage{.name = "ListClientMetricsResourcesRequest",
                                          .kind = MessageKind::request,
                                          .id = 74,
                                          .versions = {0, 0},
                                          .first_flexible = 0};

    UnknownTags unknown_tags;

    static const Fields& fields();
};

struct ListClientMetricsResourcesResponse {
    static constexpr MessageInfo kMessage{.name = "ListClientMetricsResourcesResponse",
                                          .kind = MessageKind::response,
                                          .id = 74,
                                          .versions = {0, 0},
                                          .first_flexible = 0};

    struct ClientMetricsResource {
        std::string name;
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    std::int32_t throttle_time_ms = 0;
    ErrorCode error_code = ErrorCode::none;
    std::vector<ClientMetricsResource> client_metrics_resources;
    UnknownTags unknown_tags;

    static const Fields& fields();
};

}  // namespace gregor::protocol
