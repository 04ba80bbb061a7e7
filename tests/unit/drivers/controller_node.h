// A node that is nothing but its controller, on a simulated machine, for the tests of the drivers.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "broker/drivers/broker_lifecycle.h"
#include "broker/drivers/controller_driver.h"
#include "sim/simulated/world.h"

namespace gregor::drivers::test {

inline const protocol::NodeId kNode{1};

inline ControllerDriverOptions driver_options() {
    ControllerDriverOptions options;
    options.controller.node_id = kNode;
    options.controller.cluster_id = "cluster";
    options.log.folder = "data/__cluster_metadata-0";
    options.log.node_id = kNode;
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

/// Runs `body` on a fiber of the machine, with a driver of its own that is not started yet.
class ControllerNode final : public simulated::Program {
public:
    using Body = std::function<void(Runtime&, ControllerDriver&)>;

    ControllerNode(Runtime& runtime, ControllerDriverOptions options, Body body)
        : runtime_(runtime), driver_(runtime, std::move(options)), body_(std::move(body)) {}
    void run() override { body_(runtime_, driver_); }
    void request_stop() override { runtime_.tasks().cancel(); }

    static simulated::ProgramFactory factory(ControllerDriverOptions options, Body body) {
        return [options, body](Runtime& runtime) {
            return std::make_unique<ControllerNode>(runtime, options, body);
        };
    }

private:
    Runtime& runtime_;
    ControllerDriver driver_;
    Body body_;
};

}  // namespace gregor::drivers::test
