// The page's sections about single partitions: their logs, and how well they are replicated.
#include <fmt/format.h>

#include <vector>

#include "broker/server/metrics/partition_look.h"
#include "broker/server/metrics/sections.h"

namespace gregor::server {
namespace {

using metrics::Exposition;
using metrics::MetricType;
using replication::HostedPartition;
using replication::HostedRef;

struct PartitionGauge {
    std::string_view name;
    std::string_view help;
    std::int64_t (*value)(const HostedPartition& hosted);
};

/// Of every replica whose log is open.
constexpr PartitionGauge kLogGauges[] = {
    {"kafka_log_log_size", "Bytes of the partition's segments.",
     [](const HostedPartition& hosted) {
         return static_cast<std::int64_t>(hosted.log->size_in_bytes());
     }},
    {"kafka_log_log_numlogsegments", "Its segments.",
     [](const HostedPartition& hosted) {
         return static_cast<std::int64_t>(hosted.log->segment_count());
     }},
    {"kafka_log_log_logstartoffset", "Its first offset.",
     [](const HostedPartition& hosted) { return hosted.log->log_start_offset().value(); }},
    {"kafka_log_log_logendoffset", "The offset behind its last record.",
     [](const HostedPartition& hosted) { return hosted.log->log_end_offset().value(); }},
};

/// Of partitions that this broker leads.
constexpr PartitionGauge kLeaderGauges[] = {
    {"kafka_cluster_partition_replicascount", "The partition's replicas.",
     [](const HostedPartition& hosted) {
         return static_cast<std::int64_t>(look_at_leader(hosted)->replicas);
     }},
    {"kafka_cluster_partition_insyncreplicascount", "Those in sync.",
     [](const HostedPartition& hosted) {
         return static_cast<std::int64_t>(look_at_leader(hosted)->isr);
     }},
    {"kafka_cluster_partition_underreplicated", "1 if some are not in sync.",
     [](const HostedPartition& hosted) {
         return std::int64_t{look_at_leader(hosted)->is_under_replicated()};
     }},
    {"kafka_cluster_partition_underminisr", "1 if fewer are in sync than min.insync.replicas.",
     [](const HostedPartition& hosted) {
         return std::int64_t{look_at_leader(hosted)->is_under_min_isr()};
     }},
    {"kafka_cluster_partition_laststableoffsetlag",
     "Offsets between the last stable one and the high watermark.",
     [](const HostedPartition& hosted) {
         const replication::LogMarks& marks = hosted.state.marks();
         return marks.high_watermark - marks.last_stable_offset;
     }},
};

void show(Exposition& page, std::span<const PartitionGauge> gauges,
          const std::vector<HostedRef>& partitions) {
    for (const PartitionGauge& gauge : gauges) {
        page.begin(gauge.name, MetricType::gauge, gauge.help);
        for (const HostedRef& hosted : partitions) {
            const fmt::format_int partition(hosted->partition.partition);
            page.sample({{"topic", hosted->partition.topic},
                         {"partition", {partition.data(), partition.size()}}},
                        gauge.value(*hosted));
        }
    }
}

}  // namespace

void show_partitions(Exposition& page, const replication::ReplicaManager& replicas) {
    std::vector<HostedRef> with_log = replicas.hosted();
    std::erase_if(with_log, [](const HostedRef& hosted) { return hosted->log == nullptr; });
    show(page, kLogGauges, with_log);
    std::vector<HostedRef> led = std::move(with_log);
    std::erase_if(led, [](const HostedRef& hosted) { return !hosted->state.is_leader(); });
    show(page, kLeaderGauges, led);
}

}  // namespace gregor::server
