#include "broker/replication/replica_manager.h"

#include <algorithm>
#include <mutex>
#include <utility>

#include "sim/base/planted.h"
#include "sim/base/probe.h"

namespace gregor::replication {

bool is_internal_topic(const std::string& topic) {
    return topic == "__consumer_offsets" || topic == "__transaction_state" ||
           topic == "__share_group_state";
}

ReplicaManager::ReplicaManager(Runtime& runtime, log::LogManager& logs,
                               ReplicaManagerOptions options)
    : runtime_(runtime),
      logs_(logs),
      options_(options),
      hosting_(runtime.scheduler()),
      fetch_sessions_(options.fetch_session_slots),
      purgatory_(runtime, options.purgatory),
      leader_quota_(options.quota_window),
      follower_quota_(options.quota_window),
      eligible_(std::make_shared<const EligibleBrokers>()),
      fetchers_(runtime, *this, options.fetcher),
      alter_partition_(runtime, options.node_id,
                       [this](HostedPartition& hosted, const IsrProposal& proposal,
                              const Result<IsrDecision, ErrorCode>& answer) {
                           return isr_answered(hosted, proposal, answer);
                       }),
      lag_watch_(runtime.scheduler()) {}

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
        runtime_, partition, topic_id, opened ? *opened : nullptr, config,
        topic_metrics_.of(partition.topic), options_.node_id, options_.replica_lag_time_max);
    hosted->state.brokers_changed(runtime_.clock().now(), eligible_);
    hosted_.insert_or_assign(partition, hosted);
    if (logs_.find_future(partition) != nullptr) look_for_moves();
    return hosted;
}

Result<void, ErrorCode> ReplicaManager::assign(const TopicPartition& partition,
                                               const TopicId& topic_id,
                                               const PartitionAssignment& assignment,
                                               LogConfigRef config) {
    const std::unique_lock lock(hosting_);
    HostedRef hosted = find(partition);
    if (hosted != nullptr && hosted->topic_id != topic_id) {
        PROBE("a topic was made anew under its old name");
        give_up(partition);
        hosted = nullptr;
    }
    if (hosted == nullptr) hosted = take_up(partition, topic_id, config);
    if (hosted->state.is_offline()) return fail(ErrorCode::kafka_storage_error);

    if (hosted->state.plan(assignment).change != RoleChange::changed) {
        const std::size_t isr_before = isr_size(*hosted);
        hosted->state.assign(runtime_.clock().now(), assignment);
        count_isr_change(isr_before, *hosted);
        progressed(*hosted, 0);
        return {};
    }
    quiesce(*hosted);
    if (const auto prepared = prepare_role(*hosted, hosted->state.plan(assignment)); !prepared) {
        log_failed(*hosted);
        return prepared;
    }
    hosted->state.assign(runtime_.clock().now(), assignment);
    hosted->changing = false;
    if (!PLANTED(sends_not_woken)) disturb(*hosted);
    progressed(*hosted, 0);
    fetchers_.role_changed(hosted);
    runtime_.trace().event("role_changed", "partition={} role={} epoch={}", partition,
                           hosted->state.is_leader() ? "leader" : "follower",
                           assignment.leader_epoch);
    return {};
}

/// The log goes first: a leader's history is whole before anybody may ask for it.
Result<void, ErrorCode> ReplicaManager::prepare_role(HostedPartition& hosted,
                                                     const RolePlan& plan) {
    if (plan.begins_epoch) {
        TRY(hosted.log->assign_leader_epoch(plan.begins_epoch->epoch,
                                            plan.begins_epoch->start_offset));
    }
    if (plan.truncate_to) {
        hosted.truncating = true;
        TRY(hosted.log->truncate_to(*plan.truncate_to));
        hosted.truncating = false;
        hosted.state.given_up();  // a leader, too, may be cut here
        hosted.state.truncated(hosted.log_marks());
    }
    return {};
}

void ReplicaManager::remove(const TopicPartition& partition) {
    const std::unique_lock lock(hosting_);
    give_up(partition);
}

void ReplicaManager::set_aside_strays() {
    const std::unique_lock lock(hosting_);
    for (const TopicPartition& partition : logs_.partitions()) {
        if (hosted_.contains(partition)) continue;
        if (!logs_.set_aside_stray(partition)) PROBE("a stray log could not be set aside");
    }
}

void ReplicaManager::give_up(const TopicPartition& partition) {
    const HostedRef hosted = find(partition);
    if (hosted == nullptr) return;
    hosted_.erase(partition);
    if (!hosts_topic(partition.topic)) topic_metrics_.given_up(partition.topic);
    fetchers_.removed(partition);
    quiesce(*hosted);
    hosted->state.given_up();  // for those who still hold it
    disturb(*hosted);
    if (!logs_.remove(partition)) {
        // Its folder stays; the next start finds it as a stray.
        PROBE("the folder of a removed partition could not be renamed");
    }
    runtime_.trace().event("partition_removed", "partition={}", partition);
}

bool ReplicaManager::hosts_topic(const std::string& topic) const {
    const auto first = hosted_.lower_bound({topic, 0});
    return first != hosted_.end() && first->first.topic == topic;
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
        hosted.set_config(config);
        if (hosted.log == nullptr) continue;
        if (!PLANTED(settings_not_applied)) hosted.log->set_config(config);
        PartitionSettings settings = hosted.state.settings();
        settings.min_insync_replicas = config->min_insync_replicas;
        hosted.state.settings_changed(runtime_.clock().now(), settings);
        progressed(hosted, 0);
    }
}

void ReplicaManager::set_replication_rates(const ReplicationRates& rates) {
    leader_quota_.set_rate(rates.leader);
    follower_quota_.set_rate(rates.follower);
}

/// The log may have grown by `bytes`: lets the marks follow and wakes those who wait for them.
void ReplicaManager::progressed(HostedPartition& hosted, std::uint64_t bytes) {
    if (hosted.state.is_offline() || hosted.truncating) return;
    hosted.state.log_start_advanced(hosted.log->log_start_offset());
    hosted.state.appended(runtime_.clock().now(), hosted.log->log_end_offset());
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
    const bool is_low_watermark_awaited = hosted.watchers->is_watched(Mark::low_watermark_moves);
    if (is_low_watermark_awaited && hosted.state.is_leader()) note_low_watermark(hosted);
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
    fetchers_.removed(hosted.partition);
    runtime_.trace().event("partition_offline", "partition={}", hosted.partition);
    disturb(hosted);
}

void ReplicaManager::logs_failed(const std::vector<TopicPartition>& partitions) {
    for (const TopicPartition& partition : partitions) {
        if (const HostedRef hosted = find(partition)) log_failed(*hosted);
    }
}

void ReplicaManager::shut_down() {
    shut_down_ = true;
    fetchers_.shut_down();
    alter_partition_.shut_down();
    lag_watch_.notify_all();
    purgatory_.shut_down();
}

void ReplicaManager::check_invariants() const {
    for (const auto& [partition, hosted] : hosted_) {
        if (hosted->state.is_offline() || hosted->truncating) continue;
        hosted->state.check_invariants(hosted->log_marks());
        hosted->state.check_change(hosted->checked);
        hosted->checked = hosted->state.stamp();
        hosted->log->check_invariants();
    }
}

}  // namespace gregor::replication
