#include "broker/server/router.h"

#include <algorithm>

#include "sim/base/check.h"

namespace gregor::server {
namespace {

using protocol::ApiKey;
using protocol::ApiVersionsResponse;

ApiVersionsResponse::ApiVersion range_of(const protocol::ApiInfo& api) {
    return {.api_key = static_cast<std::int16_t>(api.key),
            .min_version = api.advertised().min,
            .max_version = api.advertised().max};
}

/// Error 35 in version 0, with the one range that the client needs to ask again.
void answer_unknown_api_versions(const protocol::ApiInfo& api, rpc::Reply reply) {
    ApiVersionsResponse response;
    response.error_code = protocol::ErrorCode::unsupported_version;
    response.api_keys.push_back(range_of(api));
    reply.send_in_version(response, 0);
}

}  // namespace

RequestRouter::RequestRouter(std::span<const Route> routes) {
    for (const Route& route : routes) {
        const protocol::ApiInfo* api = protocol::find_api(route.key);
        CHECK(api != nullptr, "a route for no API, {}", static_cast<int>(route.key));
        entries_.push_back({api, route.handler});
    }
    const auto key_of = [](const Entry& entry) { return entry.api->key; };
    std::ranges::sort(entries_, {}, key_of);
    CHECK(std::ranges::adjacent_find(entries_, {}, key_of) == entries_.end(),
          "two routes of one API");
}

void RequestRouter::handle(HandlerContext& context, const rpc::Request& request, rpc::Reply reply,
                           bool on_controller_listener) const {
    const auto found = std::ranges::lower_bound(entries_, request.key, {},
                                                [](const Entry& entry) { return entry.api->key; });
    const bool is_known = found != entries_.end() && found->api->key == request.key &&
                          is_on(*found->api, on_controller_listener);
    const bool is_served = is_known && found->api->served.contains(request.version);
    if (is_served) {
        found->handler(context, request, std::move(reply));
    } else if (is_known && request.key == ApiKey::api_versions) {
        answer_unknown_api_versions(*found->api, std::move(reply));
    } else {
        context.runtime.trace().event("request_refused", "key={} version={}",
                                      static_cast<int>(request.key), request.version);
        reply.close_connection();
    }
}

std::vector<ApiVersionsResponse::ApiVersion> RequestRouter::advertised(
    bool on_controller_listener) const {
    std::vector<ApiVersionsResponse::ApiVersion> ranges;
    for (const Entry& entry : entries_) {
        if (is_on(*entry.api, on_controller_listener)) ranges.push_back(range_of(*entry.api));
    }
    return ranges;
}

}  // namespace gregor::server
