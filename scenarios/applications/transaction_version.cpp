#include "scenarios/applications/transaction_version.h"

#include "broker/protocol/messages/api_versions.h"
#include "clients/client/cluster.h"

namespace gregor::scenarios::applications {

void set_transaction_version(const ApplicationContext& context, Process& process,
                             std::int16_t version, bool& is_done) {
    client::Cluster cluster(process.runtime, {.bootstrap_servers = context.workload.brokers,
                                              .client_id = "operator",
                                              .request_timeout = 3s});
    protocol::UpdateFeaturesRequest request;
    constexpr std::int8_t kSafeDowngrade = 2;
    request.feature_updates.push_back({.feature = "transaction.version",
                                       .max_version_level = version,
                                       .upgrade_type = kSafeDowngrade});
    while (!is_done && !process.is_stopping) {
        process.runtime.clock().sleep_for(100ms);
        const auto answer = cluster.call_any<protocol::UpdateFeaturesResponse>(
            request, deadline_after(process.runtime.clock().now(), 3s));
        is_done = answer && answer->error_code == protocol::ErrorCode::none;
    }
}

}  // namespace gregor::scenarios::applications
