#include "broker/replication/alter_partition_manager.h"

#include <algorithm>
#include <utility>

#include "sim/base/probe.h"

namespace gregor::replication {

using protocol::AlterPartitionRequest;
using protocol::AlterPartitionResponse;

AlterPartitionManager::AlterPartitionManager(Runtime& runtime, NodeId self, Answered answered)
    : runtime_(runtime),
      self_(self),
      answered_(std::move(answered)),
      changed_(runtime.scheduler()) {}

void AlterPartitionManager::submit(HostedRef hosted, IsrProposal proposal) {
    const TopicPartition partition = hosted->partition;
    waiting_.insert_or_assign(partition, Item{std::move(hosted), std::move(proposal)});
    changed_.notify_all();
}

void AlterPartitionManager::start(IsrChannel& channel, std::int64_t broker_epoch) {
    broker_epoch_ = broker_epoch;
    if (std::exchange(channel_, &channel) != nullptr) return;
    runtime_.tasks().spawn("alter partition", [this] { run(); });
}

void AlterPartitionManager::shut_down() {
    shut_down_ = true;
    changed_.notify_all();
}

void AlterPartitionManager::run() {
    while (!shut_down_) {
        if (waiting_.empty()) {
            changed_.wait();
            continue;
        }
        Items items = std::exchange(waiting_, {});
        const Instant deadline = deadline_after(runtime_.clock().now(), kRequestTimeout);
        const auto response = channel_->alter_partition(request_for(items), deadline);
        Items again = distribute(std::move(items), response);
        if (again.empty()) continue;
        const Instant rested = deadline_after(runtime_.clock().now(), kRetryBackoff);
        while (!shut_down_ && runtime_.clock().now() < rested) changed_.wait(rested);
        // What was proposed meanwhile is newer.
        waiting_.merge(again);
    }
}

AlterPartitionRequest AlterPartitionManager::request_for(const Items& items) const {
    AlterPartitionRequest request{.broker_id = self_, .broker_epoch = broker_epoch_};
    for (const auto& [partition, item] : items) {
        if (request.topics.empty() || request.topics.back().topic_id != item.hosted->topic_id) {
            AlterPartitionRequest::Topic& topic = request.topics.emplace_back();
            topic.topic_name = partition.topic;
            topic.topic_id = item.hosted->topic_id;
        }
        AlterPartitionRequest::Partition& asked = request.topics.back().partitions.emplace_back();
        asked.partition_index = protocol::PartitionId(partition.partition);
        asked.leader_epoch = item.proposal.leader_epoch;
        asked.partition_epoch = item.proposal.partition_epoch;
        for (const IsrMember& member : item.proposal.isr) {
            AlterPartitionRequest::NewIsrWithEpoch& wanted =
                asked.new_isr_with_epochs.emplace_back();
            wanted.broker_id = member.broker;
            wanted.broker_epoch = member.broker == self_ ? broker_epoch_ : member.broker_epoch;
        }
    }
    return request;
}

namespace {

/// What the response says of a partition; nothing said counts as no answer.
Result<IsrDecision, ErrorCode> decision_in(
    const Result<AlterPartitionResponse, ErrorCode>& response, const HostedPartition& hosted) {
    // Errors of the request as a whole say nothing about its partitions.
    if (!response || response->error_code != ErrorCode::none) {
        return fail(ErrorCode::request_timed_out);
    }
    for (const AlterPartitionResponse::Topic& topic : response->topics) {
        if (topic.topic_id != hosted.topic_id) continue;
        for (const AlterPartitionResponse::Partition& partition : topic.partitions) {
            if (partition.partition_index.value() != hosted.partition.partition) continue;
            if (partition.error_code != ErrorCode::none) return fail(partition.error_code);
            return IsrDecision{.leader_epoch = partition.leader_epoch,
                               .partition_epoch = partition.partition_epoch,
                               .isr = partition.isr};
        }
    }
    PROBE("an AlterPartition was answered without one of its partitions");
    return fail(ErrorCode::unknown_server_error);
}

}  // namespace

AlterPartitionManager::Items AlterPartitionManager::distribute(
    Items items, const Result<AlterPartitionResponse, ErrorCode>& response) {
    const ErrorCode whole = response ? response->error_code : response.error();
    if (whole != ErrorCode::none) {
        runtime_.trace().event("alter_partition_failed", "error={} partitions={}", whole,
                               items.size());
    }
    Items again;
    for (auto& [partition, item] : items) {
        const Result<IsrDecision, ErrorCode> answer = decision_in(response, *item.hosted);
        if (answered_(*item.hosted, item.proposal, answer) == IsrOutcome::retry) {
            again.emplace(partition, std::move(item));
        }
    }
    return again;
}

}  // namespace gregor::replication
