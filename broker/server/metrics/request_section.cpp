// The page's section about requests.
#include "broker/server/metrics/sections.h"

namespace gregor::server {

void show_requests(metrics::Exposition& page, const metrics::RequestMetrics& requests) {
    page.begin("kafka_network_requestmetrics_requests_total", metrics::MetricType::counter,
               "Requests taken.");
    for (const protocol::ApiInfo& api : protocol::apis()) {
        const metrics::ApiMetrics& of = requests.of(api.key);
        if (of.requests.value() == 0) continue;
        page.sample({{"request", api.name}}, of.requests.value());
    }
    page.begin("kafka_network_requestmetrics_totaltimems", metrics::MetricType::histogram,
               "Milliseconds from a request's last byte to its answer.");
    for (const protocol::ApiInfo& api : protocol::apis()) {
        const metrics::ApiMetrics& of = requests.of(api.key);
        if (of.requests.value() == 0) continue;
        page.sample({{"request", api.name}}, of.total_time);
    }
}

}  // namespace gregor::server
