// O1: what the nodes show at GET /metrics when all is at rest is what the cluster is. Whoever
// watches a cluster sees nothing else of it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>

#include "scenarios/cluster/nodes.h"
#include "scenarios/judge.h"

namespace gregor::scenarios::cluster {

/// Empty if it is so; else each series that says something else. When nothing is stuck (health.h)
/// it becomes so within moments: a broker acts on an image a little after it was published.
[[nodiscard]] std::string what_metrics_get_wrong(const Nodes& nodes);

/// The same of what moves while faults happen: each broker's page says at any time how many
/// replicas it has, leads, and how well they are replicated, and has counted each in-sync set that
/// has shrunk or grown between two looks.
class RunningMetrics {
public:
    RunningMetrics(Judge& judge, const Nodes& nodes) : judge_(judge), nodes_(nodes) {}
    /// Now and then, between two events.
    void look();

private:
    struct Led {
        protocol::TopicId topic_id;
        protocol::LeaderEpoch epoch;
        std::size_t isr = 0;
    };
    struct Broker {
        std::uint64_t start = 0;
        std::map<replication::TopicPartition, Led> led;  // at the last look
        std::int64_t shrinks = 0;                        // what the page says at least
        std::int64_t expands = 0;
    };
    void look_at(const ClusterNode& node, Broker& broker);

    Judge& judge_;
    const Nodes& nodes_;
    std::map<std::int32_t, Broker> brokers_;
};

}  // namespace gregor::scenarios::cluster
