// ReplicaManager: what followers tell by their fetches, and the in-sync sets that follow from it.
#include <utility>

#include "broker/replication/replica_manager.h"

namespace gregor::replication {

void ReplicaManager::brokers_changed(const std::map<NodeId, BrokerView>& brokers) {
    EligibleBrokers eligible;
    std::map<NodeId, Endpoint> endpoints;
    racks_.clear();
    for (const auto& [id, broker] : brokers) {
        if (broker.is_eligible) eligible.emplace(id, broker.broker_epoch);
        if (broker.endpoint && id != options_.node_id) endpoints.emplace(id, *broker.endpoint);
        if (!broker.rack.empty()) racks_.emplace(id, broker.rack);
    }
    eligible_ = std::make_shared<const EligibleBrokers>(std::move(eligible));
    for (const HostedRef& each : hosted()) {
        each->state.brokers_changed(runtime_.clock().now(), eligible_);
        progressed(*each, 0);
    }
    fetchers_.set_endpoints(std::move(endpoints));
}

void ReplicaManager::start_proposing(IsrChannel& channel, std::int64_t broker_epoch) {
    broker_epoch_ = broker_epoch;
    alter_partition_.start(channel, broker_epoch);
    if (std::exchange(watching_lag_, true)) return;
    runtime_.tasks().spawn("isr lag", [this] { watch_lag(); });
}

/// A follower asked for an offset that this log has, in this epoch, and does not diverge.
void ReplicaManager::note_follower(const HostedRef& hosted, const FetchParams& params,
                                   const FetchRequest::Partition& wanted) {
    auto proposal = hosted->state.follower_fetched(runtime_.clock().now(),
                                                   {.replica = params.replica_id,
                                                    .broker_epoch = params.replica_epoch,
                                                    .fetch_offset = wanted.fetch_offset,
                                                    .log_start_offset = wanted.log_start_offset});
    if (!proposal) return;
    progressed(*hosted, 0);
    propose(hosted, *std::move(proposal));
}

void ReplicaManager::propose(const HostedRef& hosted, std::optional<IsrProposal> proposal) {
    if (!proposal) return;
    runtime_.trace().event("isr_proposed", "partition={} isr={} partition_epoch={}",
                           hosted->partition, proposal->isr.size(), proposal->partition_epoch);
    alter_partition_.submit(hosted, *std::move(proposal));
}

IsrOutcome ReplicaManager::isr_answered(HostedPartition& hosted, const IsrProposal& proposal,
                                        const Result<IsrDecision, ErrorCode>& answer) {
    const std::size_t isr_before = isr_size(hosted);
    const IsrOutcome outcome = hosted.state.isr_answered(runtime_.clock().now(), proposal, answer);
    count_isr_change(isr_before, hosted);
    if (outcome == IsrOutcome::refused) isr_metrics_.failed_updates.add();
    if (outcome == IsrOutcome::taken) {
        runtime_.trace().event("isr_changed", "partition={} isr={} partition_epoch={}",
                               hosted.partition, answer->isr.size(), answer->partition_epoch);
        progressed(hosted, 0);
    }
    return outcome;
}

/// The in-sync set may have changed within one role: by the controller's answer, or by an image
/// that came before it.
void ReplicaManager::count_isr_change(std::size_t before, const HostedPartition& hosted) {
    const std::size_t after = isr_size(hosted);
    if (before == 0 || after == 0) return;
    if (after < before) isr_metrics_.shrinks.add();
    if (after > before) isr_metrics_.expands.add();
}

void ReplicaManager::watch_lag() {
    while (!shut_down_) {
        const Instant due =
            deadline_after(runtime_.clock().now(), options_.replica_lag_time_max / 2);
        lag_watch_.wait(due);
        if (shut_down_) return;
        for (const HostedRef& each : hosted()) {
            propose(each, each->state.tick(runtime_.clock().now()));
            progressed(*each, 0);
        }
    }
}

}  // namespace gregor::replication
