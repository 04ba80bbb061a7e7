#include "clients/client/broker_connection.h"

#include <mutex>
#include <utility>

namespace gregor::client {

using protocol::ErrorCode;

namespace {

/// A failed exchange: REQUEST_TIMED_OUT or NETWORK_EXCEPTION.
Error error_of_exchange(IoError error, const Endpoint& peer) {
    return {
        error == IoError::timed_out ? ErrorCode::request_timed_out : ErrorCode::network_exception,
        fmt::format("no answer from {}: {}", to_string(peer), name(error))};
}

}  // namespace

BrokerConnection::BrokerConnection(Runtime& runtime, Endpoint endpoint, rpc::ClientOptions options)
    : runtime_(runtime),
      endpoint_(std::move(endpoint)),
      client_(runtime, std::move(options)),
      connecting_(runtime.scheduler()) {}

Result<void, Error> BrokerConnection::ensure_connected(Instant deadline) {
    const std::unique_lock one_at_a_time(connecting_, deadline);
    if (!one_at_a_time) return fail(error_of_exchange(IoError::timed_out, endpoint_));
    if (client_.is_connected()) return {};
    if (const auto connected = client_.connect(endpoint_, deadline); !connected) {
        return fail(error_of_exchange(connected.error(), endpoint_));
    }
    const auto answer = client_.api_versions(deadline);
    if (!answer) return fail(broken(answer.error()));
    if (answer->error_code != ErrorCode::none) return fail(error_of(answer->error_code));
    versions_.clear();
    for (const auto& api : answer->api_keys) {
        versions_[api.api_key] = {api.min_version, api.max_version};
    }
    features_ = {.epoch = answer->finalized_features_epoch};
    for (const auto& feature : answer->finalized_features) {
        features_.levels[feature.name] = feature.max_version_level;
    }
    return {};
}

Result<std::int16_t, Error> BrokerConnection::version_for(protocol::ApiKey key,
                                                          protocol::VersionRange ours) const {
    const auto theirs = versions_.find(static_cast<std::int16_t>(key));
    if (theirs != versions_.end()) {
        const std::int16_t version = std::min(ours.max, theirs->second.max);
        if (version >= std::max(ours.min, theirs->second.min)) return version;
    }
    return fail(Error{
        ErrorCode::unsupported_version,
        fmt::format("The node {} does not support {}", to_string(endpoint_), protocol::name(key))});
}

Error BrokerConnection::broken(IoError error) {
    client_.close();
    return error_of_exchange(error, endpoint_);
}

}  // namespace gregor::client
