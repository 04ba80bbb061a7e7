#include "broker/server/metrics/page.h"

#include "broker/server/metrics/sections.h"

namespace gregor::server {

std::string make_metrics_page(const PageSources& sources) {
    metrics::Exposition page;
    show_requests(page, sources.server.request_metrics());
    show_quorum(page, sources.metadata);
    if (sources.elections != nullptr) show_controller(page, sources.metadata, *sources.elections);
    show_log_directories(page, sources.logs);
    if (sources.replicas != nullptr) {
        show_topics(page, sources.replicas->topic_metrics());
        show_replicas(page, *sources.replicas);
        show_partitions(page, *sources.replicas);
    }
    return std::move(page).take();
}

}  // namespace gregor::server
