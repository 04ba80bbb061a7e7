#include "scenarios/cluster/settling.h"

#include <utility>

namespace gregor::scenarios::cluster {

client::ClusterOptions admin_options(std::vector<Endpoint> servers, std::string client_id) {
    return {.bootstrap_servers = std::move(servers),
            .client_id = std::move(client_id),
            .request_timeout = kAdminTryTimeout};
}

void settle(clients::Workload& workload, Runtime& runtime, const std::string& client,
            const std::function<std::string()>& what_is_left) {
    workload.note(client, "waiting until nothing old is on its way");
    // As long as a broker may hold a request, and a connection one that was sent.
    runtime.clock().sleep_for(kAdminCallTimeout + workload.plan.network.tcp_timeout);
    for (std::string left = what_is_left(); !left.empty(); left = what_is_left()) {
        workload.note(client, left);
        runtime.clock().sleep_for(kAdminLook);
    }
    workload.doing.erase(client);
}

}  // namespace gregor::scenarios::cluster
