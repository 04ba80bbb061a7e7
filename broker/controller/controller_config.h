// What the controller knows from server.properties.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>

#include "broker/protocol/ids.h"

namespace gregor::controller {

struct ControllerConfig {
    protocol::NodeId node_id{0};
    std::string cluster_id;
    std::int32_t num_partitions = 1;                // num.partitions
    std::int16_t default_replication_factor = 1;    // default.replication.factor
    bool delete_topic_enable = true;                // delete.topic.enable
    std::int64_t broker_session_timeout_ms = 9000;  // broker.session.timeout.ms
    /// What a new cluster begins with (initial_features()), beside metadata.version 3.9-IV0 if that
    /// is not named: the levels that Kafka's `storage format --feature` takes.
    std::map<std::string, std::int16_t> bootstrap_features;
    /// The keys that server.properties sets, as written there.
    std::map<std::string, std::string> static_configs;
    /// Every key that server.properties may have: those that are not dynamic are refused as dynamic
    /// settings of brokers. Empty: nothing is known of them.
    std::set<std::string> known_broker_keys;
};

}  // namespace gregor::controller
