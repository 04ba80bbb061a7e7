#include "broker/replication/replica_manager.h"

#include <algorithm>
#include <utility>

#include "sim/base/instrument.h"

namespace gregor::replication {

bool is_internal_topic(const std::string& topic) {
    return topic == "__consumer_offsets" || topic == "__transaction_state" ||
           topic == "__share_group_state";
}

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
                                 log::LogRef hosted_log, LogConfigRef topic_config, NodeId self)
    : partition(std::move(name)),
      topic_id(id),
      log(std::move(hosted_log)),
      config(std::move(topic_config)),
      state(self, marks_of(log), config->min_insync_replicas),
      watchers(std::make_shared<Watchers>(marks_of(log))),
      appends_done(runtime.scheduler()) {
    if (log == nullptr) state.log_failed();
}

LogMarks HostedPartition::log_marks() const { return marks_of(log); }

ReplicaManager::ReplicaManager(Runtime& runtime, log::LogManager& logs,
                               ReplicaManagerOptions options)
    : runtime_(runtime),
      logs_(logs),
      options_(options),
      fetch_sessions_(options.fetch_session_slots),
      purgatory_(runtime, options.purgatory) {}

HostedRef ReplicaManager::find(const TopicPartition& partition) const {
    const auto it = hosted_.find(partition);
    return it == hosted_.end() ? nullptr : it->second;
}

std::vector<HostedRef> ReplicaManager::hosted() const {
    std::vector<HostedRef> all;
    all.reserve(hosted_.size());
    for (const auto& [partition, hosted] : hosted_) all.push_back(hosted);
    return all;
}

HostedRef ReplicaManager::take_up(const TopicPartition& partition, const TopicId& topic_id,
                                  const LogConfigRef& config) {
    // A log of this name that another topic left behind while this node was away.
    const std::optional<TopicId> found = logs_.topic_id(partition);
    if (found && *found != topic_id) {
        PROBE("the log of an earlier topic of the same name was put aside");
        // If this fails so does what follows, and the partition is offline.
        static_cast<void>(logs_.set_aside_stray(partition));
    }
    const auto opened = logs_.create(partition, topic_id);
    if (opened) {
        (*opened)->set_config(config);
    } else {
        runtime_.trace().event("partition_offline", "partition={} reason={}", partition,
                               opened.error().text);
    }
    auto hosted = std::make_shared<HostedPartition>(
        runtime_, partition, topic_id, opened ? *opened : nullptr, config, options_.node_id);
    hosted_.insert_or_assign(partition, hosted);
    return hosted;
}

Result<void, ErrorCode> ReplicaManager::assign(const TopicPartition& partition,
                                               const TopicId& topic_id,
                                               const PartitionAssignment& assignment,
                                               LogConfigRef config) {
    HostedRef hosted = find(partition);
    if (hosted != nullptr && hosted->topic_id != topic_id) {
        PROBE("a topic was made anew under its old name");
        remove(partition);
        hosted = nullptr;
    }
    if (hosted == nullptr) hosted = take_up(partition, topic_id, config);
    if (hosted->state.is_offline()) return fail(ErrorCode::kafka_storage_error);

    const bool is_new_epoch = hosted->state.leader_epoch() < assignment.leader_epoch;
    if (!is_new_epoch) {
        hosted->state.assign(assignment);
        progressed(*hosted, 0);
        return {};
    }
    quiesce(*hosted);
    if (assignment.leader == options_.node_id) {
        const auto assigned = hosted->log->assign_leader_epoch(assignment.leader_epoch,
                                                               hosted->log->log_end_offset());
        if (!assigned) {
            log_failed(*hosted);
            return assigned;
        }
    }
    hosted->state.assign(assignment);
    hosted->changing = false;
    disturb(*hosted);
    progressed(*hosted, 0);
    runtime_.trace().event("role_changed", "partition={} role={} epoch={}", partition,
                           hosted->state.is_leader() ? "leader" : "follower",
                           assignment.leader_epoch);
    return {};
}

void ReplicaManager::remove(const TopicPartition& partition) {
    const HostedRef hosted = find(partition);
    if (hosted == nullptr) return;
    hosted_.erase(partition);
    quiesce(*hosted);
    hosted->state.given_up();  // for those who still hold it
    disturb(*hosted);
    if (!logs_.remove(partition)) {
        // Its folder stays; the next start finds it as a stray.
        PROBE("the folder of a removed partition could not be renamed");
    }
    runtime_.trace().event("partition_removed", "partition={}", partition);
}

/// Turns new appends away and waits for those that run.
void ReplicaManager::quiesce(HostedPartition& hosted) {
    hosted.changing = true;
    while (hosted.appends_running > 0) hosted.appends_done.wait();
}

void ReplicaManager::set_config(const std::string& topic, LogConfigRef config) {
    for (auto it = hosted_.lower_bound({topic, 0}); it != hosted_.end(); ++it) {
        if (it->first.topic != topic) break;
        HostedPartition& hosted = *it->second;
        hosted.config = config;
        if (hosted.log == nullptr) continue;
        hosted.log->set_config(config);
        hosted.state.min_insync_replicas_changed(config->min_insync_replicas);
        progressed(hosted, 0);
    }
}

/// The log may have grown by `bytes`: lets the marks follow and wakes those who wait for them.
void ReplicaManager::progressed(HostedPartition& hosted, std::uint64_t bytes) {
    if (hosted.state.is_offline()) return;
    hosted.state.appended(hosted.log->log_end_offset());
    const Offset before = hosted.log->high_watermark();
    const Offset after = hosted.state.marks().high_watermark;
    if (after > before) {
        hosted.log->set_high_watermark(after);
        runtime_.trace().event("high_watermark_raised", "partition={} high_watermark={}",
                               hosted.partition, after);
    }
    hosted.state.last_stable_offset_changed(hosted.log->last_stable_offset());
    std::vector<ParkedId> due;
    hosted.watchers->progressed(hosted.state.marks(), bytes, due);
    purgatory_.notify(due, WakeUp::grown);
}

/// Wakes everyone who waits at this partition: what they were promised may hold no more.
void ReplicaManager::disturb(HostedPartition& hosted) {
    std::vector<ParkedId> due;
    hosted.watchers->disturb(hosted.state.marks(), due);
    purgatory_.notify(due, WakeUp::disturbed);
}

void ReplicaManager::log_failed(HostedPartition& hosted) {
    if (hosted.state.is_offline()) return;
    PROBE("a partition went offline with its log");
    hosted.state.log_failed();
    runtime_.trace().event("partition_offline", "partition={}", hosted.partition);
    disturb(hosted);
}

void ReplicaManager::shut_down() { purgatory_.shut_down(); }

void ReplicaManager::check_invariants() const {
    for (const auto& [partition, hosted] : hosted_) {
        if (hosted->log == nullptr || hosted->state.is_offline()) continue;
        hosted->state.check_invariants(hosted->log_marks());
        hosted->log->check_invariants();
    }
}

}  // namespace gregor::replication
