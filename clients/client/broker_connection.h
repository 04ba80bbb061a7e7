// BrokerConnection: one broker as a client sees it. It connects when it is needed, asks first which
// versions the broker knows, and sends every request in the newest one that both know.
#pragma once

#include <algorithm>
#include <map>
#include <string>

#include "broker/protocol/api_key.h"
#include "broker/protocol/version_range.h"
#include "broker/rpc/client.h"
#include "clients/client/error.h"

namespace gregor::client {

/// The levels of the cluster's features (KIP-584), as of an offset of the metadata.
struct FinalizedFeatures {
    std::int64_t epoch = -1;
    std::map<std::string, std::int16_t, std::less<>> levels = {};
};

class BrokerConnection {
public:
    BrokerConnection(Runtime& runtime, Endpoint endpoint, rpc::ClientOptions options);

    /// One try. `newest` bounds the version: what is asked may not exist in later ones.
    /// UNSUPPORTED_VERSION: no version that both know.
    template <protocol::Message Response, protocol::Message Request>
    [[nodiscard]] Result<Response, Error> call(
        const Request& request, Instant deadline,
        std::int16_t newest = Request::kMessage.versions.max) {
        TRY(ensure_connected(deadline));
        const protocol::ApiKey key{Request::kMessage.id};
        const std::int16_t version =
            TRY(version_for(key, {Request::kMessage.versions.min, newest}));
        auto answer = client_.call<Response>(request, version, deadline);
        if (answer) return *std::move(answer);
        return fail(broken(answer.error()));
    }

    /// Of a request that has no answer: Produce with acks=0.
    template <protocol::Message Request>
    [[nodiscard]] Result<void, Error> send(const Request& request, Instant deadline) {
        TRY(ensure_connected(deadline));
        const protocol::ApiKey key{Request::kMessage.id};
        const std::int16_t version = TRY(version_for(key, Request::kMessage.versions));
        const auto sent = client_.send(request, version, deadline);
        if (sent) return {};
        return fail(broken(sent.error()));
    }

    [[nodiscard]] const Endpoint& endpoint() const { return endpoint_; }
    /// What the broker said of the cluster's features when it was last connected to; the epoch is
    /// −1 where it said nothing.
    [[nodiscard]] const FinalizedFeatures& features() const { return features_; }

private:
    [[nodiscard]] Result<void, Error> ensure_connected(Instant deadline);
    [[nodiscard]] Result<std::int16_t, Error> version_for(protocol::ApiKey key,
                                                          protocol::VersionRange ours) const;
    /// Whoever does not answer in time is asked on a new connection next time.
    [[nodiscard]] Error broken(IoError error);

    Runtime& runtime_;
    Endpoint endpoint_;
    rpc::Client client_;
    Mutex connecting_;
    std::map<std::int16_t, protocol::VersionRange> versions_;  // by API key, as the broker has them
    FinalizedFeatures features_;
};

}  // namespace gregor::client
