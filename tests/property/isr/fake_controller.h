// FakeController: one partition's state as a controller would keep it, by the rules of KIP-497 and
// KIP-966: elections from the in-sync set, else from the eligible leader replicas; who restarts
// without a clean shutdown is in neither.
#pragma once

#include <algorithm>
#include <map>
#include <set>
#include <vector>

#include "broker/replication/partition.h"
#include "sim/base/random.h"

namespace gregor::isr_test {

using namespace gregor::replication;

/// What the controller tells the brokers.
struct Image {
    PartitionAssignment assignment;
    EligibleBrokersRef brokers;
};

class FakeController {
public:
    FakeController(int replicas, std::size_t min_isr) : min_isr_(min_isr) {
        for (int i = 0; i < replicas; ++i) {
            state_.replicas.push_back(NodeId(i));
            state_.isr.push_back(NodeId(i));
            brokers_.emplace(NodeId(i), ++last_broker_epoch_);
        }
        state_.leader = NodeId(0);
    }

    [[nodiscard]] const PartitionAssignment& state() const { return state_; }
    [[nodiscard]] const std::set<NodeId>& elr() const { return elr_; }
    [[nodiscard]] bool is_eligible(NodeId id) const { return brokers_.contains(id); }
    [[nodiscard]] Image image() const {
        return {state_, std::make_shared<const EligibleBrokers>(brokers_)};
    }
    /// Those that hold all that is committed, as far as the controller knows.
    [[nodiscard]] std::set<NodeId> electable() const {
        std::set<NodeId> all = elr_;
        all.insert(state_.isr.begin(), state_.isr.end());
        return all;
    }

    void fence(NodeId id) {
        if (brokers_.erase(id) == 0) return;
        if (std::erase(state_.isr, id) > 0) elr_.insert(id);
        settle();
    }
    /// A new incarnation; after a loss it is no candidate any more.
    std::int64_t register_broker(NodeId id, bool lost_data) {
        fence(id);
        if (lost_data) elr_.erase(id);
        brokers_[id] = ++last_broker_epoch_;
        settle();
        return last_broker_epoch_;
    }
    /// It is heard of again, the same incarnation.
    void unfence(NodeId id, std::int64_t broker_epoch) {
        brokers_[id] = broker_epoch;
        settle();
    }
    /// Any member of the in-sync set, for no reason.
    void elect_another(Random& random) {
        std::vector<NodeId> candidates;
        for (const NodeId id : state_.isr) {
            if (is_eligible(id)) candidates.push_back(id);
        }
        if (candidates.empty()) return;
        state_.leader = random.pick(candidates);
        ++state_.leader_epoch;
        ++state_.partition_epoch;
    }

    Result<IsrDecision, ErrorCode> alter(NodeId from, const IsrProposal& proposal) {
        if (proposal.leader_epoch < state_.leader_epoch)
            return fail(ErrorCode::fenced_leader_epoch);
        if (proposal.partition_epoch < state_.partition_epoch || state_.leader != from) {
            return fail(ErrorCode::invalid_update_version);
        }
        std::vector<NodeId> isr;
        for (const IsrMember& member : proposal.isr) {
            const auto broker = brokers_.find(member.broker);
            const bool is_current =
                broker != brokers_.end() &&
                (member.broker_epoch == kNoBrokerEpoch || member.broker_epoch == broker->second);
            if (!is_current) return fail(ErrorCode::ineligible_replica);
            isr.push_back(member.broker);
        }
        for (const NodeId id : state_.isr) {
            if (std::find(isr.begin(), isr.end(), id) == isr.end()) elr_.insert(id);
        }
        state_.isr = isr;
        settle();
        return IsrDecision{.leader_epoch = state_.leader_epoch,
                           .partition_epoch = state_.partition_epoch,
                           .isr = state_.isr};
    }

private:
    /// After every change: a leader if there can be one, and who else could be.
    void settle() {
        ++state_.partition_epoch;
        const bool leads = state_.leader != protocol::kNoNode && is_eligible(state_.leader) &&
                           contains(state_.isr, state_.leader);
        if (!leads) elect();
        for (const NodeId id : state_.isr) elr_.erase(id);
        if (state_.isr.size() >= min_isr_) elr_.clear();
    }
    void elect() {
        state_.leader = protocol::kNoNode;
        for (const NodeId id : state_.isr) {
            if (is_eligible(id)) state_.leader = id;
        }
        if (state_.leader == protocol::kNoNode) {
            for (const NodeId id : elr_) {
                if (is_eligible(id)) state_.leader = id;
            }
            if (state_.leader != protocol::kNoNode) state_.isr = {state_.leader};
        }
        ++state_.leader_epoch;
    }
    [[nodiscard]] static bool contains(const std::vector<NodeId>& ids, NodeId id) {
        return std::find(ids.begin(), ids.end(), id) != ids.end();
    }

    std::size_t min_isr_;
    PartitionAssignment state_;
    std::set<NodeId> elr_;
    std::map<NodeId, std::int64_t> brokers_;  // unfenced
    std::int64_t last_broker_epoch_ = 0;
};

}  // namespace gregor::isr_test
