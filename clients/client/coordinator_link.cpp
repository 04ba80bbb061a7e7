#include "clients/client/coordinator_link.h"

#include "broker/protocol/messages/group_membership.h"

namespace gregor::client {

using protocol::ErrorCode;

CoordinatorLink::CoordinatorLink(Cluster& cluster, std::string key, std::string client_id,
                                 Duration request_timeout, KeyType key_type)
    : cluster_(cluster),
      key_(std::move(key)),
      client_id_(std::move(client_id)),
      request_timeout_(request_timeout),
      key_type_(key_type) {}

void CoordinatorLink::note(ErrorCode error) {
    if (error == ErrorCode::not_coordinator || error == ErrorCode::coordinator_not_available ||
        error == ErrorCode::request_timed_out) {
        coordinator_.reset();
    }
}

Instant CoordinatorLink::end_of_try(Instant deadline) {
    return std::min(deadline, deadline_after(cluster_.runtime().clock().now(), request_timeout_));
}

Result<BrokerConnection*, Error> CoordinatorLink::connection_for(Channel channel,
                                                                 Instant deadline) {
    if (!coordinator_) coordinator_ = TRY(find(end_of_try(deadline)));
    auto& connection = connections_[{*coordinator_, channel}];
    if (connection == nullptr) {
        connection = std::make_unique<BrokerConnection>(
            cluster_.runtime(), *coordinator_, rpc::ClientOptions{.client_id = client_id_});
    }
    return connection.get();
}

Result<Endpoint, Error> CoordinatorLink::find(Instant deadline) {
    // Versions below 4 have the first form.
    const protocol::FindCoordinatorRequest request{
        .key = key_, .key_type = static_cast<std::int8_t>(key_type_), .coordinator_keys = {key_}};
    const auto answer =
        TRY(cluster_.call_any<protocol::FindCoordinatorResponse>(request, deadline));
    if (answer.error_code != ErrorCode::none) {
        return fail(error_of(answer.error_code, answer.error_message));
    }
    if (answer.coordinators.empty()) {
        return Endpoint{answer.host, static_cast<std::uint16_t>(answer.port)};
    }
    const auto& found = answer.coordinators.front();
    if (found.error_code != ErrorCode::none) {
        return fail(error_of(found.error_code, found.error_message));
    }
    return Endpoint{found.host, static_cast<std::uint16_t>(found.port)};
}

}  // namespace gregor::client
