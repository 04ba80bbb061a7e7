// A node that is nothing but its part in the quorum, on a simulated machine, for the tests of the
// drivers.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "broker/drivers/broker_lifecycle.h"
#include "broker/drivers/cluster_metadata.h"
#include "broker/drivers/controller_channel.h"
#include "sim/simulated/world.h"

namespace gregor::drivers::test {

inline const protocol::NodeId kNode{1};

inline ClusterMetadataOptions metadata_options() {
    ClusterMetadataOptions options;
    options.controller.controller.node_id = kNode;
    options.controller.controller.cluster_id = "cluster";
    options.raft.raft.node_id = kNode;
    options.raft.raft.cluster_id = "cluster";
    options.raft.raft.static_voters =
        raft::VoterSet({{.key = {.id = kNode}, .endpoints = {{"CONTROLLER", "n1", 9093}}}});
    options.raft.log.folder = "data/__cluster_metadata-0";
    return options;
}

/// Of one incarnation; incarnations differ by their number.
inline protocol::BrokerRegistrationRequest registration(std::uint8_t incarnation) {
    protocol::BrokerRegistrationRequest request{.broker_id = kNode, .cluster_id = "cluster"};
    request.incarnation_id.bytes[15] = incarnation;
    request.listeners.push_back({.name = "PLAINTEXT", .host = "n1", .port = 9092});
    request.log_dirs.push_back(protocol::Uuid{{7}});
    return request;
}

inline protocol::CreateTopicsRequest create_topic(const std::string& name,
                                                  std::int32_t partitions) {
    protocol::CreateTopicsRequest request;
    request.topics.push_back({.name = name, .num_partitions = partitions, .replication_factor = 1});
    return request;
}

/// Runs `body` on a fiber of the machine, with drivers of its own that are not started yet.
class MetadataNode final : public simulated::Program {
public:
    using Body = std::function<void(MetadataNode&)>;

    MetadataNode(Runtime& of, ClusterMetadataOptions options, Body body)
        : runtime(of),
          metadata(of, std::move(options)),
          channel(of, metadata),
          lifecycle(of, channel, metadata,
                    {.node_id = kNode,
                     .offline_directories = [this] { return failed_directories; },
                     .on_refused = {}}),
          body_(std::move(body)) {}
    void run() override { body_(*this); }
    void request_stop() override { runtime.tasks().cancel(); }

    static simulated::ProgramFactory factory(ClusterMetadataOptions options, Body body) {
        return [options, body](Runtime& runtime) {
            return std::make_unique<MetadataNode>(runtime, options, body);
        };
    }

    /// Starts and waits until this node is the active controller; false if it fails before.
    [[nodiscard]] bool start() {
        if (!metadata.start()) return false;
        while (!controller().is_active()) runtime.clock().sleep_for(1ms);
        return true;
    }
    [[nodiscard]] ControllerDriver& controller() { return metadata.controller(); }
    [[nodiscard]] const metadata::MetadataImage& image() const { return *metadata.image(); }
    [[nodiscard]] raft::LeaderEpoch epoch() { return metadata.raft().core().epoch(); }

    Runtime& runtime;
    ClusterMetadata metadata;
    ControllerChannel channel;
    std::vector<protocol::Uuid> failed_directories;
    BrokerLifecycle lifecycle;

private:
    Body body_;
};

}  // namespace gregor::drivers::test
