#include "broker/replication/partition_isr.h"

#include <algorithm>

#include "sim/base/check.h"

namespace gregor::replication {

namespace {

bool holds(const std::vector<IsrMember>& members, NodeId node) {
    return std::any_of(members.begin(), members.end(),
                       [node](const IsrMember& member) { return member.broker == node; });
}

}  // namespace

bool Isr::contains(NodeId node) const {
    return std::find(committed_.begin(), committed_.end(), node) != committed_.end();
}

bool Isr::may_contain(NodeId node) const {
    return contains(node) || (pending_ && holds(pending_->isr, node));
}

std::vector<NodeId> Isr::maximal() const {
    std::vector<NodeId> members = committed_;
    if (!pending_) return members;
    for (const IsrMember& member : pending_->isr) {
        if (!contains(member.broker)) members.push_back(member.broker);
    }
    return members;
}

void Isr::propose(IsrProposal proposal) {
    CHECK(!pending_, "proposal {} is still in flight", pending_->number);
    CHECK(!proposal.isr.empty());
    pending_ = std::move(proposal);
}

void Isr::commit(std::vector<NodeId> committed) {
    committed_ = std::move(committed);
    pending_.reset();
}

}  // namespace gregor::replication
