// What handlers that address partitions share: telling a partition that does not exist from one
// that lives elsewhere, and naming its leader (KIP-951).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "broker/metadata/image.h"
#include "broker/protocol/error_code.h"

namespace gregor::server {

/// `error` as this node's replicas gave it; UNKNOWN_TOPIC_OR_PARTITION becomes
/// NOT_LEADER_OR_FOLLOWER when the cluster has such a partition.
[[nodiscard]] protocol::ErrorCode refine_error(protocol::ErrorCode error,
                                               const metadata::MetadataImage& image,
                                               std::string_view topic,
                                               protocol::PartitionId partition);

/// The partition's leader; node -1 when there is none.
struct CurrentLeader {
    protocol::NodeId id = protocol::kNoNode;
    protocol::LeaderEpoch epoch = protocol::kNoLeaderEpoch;
};
[[nodiscard]] CurrentLeader current_leader(const metadata::MetadataImage& image,
                                           std::string_view topic, protocol::PartitionId partition);

/// Adds where `node` listens under the name `listener`, once; nothing if that is not known.
/// `Endpoint` is a response's NodeEndpoint.
template <class Endpoint>
void add_node_endpoint(std::vector<Endpoint>& endpoints, const metadata::MetadataImage& image,
                       protocol::NodeId node, std::string_view listener) {
    for (const Endpoint& known : endpoints) {
        if (known.node_id == node) return;
    }
    const metadata::BrokerImage* broker = image.find_broker(node);
    if (broker == nullptr) return;
    for (const auto& end_point : broker->end_points) {
        if (end_point.name != listener) continue;
        Endpoint endpoint;
        endpoint.node_id = node;
        endpoint.host = end_point.host;
        endpoint.port = end_point.port;
        endpoint.rack = broker->rack;
        endpoints.push_back(std::move(endpoint));
        return;
    }
}

}  // namespace gregor::server
