#include "broker/server/handlers/partition_view.h"

#include <algorithm>
#include <iterator>

namespace gregor::server {
namespace {

using protocol::ErrorCode;

const metadata::BrokerImage* alive(const metadata::MetadataImage& image, protocol::NodeId node) {
    const metadata::BrokerImage* broker = image.find_broker(node);
    return broker == nullptr || broker->fenced ? nullptr : broker;
}

ErrorCode error_of(const metadata::BrokerImage* leader, std::string_view listener) {
    if (leader == nullptr) return ErrorCode::leader_not_available;
    const bool listens = std::ranges::any_of(
        leader->end_points, [&](const auto& endpoint) { return endpoint.name == listener; });
    return listens ? ErrorCode::none : ErrorCode::listener_not_found;
}

}  // namespace

PartitionView view_of(const metadata::MetadataImage& image, const metadata::PartitionState& state,
                      std::string_view listener) {
    PartitionView view{.error = error_of(alive(image, state.leader), listener)};
    if (view.error == ErrorCode::none) view.leader = state.leader;
    std::ranges::copy_if(state.replicas, std::back_inserter(view.offline_replicas),
                         [&](protocol::NodeId node) { return alive(image, node) == nullptr; });
    return view;
}

}  // namespace gregor::server
