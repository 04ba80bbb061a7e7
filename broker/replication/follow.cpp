// ReplicaManager: following. What a leader has answered goes into the log here, or cuts it.
#include "broker/replication/replica_manager.h"
#include "sim/base/probe.h"

namespace gregor::replication {

void ReplicaManager::keep_log_starts() {
    if (logs_.checkpoint_log_starts()) return;
    PROBE("a follower could not keep its log starts");
    runtime_.trace().event("checkpoint_failed", "of=log starts");
}

ReplicaManager::Taken ReplicaManager::take_fetched(HostedPartition& hosted,
                                                   const FetchPosition& asked,
                                                   const FetchResponse::Partition& answer) {
    if (hosted.changing) return Taken::passed;
    LeaderAnswer told{.high_watermark = answer.high_watermark,
                      .log_start_offset = answer.log_start_offset,
                      .diverging = {}};
    if (answer.diverging_epoch.end_offset >= Offset(0)) {
        told.diverging = {answer.diverging_epoch.epoch, answer.diverging_epoch.end_offset};
    }
    const WriteGuard guard(hosted);
    const FollowStep step = hosted.state.leader_answered(asked, told, hosted.log->leader_epochs());
    if (step.action == FollowAction::append) return append_fetched(hosted, asked, answer);
    return cut(hosted, step);
}

ReplicaManager::Taken ReplicaManager::take_leader_range(HostedPartition& hosted,
                                                        const FetchPosition& asked,
                                                        Offset leader_start, Offset leader_end) {
    if (hosted.changing) return Taken::passed;
    const WriteGuard guard(hosted);
    return cut(hosted, hosted.state.leader_range(asked, leader_start, leader_end));
}

/// Takes offsets back. Everyone who waits here learns of it.
ReplicaManager::Taken ReplicaManager::cut(HostedPartition& hosted, const FollowStep& step) {
    if (step.action == FollowAction::drop) return Taken::passed;
    if (step.action == FollowAction::wait) return Taken::refused;
    log::Log& log = *hosted.log;
    runtime_.trace().event("replica_truncated", "partition={} from={} to={} high_watermark={}",
                           hosted.partition, log.log_end_offset(), step.offset,
                           log.high_watermark());
    const bool restarts = step.action == FollowAction::restart;
    if (restarts) PROBE("a follower lacked what its leader has deleted");
    hosted.truncating = true;
    const auto done =
        restarts ? log.truncate_fully_and_start_at(step.offset) : log.truncate_to(step.offset);
    hosted.truncating = false;
    if (!done) {
        log_failed(hosted);
        return Taken::refused;
    }
    hosted.state.truncated(hosted.log_marks());
    disturb(hosted);
    return Taken::advanced;
}

ReplicaManager::Taken ReplicaManager::append_fetched(HostedPartition& hosted,
                                                     const FetchPosition& asked,
                                                     const FetchResponse::Partition& answer) {
    const Bytes& records = answer.records.bytes();
    if (!records.empty()) {
        const auto appended = hosted.log->append_as_follower(records, asked.leader_epoch);
        if (hosted.log->failure()) {
            log_failed(hosted);
            return Taken::refused;
        }
        if (!appended) {
            PROBE("a follower could not take what its leader sent");
            runtime_.trace().event("fetched_records_refused", "partition={} error={}",
                                   hosted.partition, appended.error());
        }
        if (!appended && hosted.log->log_end_offset() == asked.fetch_offset) return Taken::refused;
    }
    hosted.state.replicated(hosted.log->log_end_offset(), answer.high_watermark);
    hosted.log->advance_log_start(answer.log_start_offset);
    hosted.state.log_start_advanced(hosted.log->log_start_offset());
    hosted.topic_metrics->replication_bytes_in.add(records.size());
    progressed(hosted, records.size());
    return Taken::advanced;
}

}  // namespace gregor::replication
