#include "broker/replication/hosted_partition.h"

#include "broker/replication/throttled_replicas.h"

namespace gregor::replication {

namespace {

LogMarks marks_of(const log::LogRef& hosted_log) {
    if (hosted_log == nullptr) return {};
    return {.log_start_offset = hosted_log->log_start_offset(),
            .last_stable_offset = hosted_log->last_stable_offset(),
            .high_watermark = hosted_log->high_watermark(),
            .log_end_offset = hosted_log->log_end_offset()};
}

}  // namespace

HostedPartition::HostedPartition(Runtime& runtime, TopicPartition name, TopicId id,
                                 log::LogRef hosted_log, LogConfigRef topic_config,
                                 metrics::TopicMetricsRef metrics_of_topic, NodeId self,
                                 Duration replica_lag_time_max)
    : partition(std::move(name)),
      topic_id(id),
      log(std::move(hosted_log)),
      config(std::move(topic_config)),
      topic_metrics(std::move(metrics_of_topic)),
      state(self, marks_of(log),
            {.min_insync_replicas = config->min_insync_replicas,
             .replica_lag_time_max = replica_lag_time_max}),
      watchers(std::make_shared<Watchers>(marks_of(log))),
      appends_done(runtime.scheduler()),
      checked(state.stamp()),
      self_(self) {
    set_config(config);
    if (log == nullptr) state.log_failed();
}

void HostedPartition::set_config(LogConfigRef topic_config) {
    config = std::move(topic_config);
    is_throttled_leader = is_throttled_replica(config->leader_replication_throttled_replicas,
                                               partition.partition, self_);
    is_throttled_follower = is_throttled_replica(config->follower_replication_throttled_replicas,
                                                 partition.partition, self_);
}

LogMarks HostedPartition::log_marks() const { return marks_of(log); }

std::size_t isr_size(const HostedPartition& hosted) {
    const LeaderRole* leader = hosted.state.leader();
    return leader == nullptr ? 0 : leader->isr.committed().size();
}

}  // namespace gregor::replication
