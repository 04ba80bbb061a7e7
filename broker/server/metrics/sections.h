// The sections of the page (page.h), one for each of Kafka's metric types.
#pragma once

#include "broker/metrics/exposition.h"
#include "broker/server/metrics/page.h"

namespace gregor::server {

/// kafka.network:type=RequestMetrics, by request.
void show_requests(metrics::Exposition& page, const metrics::RequestMetrics& requests);
/// kafka.server:type=BrokerTopicMetrics, by topic and together.
void show_topics(metrics::Exposition& page, const metrics::BrokerTopicMetrics& topics);
/// kafka.server:type=ReplicaManager and DelayedOperationPurgatory.
void show_replicas(metrics::Exposition& page, const replication::ReplicaManager& replicas);
/// kafka.log:type=Log and kafka.cluster:type=Partition, by partition.
void show_partitions(metrics::Exposition& page, const replication::ReplicaManager& replicas);
/// kafka.log:type=LogManager.
void show_log_directories(metrics::Exposition& page, const log::LogManager& logs);
/// kafka.controller:type=KafkaController and ControllerStats. Every controller shows the cluster as
/// the newest image has it, as Kafka's do; one of them is active.
void show_controller(metrics::Exposition& page, const drivers::ClusterMetadata& metadata,
                     const ElectionMetrics& elections);
/// kafka.server:type=raft-metrics and broker-metadata-metrics.
void show_quorum(metrics::Exposition& page, const drivers::ClusterMetadata& metadata);

}  // namespace gregor::server
