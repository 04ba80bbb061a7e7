#include "scenarios/applications/application.h"

#include <algorithm>

namespace gregor::scenarios::applications {

HistorySettings settings_of_cluster(const simulated::Plan& plan) {
    const auto setting = [&](const std::string& key, std::int64_t otherwise) {
        const auto found = plan.broker.find(key);
        return found == plan.broker.end() ? otherwise : std::stoll(found->second);
    };
    HistorySettings settings;
    settings.min_insync_replicas = setting("min.insync.replicas", 1);
    settings.flushes_every_message = setting("log.flush.interval.messages", 0) == 1;
    settings.power_losses =
        std::ranges::count(plan.faults, simulated::FaultKind::power_loss, &simulated::Fault::kind);
    return settings;
}

std::string bootstrap_servers(const clients::Workload& workload) {
    std::string servers;
    for (const Endpoint& broker : workload.brokers) {
        servers += fmt::format("{}{}:{}", servers.empty() ? "" : ",", broker.host, broker.port);
    }
    return servers;
}

}  // namespace gregor::scenarios::applications
