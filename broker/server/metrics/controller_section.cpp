// The page's sections about the cluster, as a controller's image has it.
#include "broker/metadata/image.h"
#include "broker/server/metrics/sections.h"

namespace gregor::server {
namespace {

struct ClusterCounts {
    std::int64_t topics = 0;
    std::int64_t partitions = 0;
    std::int64_t offline = 0;
    std::int64_t not_with_preferred = 0;
    std::int64_t active_brokers = 0;
    std::int64_t fenced_brokers = 0;
};

ClusterCounts count(const metadata::MetadataImage& image) {
    ClusterCounts counts;
    for (const auto& [id, topic] : image.topics()) {
        ++counts.topics;
        for (const auto& [index, partition] : topic->partitions) {
            ++counts.partitions;
            if (!partition.has_leader()) ++counts.offline;
            if (partition.leader != partition.replicas.front()) ++counts.not_with_preferred;
        }
    }
    for (const auto& [id, broker] : image.brokers()) {
        ++(broker.fenced ? counts.fenced_brokers : counts.active_brokers);
    }
    return counts;
}

}  // namespace

void show_controller(metrics::Exposition& page, const drivers::ClusterMetadata& metadata,
                     const ElectionMetrics& elections) {
    const ClusterCounts counts = count(*metadata.image());
    page.gauge("kafka_controller_kafkacontroller_activecontrollercount",
               "1 on the active controller.", std::int64_t{metadata.controller().is_active()});
    page.gauge("kafka_controller_kafkacontroller_globaltopiccount", "Topics of the cluster.",
               counts.topics);
    page.gauge("kafka_controller_kafkacontroller_globalpartitioncount", "Their partitions.",
               counts.partitions);
    page.gauge("kafka_controller_kafkacontroller_offlinepartitionscount",
               "Partitions without a leader.", counts.offline);
    page.gauge("kafka_controller_kafkacontroller_preferredreplicaimbalancecount",
               "Partitions that their first replica does not lead.", counts.not_with_preferred);
    page.gauge("kafka_controller_kafkacontroller_activebrokercount",
               "Registered brokers that are not fenced.", counts.active_brokers);
    page.gauge("kafka_controller_kafkacontroller_fencedbrokercount",
               "Registered brokers that are fenced.", counts.fenced_brokers);
    page.gauge("kafka_controller_kafkacontroller_lastappliedrecordoffset",
               "Of the newest record in the published image.", metadata.image_offset().value() - 1);
    page.counter("kafka_controller_controllerstats_uncleanleaderelections_total",
                 "Leaders elected from outside the in-sync set: acknowledged records may be lost.",
                 elections.unclean().value());
}

}  // namespace gregor::server
