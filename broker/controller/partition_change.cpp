#include "broker/controller/partition_change.h"

#include <algorithm>
#include <iterator>

#include "broker/controller/replica_assignment.h"
#include "sim/base/check.h"
#include "sim/base/planted.h"
#include "sim/base/probe.h"

namespace gregor::controller {
namespace {

using metadata::LeaderRecoveryState;
using metadata::MetadataImage;
using metadata::PartitionState;
using protocol::kNoNode;
using protocol::NodeId;
using protocol::PartitionChangeRecord;

/// Works out the state that is to be, step by step, then what it takes to get there.
class Builder {
public:
    Builder(const MetadataImage& image, const ElectionRules& rules, const PartitionState& state,
            const PartitionChange& wanted)
        : image_(image), rules_(rules), state_(state), wanted_(wanted), next_(state) {
        if (wanted.isr) next_.isr = *wanted.isr;
        if (wanted.replicas) next_.replicas = *wanted.replicas;
        if (wanted.adding_replicas) next_.adding_replicas = *wanted.adding_replicas;
        if (wanted.removing_replicas) next_.removing_replicas = *wanted.removing_replicas;
        if (wanted.leader_recovery_state) {
            next_.leader_recovery_state = *wanted.leader_recovery_state;
        }
    }

    std::optional<PartitionChangeRecord> build() {
        complete_reassignment();
        leave_dead_behind();
        update_elr();
        elect();
        keep_last_isr();
        remember_last_leader();
        assign_directories();
        return difference();
    }

private:
    /// Complete when every replica that is to stay is in the ISR (KIP-455).
    void complete_reassignment() {
        if (!next_.is_reassigning()) return;
        Replicas target = without(next_.replicas, next_.removing_replicas);
        const auto in_sync =
            std::ranges::count_if(target, [&](NodeId node) { return next_.is_in_isr(node); });
        const std::size_t needed = PLANTED(reassign_before_in_sync) ? 1 : target.size();
        if (target.empty() || static_cast<std::size_t>(in_sync) < needed) return;
        next_.isr = without(std::move(next_.isr), next_.removing_replicas);
        next_.replicas = std::move(target);
        next_.adding_replicas.clear();
        next_.removing_replicas.clear();
    }

    /// An ISR without a leader may hold several that are fenced; those that are not back when one
    /// of them leads are out of it.
    void leave_dead_behind() {
        if (state_.has_leader() || first_leader_of(next_.isr) == kNoNode) return;
        std::erase_if(next_.isr, [&](NodeId node) { return !may_lead(node); });
    }

    [[nodiscard]] bool has_min_isr() const {
        const auto min_isr = static_cast<std::size_t>(std::max(rules_.min_isr, 1));
        return next_.isr.size() >= std::min(min_isr, next_.replicas.size());
    }

    /// Who leaves an ISR that falls below its minimum stays eligible.
    void update_elr() {
        if (!rules_.elr_enabled || has_min_isr()) {
            next_.elr.clear();
            return;
        }
        for (const NodeId node : state_.isr) {
            if (!contains(next_.elr, node)) next_.elr.push_back(node);
        }
        std::erase_if(next_.elr, [&](NodeId node) {
            return next_.is_in_isr(node) || !next_.is_replica(node) ||
                   node == wanted_.unclean_shutdown;
        });
    }

    [[nodiscard]] bool may_lead(NodeId node) const {
        if (node == wanted_.leaving || node == wanted_.unclean_shutdown) return false;
        if (!next_.is_replica(node)) return false;
        const metadata::BrokerImage* broker = image_.find_broker(node);
        if (broker == nullptr) return false;
        if (!image_.is_active(node)) return false;
        const bool moves = wanted_.directory && wanted_.directory->first == node;
        const protocol::Uuid directory =
            moves ? wanted_.directory->second
                  : (state_.is_replica(node) ? state_.directory_of(node)
                                             : metadata::kUnassignedDirectory);
        return metadata::is_online_directory(directory, broker->log_dirs);
    }

    [[nodiscard]] NodeId first_leader_of(const Replicas& candidates) const {
        for (const NodeId node : next_.replicas) {
            if (contains(candidates, node) && may_lead(node)) return node;
        }
        return kNoNode;
    }

    void elect() {
        if (elect_from_isr()) return;
        if (const NodeId node = first_leader_of(next_.elr); node != kNoNode) {
            lead_from_elr(node);
        } else if (const NodeId last = last_known_leader(); last != kNoNode) {
            PROBE("the last known leader was elected");
            lead_uncleanly(last);
        } else if (const NodeId any = allows_unclean() ? first_leader_of(next_.replicas) : kNoNode;
                   any != kNoNode) {
            PROBE("a leader was elected uncleanly");
            lead_uncleanly(any);
        } else {
            next_.leader = kNoNode;
        }
    }

    bool elect_from_isr() {
        const NodeId preferred = next_.replicas.front();
        const auto can = [&](NodeId node) { return next_.is_in_isr(node) && may_lead(node); };
        if (wanted_.election == Election::preferred && can(preferred)) {
            next_.leader = preferred;
        } else if (!next_.has_leader() || !can(next_.leader)) {
            const NodeId node = first_leader_of(next_.isr);
            if (node == kNoNode) return false;
            next_.leader = node;
        }
        return true;
    }

