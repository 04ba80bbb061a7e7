#include "broker/metrics/topic_metrics.h"

namespace gregor::metrics {

void TopicMetrics::add(const TopicMetrics& more) {
    for (Counter TopicMetrics::* counter :
         {&TopicMetrics::messages_in, &TopicMetrics::bytes_in, &TopicMetrics::bytes_out,
          &TopicMetrics::replication_bytes_in, &TopicMetrics::replication_bytes_out,
          &TopicMetrics::produce_requests, &TopicMetrics::fetch_requests,
          &TopicMetrics::failed_produce_requests, &TopicMetrics::failed_fetch_requests}) {
        (this->*counter).add((more.*counter).value());
    }
}

TopicMetricsRef BrokerTopicMetrics::of(const std::string& topic) {
    TopicMetricsRef& metrics = topics_[topic];
    if (metrics == nullptr) metrics = std::make_shared<TopicMetrics>();
    return metrics;
}

void BrokerTopicMetrics::given_up(const std::string& topic) {
    const auto found = topics_.find(topic);
    if (found == topics_.end()) return;
    others_.add(*found->second);
    topics_.erase(found);
}

TopicMetrics BrokerTopicMetrics::sum() const {
    TopicMetrics sum = others_;
    for (const auto& [topic, metrics] : topics_) sum.add(*metrics);
    return sum;
}

}  // namespace gregor::metrics
