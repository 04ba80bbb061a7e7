// RequestRouter: which handler answers which API, as one table (routes.cpp), and from the same
// table what ApiVersions tells. An API is listed exactly when it is answered.
//
// A request of an API or version that is not served closes its connection, as Kafka does, but for
// ApiVersions: a client that guesses too high is told in version 0 what there is (KIP-511).
#pragma once

#include <span>
#include <vector>

#include "broker/protocol/messages/api_versions.h"
#include "broker/server/handler_context.h"

namespace gregor::server {

using Handler = void (*)(HandlerContext& context, const rpc::Request& request, rpc::Reply reply);

struct Route {
    protocol::ApiKey key;
    Handler handler;
};

/// Every API that a node answers; versions and listeners are in protocol::apis().
[[nodiscard]] std::span<const Route> all_routes();

class RequestRouter {
public:
    explicit RequestRouter(std::span<const Route> routes);

    void handle(HandlerContext& context, const rpc::Request& request, rpc::Reply reply,
                bool on_controller_listener) const;

    /// Ordered by key.
    [[nodiscard]] std::vector<protocol::ApiVersionsResponse::ApiVersion> advertised(
        bool on_controller_listener) const;

private:
    struct Entry {
        const protocol::ApiInfo* api;
        Handler handler;
    };

    [[nodiscard]] static bool is_on(const protocol::ApiInfo& api, bool controller_listener) {
        return controller_listener ? api.on_controller : api.on_broker;
    }

    std::vector<Entry> entries_;  // by key
};

}  // namespace gregor::server
