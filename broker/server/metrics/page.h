// What a node shows at GET /metrics: one page, made when it is asked for, from counters and from
// the state itself. Nothing is counted that can be looked at.
//
// Names are those that the JMX exporter gives to Kafka's metrics with the rules of its own example
// and Strimzi's for KRaft, so that dashboards and alerts fit: kafka_<domain>_<type>_<name>, all in
// lower case, "PerSec" as "_total". Two differ: request times are a histogram in the place of
// quantiles, and a topic's series end when the last partition of it leaves the broker.
//
// Topic series stand beside a sum without a topic, as in Kafka: take one or the other
// (`topic!=""`, `topic=""`).
#pragma once

#include <string>

#include "broker/drivers/cluster_metadata.h"
#include "broker/log/log_manager.h"
#include "broker/replication/replica_manager.h"
#include "broker/rpc/server.h"
#include "broker/server/metrics/election_metrics.h"

namespace gregor::server {

struct PageSources {
    const rpc::Server& server;
    const log::LogManager& logs;
    const drivers::ClusterMetadata& metadata;
    /// None on a node that is no controller.
    const ElectionMetrics* elections = nullptr;
    /// None on a node that is no broker.
    const replication::ReplicaManager* replicas = nullptr;
};

/// Prometheus' text format (metrics::Exposition). Never waits.
[[nodiscard]] std::string make_metrics_page(const PageSources& sources);

}  // namespace gregor::server
