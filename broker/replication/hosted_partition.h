// HostedPartition: one replica on this broker, with all that belongs to it. WriteGuard: keeps its
// role as it is while a batch is on its way into the log.
#pragma once

#include <cstdint>
#include <memory>

#include "broker/log/log.h"
#include "broker/log/log_manager.h"
#include "broker/metrics/topic_metrics.h"
#include "broker/replication/partition.h"
#include "broker/replication/watchers.h"
#include "sim/runtime/runtime.h"
#include "sim/runtime/sync.h"

namespace gregor::replication {

using log::LogConfigRef;
using protocol::TopicId;

struct HostedPartition {
    HostedPartition(Runtime& runtime, TopicPartition name, TopicId id, log::LogRef hosted_log,
                    LogConfigRef topic_config, metrics::TopicMetricsRef metrics_of_topic,
                    NodeId self, Duration replica_lag_time_max);

    [[nodiscard]] LogMarks log_marks() const;
    /// Of the topic; the log and `state` are told apart from this.
    void set_config(LogConfigRef topic_config);

    TopicPartition partition;
    TopicId topic_id;
    log::LogRef log;  // none: it could not be opened
    LogConfigRef config;
    metrics::TopicMetricsRef topic_metrics;  // never null
    /// Whether this broker's replica is throttled while it leads, and while it follows (KIP-73).
    bool is_throttled_leader = false;
    bool is_throttled_follower = false;
    Partition state;
    std::shared_ptr<Watchers> watchers;
    std::int32_t appends_running = 0;
    bool changing = false;  // a role change waits for the appends
    bool swapping = false;  // so does a log that comes from another directory, and appends for it
    WaitQueue appends_done;
    bool truncating = false;  // the log's marks are going back and `state` does not know yet
    PartitionStamp checked;   // as of the last check_invariants()

private:
    NodeId self_;
};
using HostedRef = std::shared_ptr<HostedPartition>;

/// Of the committed in-sync set; 0 where this broker does not lead.
[[nodiscard]] std::size_t isr_size(const HostedPartition& hosted);

class WriteGuard {
public:
    explicit WriteGuard(HostedPartition& hosted) : hosted_(hosted) { ++hosted_.appends_running; }
    ~WriteGuard() {
        if (--hosted_.appends_running == 0) hosted_.appends_done.notify_all();
    }
    WriteGuard(const WriteGuard&) = delete;
    WriteGuard& operator=(const WriteGuard&) = delete;

private:
    HostedPartition& hosted_;
};

}  // namespace gregor::replication
