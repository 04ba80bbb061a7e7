// AlterPartitionManager: carries the proposals of this broker's leaders to the controller.
//
//     Partition ──proposal──> submit() ──one request for all that wait──> IsrChannel ──> answered
//
// One fiber, one request in flight; what is proposed meanwhile goes with the next one. A partition
// has at most one proposal here, as it has at most one pending. What the controller could not
// decide is asked again after kRetryBackoff, as long as the partition still waits for it.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <vector>

#include "broker/replication/hosted_partition.h"
#include "broker/replication/isr_channel.h"

namespace gregor::replication {

class AlterPartitionManager {
public:
    static constexpr Duration kRetryBackoff = 50ms;
    static constexpr Duration kRequestTimeout = 30s;

    /// Told each answer: what it came to. Must not wait.
    using Answered = std::function<IsrOutcome(HostedPartition&, const IsrProposal&,
                                              const Result<IsrDecision, ErrorCode>&)>;

    AlterPartitionManager(Runtime& runtime, NodeId self, Answered answered);
    AlterPartitionManager(const AlterPartitionManager&) = delete;
    AlterPartitionManager& operator=(const AlterPartitionManager&) = delete;

    /// Never waits. Takes the place of an earlier proposal of the partition.
    void submit(HostedRef hosted, IsrProposal proposal);
    /// Sends what was submitted and what will be, over `channel`, in the name of this registration
    /// of the broker. Starts the fiber the first time.
    void start(IsrChannel& channel, std::int64_t broker_epoch);
    void shut_down();

    [[nodiscard]] std::size_t waiting() const { return waiting_.size(); }

private:
    struct Item {
        HostedRef hosted;
        IsrProposal proposal;
    };
    using Items = std::map<TopicPartition, Item>;

    void run();
    [[nodiscard]] protocol::AlterPartitionRequest request_for(const Items& items) const;
    /// Tells every item its answer; those that are to be asked again.
    [[nodiscard]] Items distribute(
        Items items, const Result<protocol::AlterPartitionResponse, ErrorCode>& response);

    Runtime& runtime_;
    IsrChannel* channel_ = nullptr;  // none before start()
    NodeId self_;
    Answered answered_;
    std::int64_t broker_epoch_ = kNoBrokerEpoch;
    Items waiting_;
    WaitQueue changed_;
    bool shut_down_ = false;
};

}  // namespace gregor::replication
