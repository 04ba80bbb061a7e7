// The page's sections about all replicas of this broker together.
#include "broker/server/metrics/partition_look.h"
#include "broker/server/metrics/sections.h"

namespace gregor::server {
namespace {

struct ReplicaCounts {
    std::int64_t partitions = 0;
    std::int64_t leaders = 0;
    std::int64_t offline = 0;
    std::int64_t under_replicated = 0;
    std::int64_t under_min_isr = 0;
    std::int64_t at_min_isr = 0;
};

ReplicaCounts count(const replication::ReplicaManager& replicas) {
    ReplicaCounts counts;
    for (const replication::HostedRef& hosted : replicas.hosted()) {
        ++counts.partitions;
        if (hosted->state.is_offline()) ++counts.offline;
        const std::optional<LeaderLook> look = look_at_leader(*hosted);
        if (!look) continue;
        ++counts.leaders;
        if (look->is_under_replicated()) ++counts.under_replicated;
        if (look->is_under_min_isr()) ++counts.under_min_isr;
        if (look->is_at_min_isr()) ++counts.at_min_isr;
    }
    return counts;
}

}  // namespace

void show_replicas(metrics::Exposition& page, const replication::ReplicaManager& replicas) {
    const ReplicaCounts counts = count(replicas);
    page.gauge("kafka_server_replicamanager_partitioncount", "Replicas on this broker.",
               counts.partitions);
    page.gauge("kafka_server_replicamanager_leadercount", "Partitions that this broker leads.",
               counts.leaders);
    page.gauge("kafka_server_replicamanager_offlinereplicacount",
               "Replicas on this broker whose log has failed.", counts.offline);
    page.gauge("kafka_server_replicamanager_underreplicatedpartitions",
               "Led partitions with replicas that are not in sync.", counts.under_replicated);
    page.gauge("kafka_server_replicamanager_underminisrpartitioncount",
               "Led partitions with fewer in-sync replicas than min.insync.replicas.",
               counts.under_min_isr);
    page.gauge("kafka_server_replicamanager_atminisrpartitioncount",
               "Led partitions with just min.insync.replicas in-sync replicas.", counts.at_min_isr);
    const replication::IsrMetrics& isr = replicas.isr_metrics();
    page.counter("kafka_server_replicamanager_isrshrinks_total",
                 "In-sync sets of led partitions that lost replicas.", isr.shrinks.value());
    page.counter("kafka_server_replicamanager_isrexpands_total",
                 "In-sync sets of led partitions that won replicas.", isr.expands.value());
    page.counter("kafka_server_replicamanager_failedisrupdates_total",
                 "Changes of in-sync sets that the controller refused.",
                 isr.failed_updates.value());
    page.gauge("kafka_server_delayedoperationpurgatory_purgatorysize",
               "Produce and Fetch requests that wait.",
               static_cast<std::int64_t>(replicas.purgatory().parked()));
}

}  // namespace gregor::server
