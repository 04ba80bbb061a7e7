// HandlerContext: what a request handler may use. The Node owns it all; each handler is a free
// function
//
//     void handle_metadata(HandlerContext& context, const rpc::Request& request, rpc::Reply reply);
//
// in handlers/<api>.h and .cpp, listed in router.cpp. It runs on the connection's fiber and may
// wait for the disk; when it returns, the connection starts its next request. So it returns only
// when the request's effect is done, and what waits for replication or for data moves its Reply
// elsewhere.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "broker/protocol/ids.h"
#include "broker/rpc/reply.h"
#include "broker/rpc/request.h"
#include "sim/runtime/runtime.h"

namespace gregor::metadata {
class MetadataImage;
}
namespace gregor::drivers {
class ClusterMetadata;
class ControllerChannel;
class GroupCoordinators;
class MarkerWriter;
class ProducerIdManager;
class TransactionCoordinators;
class TransactionVerifier;
}  // namespace gregor::drivers
namespace gregor::replication {
class ReplicaManager;
}

namespace gregor::server {

class Config;
class RequestRouter;

struct HandlerContext {
    Runtime& runtime;
    const Config& config;
    const RequestRouter& router;
    drivers::ClusterMetadata& metadata;
    drivers::ControllerChannel& channel;
    protocol::NodeId node_id;
    /// 22 characters, as in meta.properties.
    std::string cluster_id;
    /// None on a node that is no broker.
    replication::ReplicaManager* hosted_replicas = nullptr;
    drivers::ProducerIdManager* producer_id_manager = nullptr;
    drivers::GroupCoordinators* group_coordinators = nullptr;
    drivers::TransactionCoordinators* transaction_coordinators = nullptr;
    drivers::TransactionVerifier* transaction_verifier = nullptr;
    drivers::MarkerWriter* marker_writer = nullptr;

    /// CHECKs that this node is a broker, as the listeners of their callers' APIs are a broker's.
    [[nodiscard]] replication::ReplicaManager& replicas() const;
    [[nodiscard]] drivers::ProducerIdManager& producer_ids() const;
    [[nodiscard]] drivers::GroupCoordinators& groups() const;
    [[nodiscard]] drivers::TransactionCoordinators& transactions() const;
    [[nodiscard]] drivers::TransactionVerifier& transaction_verification() const;
    [[nodiscard]] drivers::MarkerWriter& markers() const;

    [[nodiscard]] bool is_from_controller_listener(const rpc::Request& request) const;
    /// The newest published image; never null, immutable.
    [[nodiscard]] std::shared_ptr<const metadata::MetadataImage> image() const;
    /// Of the last record that image() holds.
    [[nodiscard]] std::int64_t metadata_offset() const;
};

/// The request's message. A body that does not decode closes the connection, as Kafka does, and
/// gives nothing.
template <protocol::Message T>
[[nodiscard]] std::optional<T> decode_or_close(const rpc::Request& request, rpc::Reply& reply) {
    Result<T, protocol::DecodeError> message = protocol::decode<T>(request.body, request.version);
    if (message) return *std::move(message);
    reply.close_connection();
    return std::nullopt;
}

}  // namespace gregor::server
