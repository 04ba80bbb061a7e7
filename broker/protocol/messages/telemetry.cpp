#include "broker/protocol/messages/telemetry.h"

namespace gregor::protocol {

const Fields& GetTelemetrySubscriptionsRequest::fields() {
    using M = GetTelemetrySubscriptionsRequest;
    static const Fields fields = describe<M>({
        field("client_instance_id", &M::client_instance_id),
    });
    return fields;
}

const Fields& GetTelemetrySubscriptionsResponse::fields() {
    using M = GetTelemetrySubscriptionsResponse;
    static const Fields fields = describe<M>({
        field("throttle_time_ms", &M::throttle_time_ms),
        field("error_code", &M::error_code),
        field("client_instance_id", &M::client_instance_id),
        field("subscription_id", &M::subscription_id),
        field("accepted_compression_types", &M::accepted_compression_types),
        field("push_interval_ms", &M::push_interval_ms),
        field("telemetry_max_bytes", &M::telemetry_max_bytes),
        field("delta_temporality", &M::delta_temporality),
        field("requested_metrics", &M::requested_metrics),
    });
    return fields;
}

const Fields& PushTelemetryRequest::fields() {
    using M = PushTelemetryRequest;
    static const Fields fields = describe<M>({
        field("client_instance_id", &M::client_instance_id),
        field("subscription_id", &M::subscription_id),
        field("terminating", &M::terminating),
        field("compression_type", &M::compression_type),
        field("metrics", &M::metrics),
    });
    return fields;
}

const Fields& PushTelemetryResponse::fields() {
    using M = PushTelemetryResponse;
    static const Fields fields = describe<M>({
        field("throttle_time_ms", &M::throttle_time_ms),
        field("error_code", &M::error_code),
    });
    return fields;
}

const Fields& ListClientMetricsResourcesRequest::fields() {
    static const Fields fields = describe<ListClientMetricsResourcesRequest>({});
    return fields;
}

const Fields& ListClientMetricsResourcesResponse::ClientMetricsResource::fields() {
    using M = ListClientMetricsResourcesResponse::ClientMetricsResource;
    static const Fields fields = describe<M>({
        field("name", &M::name),
    });
    return fields;
}

const Fields& ListClientMetricsResourcesResponse::fields() {
    using M = ListClientMetricsResourcesResponse;
    static const Fields fields = describe<M>({
        field("throttle_time_ms", &M::throttle_time_ms),
        field("error_code", &M::error_code),
        field("client_metrics_resources", &M::client_metrics_resources),
    });
    return fields;
}

}  // namespace gregor::protocol
