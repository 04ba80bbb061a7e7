// The in-sync replica set as its leader knows it (KIP-497): what the controller has committed, and
// at most one change that is asked for and not yet answered.
//
//     committed {1,2} ──propose {1,2,3}──> pending ──answer, or a newer image──> committed
//
// While a change is pending the controller may or may not have taken it, and may already elect by
// it. So the leader counts by the union of both, the maximal set: what it calls replicated is then
// on every replica that could be elected (R4). Only a newer partition epoch resolves a change that
// may have been taken; errors that say it was not go back to what was committed. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "broker/log/log_types.h"
#include "broker/replication/partition_replica.h"

namespace gregor::replication {

struct IsrMember {
    NodeId broker;
    /// Of the fetch that made it a candidate; -1: not known, or the leader itself.
    std::int64_t broker_epoch = kNoBrokerEpoch;

    friend bool operator==(const IsrMember&, const IsrMember&) = default;
};

/// A change of the in-sync set that a leader wants: one partition's part of an AlterPartition.
struct IsrProposal {
    std::uint64_t number = 0;  // tells an answer to this proposal from one to an earlier
    protocol::LeaderEpoch leader_epoch;
    std::int32_t partition_epoch = 0;
    std::vector<IsrMember> isr;

    friend bool operator==(const IsrProposal&, const IsrProposal&) = default;
};

class Isr {
public:
    Isr() = default;
    explicit Isr(std::vector<NodeId> committed) : committed_(std::move(committed)) {}

    [[nodiscard]] const std::vector<NodeId>& committed() const { return committed_; }
    [[nodiscard]] const std::optional<IsrProposal>& pending() const { return pending_; }
    [[nodiscard]] bool contains(NodeId node) const;
    /// Committed, or proposed and perhaps taken.
    [[nodiscard]] bool may_contain(NodeId node) const;
    /// Committed ∪ proposed.
    [[nodiscard]] std::vector<NodeId> maximal() const;

    /// Nothing may be pending.
    void propose(IsrProposal proposal);
    /// The controller's word, whatever was asked for.
    void commit(std::vector<NodeId> committed);
    /// The controller is known not to have taken the change.
    void withdraw() { pending_.reset(); }

private:
    std::vector<NodeId> committed_;
    std::optional<IsrProposal> pending_;
};

}  // namespace gregor::replication
