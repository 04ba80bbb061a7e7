// The page's section about the log directories.
#include "broker/server/metrics/sections.h"

namespace gregor::server {

void show_log_directories(metrics::Exposition& page, const log::LogManager& logs) {
    std::int64_t failed = 0;
    for (std::size_t i = 0; i < logs.folders().size(); ++i) failed += logs.has_failed(i) ? 1 : 0;
    page.gauge("kafka_log_logmanager_offlinelogdirectorycount", "Log directories that have failed.",
               failed);
}

}  // namespace gregor::server
