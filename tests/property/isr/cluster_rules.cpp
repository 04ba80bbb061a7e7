// Cluster: the rules of replication, after every step. Their names are those of the reference.
#include <algorithm>

#include "tests/property/isr/cluster.h"

namespace gregor::isr_test {

void Cluster::violated(std::string what) {
    if (!violation_) violation_ = std::move(what);
}

void Cluster::check() {
    note_committed();
    note_acknowledged();
    for (const Replica& each : replicas_) {
        if (!each.running) continue;
        if (each.state.is_leader()) check_leader(each);
        if (each.state.is_follower()) check_follower(each);
        check_epochs(each);
    }
    check_candidates();
    check_logs_match();
    if (violation_) return;
    for (const Replica& each : replicas_) {
        if (!each.running) continue;
        LogMarks marks = each.state.marks();
        marks.log_end_offset = each.log.end();
        each.state.check_invariants(marks);
        each.state.check_change(each.before);
    }
}

/// What a leader shows as committed stays so.
void Cluster::note_committed() {
    for (const Replica& each : replicas_) {
        if (!each.running || !each.state.is_leader()) continue;
        const Offset mark = each.state.marks().high_watermark;
        while (Offset(static_cast<std::int64_t>(committed_.size())) < mark) {
            committed_.push_back(each.log.at(Offset(static_cast<std::int64_t>(committed_.size()))));
            committed_in_.push_back(*each.state.leader_epoch());
        }
    }
}

void Cluster::note_acknowledged() {
    std::erase_if(appends_, [this](const Append& append) {
        const Replica& leader = replica(append.leader);
        const auto answer = leader.state.acknowledgement(append.epoch, append.offset + 1);
        if (!answer) return false;
        if (*answer == ErrorCode::none) {
            ++coverage_.acknowledged;
            acknowledged_.emplace(append.offset, append.entry);
            const auto at = static_cast<std::size_t>(append.offset.value());
            if (at >= committed_.size() || committed_[at] != append.entry) {
                violated(fmt::format("R12: offset {} was acknowledged and is not committed",
                                     append.offset));
            }
        }
        return true;
    });
}

void Cluster::check_leader(const Replica& replica) {
    const LeaderRole& leading = *replica.state.leader();
    const auto first = leaders_.emplace(leading.epoch, replica.id).first;
    if (first->second != replica.id) {
        violated(fmt::format("R11: n{} and n{} lead in epoch {}", first->second, replica.id,
                             leading.epoch));
    }
    const bool is_new = replica.before.leader_epoch != leading.epoch;
    if (is_new) {
        for (std::size_t i = 0; i < committed_.size(); ++i) {
            const Offset offset(static_cast<std::int64_t>(i));
            // Who learns late of its leadership may lead when others have led after it.
            if (committed_in_[i] >= leading.epoch) continue;
            if (offset >= replica.log.end() || replica.log.at(offset) != committed_[i]) {
                return violated(fmt::format("R1: n{} leads epoch {} without offset {}", replica.id,
                                            leading.epoch, offset));
            }
        }
    }
    const std::vector<NodeId> maximal = leading.isr.maximal();
    const auto is_in = [&](NodeId id) {
        return std::find(maximal.begin(), maximal.end(), id) != maximal.end();
    };
    const bool is_current = leading.epoch == controller_.state().leader_epoch;
    const auto enough = static_cast<std::size_t>(setup_.min_isr);
    if (is_current && leading.isr.committed().size() >= enough) {
        for (const NodeId id : controller_.electable()) {
            if (!is_in(id)) {
                violated(fmt::format("R4: n{} may be elected and is not counted by n{}", id,
                                     replica.id));
            }
        }
    }
    const Offset mark = replica.state.marks().high_watermark;
    if (mark == replica.before.marks.high_watermark) return;
    if (leading.isr.committed().size() < enough) {
        violated(fmt::format("R5: n{} raised its high watermark with {} in sync", replica.id,
                             leading.isr.committed().size()));
    }
    for (const NodeId id : maximal) {
        if (id == replica.id) continue;
        const auto known = fetched_.find({leading.epoch, id});
        if (known == fetched_.end() || known->second < mark) {
            violated(fmt::format("R5: n{} raised its high watermark to {} before n{}", replica.id,
                                 mark, id));
        }
    }
}

void Cluster::check_follower(const Replica& replica) {
    const Offset mark = replica.state.marks().high_watermark;
    for (Offset at{0}; at < mark; ++at) {
        const auto i = static_cast<std::size_t>(at.value());
        if (i >= committed_.size() || replica.log.at(at) != committed_[i]) {
            return violated(fmt::format("R6: n{} counts offset {} as committed", replica.id, at));
        }
    }
}

void Cluster::check_epochs(const Replica& replica) {
    const auto& entries = replica.log.epochs().entries();
    const Offset end = replica.log.end();
    const LeaderRole* leading = replica.state.leader();
    if (leading != nullptr) {
        const auto latest = replica.log.epochs().latest();
        if (!latest || latest->epoch != leading->epoch ||
            latest->start_offset != leading->epoch_start_offset) {
            return violated(fmt::format("L4: n{} leads epoch {} and has not noted where it begins",
                                        replica.id, leading->epoch));
        }
    }
    for (std::size_t i = 0; i < entries.size(); ++i) {
        const Offset start = entries[i].start_offset;
        const bool rises = i == 0 || (entries[i - 1].epoch < entries[i].epoch &&
                                      entries[i - 1].start_offset < start);
        const bool fits = start >= end || replica.log.at(start).epoch == entries[i].epoch;
        const bool is_left_over =
            start > end || (replica.truncated && leading == nullptr && start == end);
        if (!rises || !fits || is_left_over) {
            return violated(fmt::format("L4: n{} has epoch {} at {}, its log ends at {}",
                                        replica.id, entries[i].epoch, start, end));
        }
    }
}

/// R2: whoever may be elected holds all that is committed.
void Cluster::check_candidates() {
    for (const NodeId id : controller_.electable()) {
        const Replica& candidate = replica(id);
        if (!candidate.running) continue;
        for (std::size_t i = 0; i < committed_.size(); ++i) {
            const Offset offset(static_cast<std::int64_t>(i));
            if (offset >= candidate.log.end() || candidate.log.at(offset) != committed_[i]) {
                return violated(
                    fmt::format("R2: n{} may be elected and lacks offset {}", id, offset));
            }
        }
    }
}

void Cluster::check_logs_match() {
    for (const Replica& one : replicas_) {
        for (const Replica& other : replicas_) {
            if (!one.running || !other.running || one.id >= other.id) continue;
            const Offset both =
                std::min({one.state.marks().high_watermark, other.state.marks().high_watermark,
                          one.log.end(), other.log.end()});
            for (Offset at{0}; at < both; ++at) {
                if (one.log.at(at) == other.log.at(at)) continue;
                return violated(fmt::format("R3: n{} and n{} differ at {}", one.id, other.id, at));
            }
        }
    }
}

/// V2: with every fault gone all replicas are in sync, and equal.
void Cluster::check_settled() {
    const PartitionAssignment& state = controller_.state();
    if (state.leader == protocol::kNoNode) return violated("V1: nobody leads");
    if (state.isr.size() != replicas_.size()) {
        return violated(
            fmt::format("V2: {} of {} are in sync", state.isr.size(), replicas_.size()));
    }
    const Replica& leader = replica(state.leader);
    for (const Replica& each : replicas_) {
        if (each.log.end() != leader.log.end()) {
            return violated(fmt::format("V2: n{} ends at {}, its leader at {}", each.id,
                                        each.log.end(), leader.log.end()));
        }
        for (Offset at{0}; at < leader.log.end(); ++at) {
            if (each.log.at(at) == leader.log.at(at)) continue;
            return violated(fmt::format("V2: n{} differs from its leader at {}", each.id, at));
        }
    }
}

}  // namespace gregor::isr_test
