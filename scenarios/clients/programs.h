// What runs on the machines of a world: clients, and nodes of a cluster.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "broker/server/node.h"
#include "sim/simulated/world.h"

namespace gregor::scenarios {

/// A client machine: its fibers, until each has done its work.
class ClientProgram final : public simulated::Program {
public:
    using Body = std::function<void(Runtime&)>;

    ClientProgram(Runtime& runtime, const std::vector<Body>& bodies)
        : runtime_(runtime), bodies_(bodies) {}

    void run() override {
        TaskGroup group(runtime_.tasks(), "clients");
        for (const Body& body : bodies_) {
            group.spawn("client", [this, &body] { body(runtime_); });
        }
        group.join();
    }
    void request_stop() override { runtime_.tasks().cancel(); }

private:
    Runtime& runtime_;
    const std::vector<Body>& bodies_;
};

/// A node as the world starts it.
class NodeProgram final : public simulated::Program {
public:
    using OnFailure = std::function<void(const std::string& why)>;

    NodeProgram(Runtime& runtime, const server::Config& config, std::string cluster_id,
                OnFailure on_failure, raft::VoterSet initial_voters = {})
        : on_failure_(std::move(on_failure)),
          node_(runtime, config,
                {.format_missing = true,
                 .cluster_id = std::move(cluster_id),
                 .initial_voters = std::move(initial_voters),
                 .on_ready = [this] { ready_ = true; }}) {}

    void run() override {
        node_.run();
        if (node_.failure()) on_failure_(*node_.failure());
    }
    void request_stop() override { node_.request_stop(); }
    [[nodiscard]] server::Node& node() { return node_; }
    /// Between two events; nothing before it serves and once it is failing.
    [[nodiscard]] server::Node* serving() { return ready_ && !node_.failure() ? &node_ : nullptr; }
    [[nodiscard]] replication::ReplicaManager* serving_replicas() {
        return serving() != nullptr && node_.config().is_broker() ? &node_.replicas() : nullptr;
    }

private:
    OnFailure on_failure_;
    bool ready_ = false;
    server::Node node_;
};

}  // namespace gregor::scenarios