    /// What is left of the ISR cannot lead, but has what was committed.
    void lead_from_elr(NodeId node) {
        PROBE("a leader was elected from the ELR");
        for (const NodeId member : next_.isr) next_.elr.push_back(member);
        std::erase(next_.elr, node);
        next_.leader = node;
        next_.isr = {node};
        if (has_min_isr()) next_.elr.clear();
    }

    [[nodiscard]] NodeId last_known_leader() const {
        if (!rules_.elr_enabled || !next_.isr.empty() || !next_.elr.empty()) return kNoNode;
        if (state_.last_known_elr.size() != 1) return kNoNode;
        const NodeId node = state_.last_known_elr.front();
        return may_lead(node) ? node : kNoNode;
    }

    [[nodiscard]] bool allows_unclean() const {
        return wanted_.election == Election::unclean ||
               (wanted_.election == Election::online && rules_.unclean_enabled);
    }

    void lead_uncleanly(NodeId node) {
        next_.leader = node;
        next_.isr = {node};
        next_.elr.clear();
        next_.leader_recovery_state = LeaderRecoveryState::recovering;
    }

    /// Without an ELR, the last of the ISR are all that is known of who has the data: while nobody
    /// leads, they stay.
    void keep_last_isr() {
        if (rules_.elr_enabled) return;
        const bool still_waits = !state_.has_leader() && !next_.has_leader();
        if (!next_.isr.empty() && !still_waits) return;
        next_.isr = state_.isr;
        std::erase_if(next_.isr, [&](NodeId node) { return !next_.is_replica(node); });
    }

    /// Whom to wait for if nobody is left in ISR and ELR.
    void remember_last_leader() {
        if (!rules_.elr_enabled || next_.has_leader()) {
            next_.last_known_elr.clear();
            return;
        }
        std::erase_if(next_.last_known_elr, [&](NodeId node) { return !next_.is_replica(node); });
        if (!next_.last_known_elr.empty()) return;
        Replicas last;
        if (state_.has_leader()) last.push_back(state_.leader);
        if (next_.isr.empty() && next_.elr.empty()) {
            std::ranges::copy(state_.isr, std::back_inserter(last));
            std::ranges::copy(state_.elr, std::back_inserter(last));
        }
        const auto it =
            std::ranges::find_if(last, [&](NodeId node) { return next_.is_replica(node); });
        if (it != last.end()) next_.last_known_elr = {*it};
    }

    void assign_directories() {
        next_.directories.clear();
        for (const NodeId node : next_.replicas) {
            const bool stays = state_.is_replica(node);
            next_.directories.push_back(stays ? state_.directory_of(node)
                                              : default_directory(image_, node));
            if (wanted_.directory && wanted_.directory->first == node) {
                next_.directories.back() = wanted_.directory->second;
            }
        }
    }

    [[nodiscard]] bool needs_new_leader_epoch() const {
        if (next_.leader != state_.leader) return true;
        if (!without(state_.replicas, next_.replicas).empty()) return true;
        return rules_.metadata_version < metadata::kMetadataVersion_3_6_IV0 &&
               !without(state_.isr, next_.isr).empty();
    }

    [[nodiscard]] std::optional<PartitionChangeRecord> difference() const {
        if (next_ == state_) return std::nullopt;
        PartitionChangeRecord record;
        if (next_.isr != state_.isr) record.isr = next_.isr;
        if (needs_new_leader_epoch()) record.leader = next_.leader;
        if (next_.replicas != state_.replicas) record.replicas = next_.replicas;
        if (next_.adding_replicas != state_.adding_replicas) {
            record.adding_replicas = next_.adding_replicas;
        }
        if (next_.removing_replicas != state_.removing_replicas) {
            record.removing_replicas = next_.removing_replicas;
        }
        if (next_.leader_recovery_state != state_.leader_recovery_state) {
            record.leader_recovery_state = static_cast<std::int8_t>(next_.leader_recovery_state);
        }
        if (next_.elr != state_.elr) record.eligible_leader_replicas = next_.elr;
        if (next_.last_known_elr != state_.last_known_elr) {
            record.last_known_elr = next_.last_known_elr;
        }
        const bool with_directories = rules_.metadata_version >= metadata::kMetadataVersion_3_7_IV2;
        if (with_directories && next_.directories != state_.directories) {
            record.directories = next_.directories;
        }
        return record;
    }

    const MetadataImage& image_;
    const ElectionRules& rules_;
    const PartitionState& state_;
    const PartitionChange& wanted_;
    PartitionState next_;
};

}  // namespace

std::optional<PartitionChangeRecord> change_partition(const MetadataImage& image,
                                                      const ElectionRules& rules,
                                                      const metadata::TopicImage& topic,
                                                      protocol::PartitionId partition,
                                                      const PartitionChange& wanted) {
    const PartitionState* state = topic.find(partition);
    CHECK(state != nullptr);
    auto record = Builder(image, rules, *state, wanted).build();
    if (!record) return std::nullopt;
    record->topic_id = topic.id;
    record->partition_id = partition;
    return record;
}

bool contains(const Replicas& replicas, NodeId node) {
    return std::ranges::find(replicas, node) != replicas.end();
}

Replicas without(Replicas replicas, const Replicas& others) {
    std::erase_if(replicas, [&](NodeId node) { return contains(others, node); });
    return replicas;
}

}  // namespace gregor::controller
