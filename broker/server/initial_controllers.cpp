#include "broker/server/initial_controllers.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <vector>

#include "broker/controller/create_topics.h"
#include "broker/server/config_keys.h"

namespace gregor::server {
namespace {

Result<raft::Voter, std::string> parse_controller(const Config& config, std::string_view text) {
    const auto refuse = [&](std::string_view why) {
        return fail(fmt::format("'{}' is not id@host:port:directory: {}", text, why));
    };
    const std::size_t at = text.find('@');
    if (at == std::string_view::npos) return refuse("no @ in it");
    const auto id = parse_integer(text.substr(0, at));
    if (!id || *id < 0 || *id > INT32_MAX) return refuse("the node id is no number from 0 on");
    const std::string_view rest = text.substr(at + 1);
    const std::size_t colon = rest.rfind(':');
    if (colon == std::string_view::npos) return refuse("no directory id");
    const auto directory = protocol::parse_uuid(rest.substr(colon + 1));
    if (!directory || directory->is_zero()) return refuse("the directory id is no uuid");
    auto endpoint = parse_endpoint(rest.substr(0, colon));
    if (!endpoint) return fail(std::move(endpoint).error());
    return raft::Voter{
        .key = {.id = raft::NodeId(static_cast<std::int32_t>(*id)), .directory_id = *directory},
        .endpoints = {{config.controller_listener_name(), endpoint->host, endpoint->port}}};
}

}  // namespace

Result<raft::VoterSet, std::string> parse_initial_controllers(const Config& config,
                                                              std::string_view text) {
    std::vector<raft::Voter> voters;
    for (std::string_view rest = text; !rest.empty();) {
        const std::size_t end = std::min(rest.find(','), rest.size());
        voters.push_back(TRY(parse_controller(config, trimmed(rest.substr(0, end)))));
        rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    if (voters.empty()) return fail(std::string("no controllers are given"));
    raft::VoterSet set(voters);
    if (set.size() != voters.size()) return fail(std::string("a node id stands twice"));
    return set;
}

Result<raft::VoterSet, std::string> standalone_controller(const Config& config, Random& random) {
    if (!config.is_controller()) {
        return fail(std::string("You can only use --standalone on a controller."));
    }
    raft::Voter voter{
        .key = {.id = config.node_id(), .directory_id = controller::random_uuid(random)}};
    for (const ListenerConfig& listener : config.advertised_controller_listeners()) {
        voter.endpoints.push_back({listener.name, listener.endpoint.host, listener.endpoint.port});
    }
    return raft::VoterSet({voter});
}

}  // namespace gregor::server
