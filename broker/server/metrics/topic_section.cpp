// The page's section about what moves through topics.
#include "broker/server/metrics/sections.h"

namespace gregor::server {
namespace {

using metrics::Counter;
using metrics::TopicMetrics;

struct TopicSeries {
    std::string_view name;
    std::string_view help;
    Counter TopicMetrics::* counter;
    bool by_topic = true;
};

constexpr TopicSeries kSeries[] = {
    {"kafka_server_brokertopicmetrics_messagesin_total",
     "Records that clients' requests have added to logs; a retry that was recognised adds none.",
     &TopicMetrics::messages_in},
    {"kafka_server_brokertopicmetrics_bytesin_total", "Bytes of their batches.",
     &TopicMetrics::bytes_in},
    {"kafka_server_brokertopicmetrics_bytesout_total", "Bytes of batches answered to consumers.",
     &TopicMetrics::bytes_out},
    {"kafka_server_brokertopicmetrics_replicationbytesin_total",
     "Bytes of batches fetched from leaders.", &TopicMetrics::replication_bytes_in, false},
    {"kafka_server_brokertopicmetrics_replicationbytesout_total",
     "Bytes of batches answered to followers.", &TopicMetrics::replication_bytes_out, false},
    {"kafka_server_brokertopicmetrics_totalproducerequests_total",
     "Partitions in Produce requests.", &TopicMetrics::produce_requests},
    {"kafka_server_brokertopicmetrics_totalfetchrequests_total", "Partitions in Fetch requests.",
     &TopicMetrics::fetch_requests},
    {"kafka_server_brokertopicmetrics_failedproducerequests_total",
     "Partitions in Produce requests that were refused, but for wrong places and sizes.",
     &TopicMetrics::failed_produce_requests},
    {"kafka_server_brokertopicmetrics_failedfetchrequests_total",
     "Partitions in Fetch requests that were answered with an error.",
     &TopicMetrics::failed_fetch_requests},
};

}  // namespace

void show_topics(metrics::Exposition& page, const metrics::BrokerTopicMetrics& topics) {
    const TopicMetrics sum = topics.sum();
    for (const TopicSeries& series : kSeries) {
        page.begin(series.name, metrics::MetricType::counter, series.help);
        page.sample({}, (sum.*series.counter).value());
        if (!series.by_topic) continue;
        for (const auto& [topic, counters] : topics.topics()) {
            page.sample({{"topic", topic}}, ((*counters).*series.counter).value());
        }
    }
}

}  // namespace gregor::server
