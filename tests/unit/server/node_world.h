// Whole nodes on machines of a simulated world, and clients that talk to them.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "broker/rpc/client.h"
#include "broker/server/node.h"
#include "sim/simulated/world.h"
#include "tests/support/function_program.h"

namespace gregor::server::test {

inline const Endpoint kNode{"n1", 9092};

inline Properties node_properties(const Properties& changes = {}) {
    Properties properties = development_properties("data");
    properties["listeners"] = "PLAINTEXT://:9092,CONTROLLER://:9093";
    for (const auto& [key, value] : changes) properties[key] = value;
    return properties;
}

class NodeProgram final : public simulated::Program {
public:
    NodeProgram(Runtime& runtime, const Properties& properties, std::string cluster_id = {})
        : node_(runtime, *Config::from(properties, "n1"),
                {.format_missing = true, .cluster_id = std::move(cluster_id)}) {}
    void run() override { node_.run(); }
    void request_stop() override { node_.request_stop(); }
    [[nodiscard]] Node& node() { return node_; }

private:
    Node node_;
};

struct NodeWorldOptions {
    std::uint64_t seed = 1;
    WallTime wall_start = simulated::WorldOptions().wall_start;
    /// Puts files onto the disk before the node starts; its log directory is "data".
    std::function<void(simulated::DiskStore&)> prepare;
};

struct NodeWorld {
    explicit NodeWorld(const Properties& changes = {}, const NodeWorldOptions& options = {})
        : world(options.seed, world_options(options)) {
        const Properties properties = node_properties(changes);
        simulated::Machine& node = world.add_machine("n1", {});
        if (options.prepare) options.prepare(*node.disk().store);
        node.start([properties](Runtime& runtime) {
            return std::make_unique<NodeProgram>(runtime, properties);
        });
    }
    ~NodeWorld() { world.shut_down(); }

    [[nodiscard]] simulated::Machine& machine() { return world.machine("n1"); }
    [[nodiscard]] Node& node() { return static_cast<NodeProgram*>(machine().program())->node(); }

    /// Runs `body` on a machine of its own and returns when it has ended.
    void as_client(const std::function<void(Runtime&)>& body) {
        simulated::run_client(world, "c" + std::to_string(++clients), body);
    }

    [[nodiscard]] static simulated::WorldOptions world_options(const NodeWorldOptions& options) {
        simulated::WorldOptions result;
        result.wall_start = options.wall_start;
        return result;
    }

    simulated::World world;
    int clients = 0;
};

/// A connection to the node, as soon as it listens.
inline void connect(Runtime& runtime, rpc::Client& client, const Endpoint& to = kNode) {
    const Instant deadline = runtime.clock().now() + 60s;
    while (!client.connect(to, deadline)) {
        CHECK(runtime.clock().now() < deadline, "the node does not listen");
        runtime.clock().sleep_for(20ms);
    }
}

}  // namespace gregor::server::test
