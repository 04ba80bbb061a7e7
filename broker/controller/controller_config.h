// What the controller knows from server.properties.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "broker/protocol/ids.h"

namespace gregor::controller {

struct ControllerConfig {
    protocol::NodeId node_id{0};
    std::string cluster_id;
    std::int32_t num_partitions = 1;              // num.partitions
    std::int16_t default_replication_factor = 1;  // default.replication.factor
    bool delete_topic_enable = true;              // delete.topic.enable
    /// The keys that server.properties sets, as written there.
    std::map<std::string, std::string> static_configs;
};

}  // namespace gregor::controller
