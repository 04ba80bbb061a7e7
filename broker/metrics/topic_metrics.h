// TopicMetrics: what clients and followers moved through the partitions of one topic on this
// broker. BrokerTopicMetrics: those of all topics, and their sum (Kafka's BrokerTopicMetrics).
//
// A partition keeps its topic's counters, so that counting looks nothing up. When the last
// partition of a topic is given up its counts go to `others`: the sum never falls.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "broker/metrics/counter.h"

namespace gregor::metrics {

struct TopicMetrics {
    Counter messages_in;  // records of clients that are in the log, each once
    Counter bytes_in;     // their batches
    Counter bytes_out;    // answered to consumers
    Counter replication_bytes_in;
    Counter replication_bytes_out;
    /// Of each partition in a request.
    Counter produce_requests;
    Counter fetch_requests;
    Counter failed_produce_requests;
    Counter failed_fetch_requests;

    void add(const TopicMetrics& more);
};
using TopicMetricsRef = std::shared_ptr<TopicMetrics>;

class BrokerTopicMetrics {
public:
    /// The counters of a topic of which a partition is hosted, made at need.
    [[nodiscard]] TopicMetricsRef of(const std::string& topic);
    /// No partition of the topic is hosted any more. What a request in flight still counts there is
    /// lost.
    void given_up(const std::string& topic);
    /// For what names no partition of this broker.
    [[nodiscard]] TopicMetrics& others() { return others_; }

    [[nodiscard]] const std::map<std::string, TopicMetricsRef>& topics() const { return topics_; }
    [[nodiscard]] TopicMetrics sum() const;

private:
    std::map<std::string, TopicMetricsRef> topics_;
    TopicMetrics others_;
};

}  // namespace gregor::metrics
