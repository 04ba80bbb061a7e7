#include "scenarios/checkers/quorum_answers.h"

#include <algorithm>
#include <set>
#include <vector>

namespace gregor::scenarios {

using protocol::DescribeQuorumResponse;
using protocol::NodeId;
using protocol::Offset;

namespace {

using Leader = QuorumMoment::Leader;
using Told = DescribeQuorumResponse::ReplicaState;

bool is_between(Offset told, Offset least, Offset most) { return told >= least && told <= most; }

std::int64_t wall_ms_of(Instant time, const Leader& leader) {
    return leader.wall_ms - (leader.now - time) / 1ms;
}

/// Clocks drift, and may jump between the two.
bool is_time(std::int64_t told, const std::optional<Instant>& known, const Leader& before,
             const Leader& after) {
    if (!known) return told == -1;
    const auto [least, most] = std::minmax({wall_ms_of(*known, before), wall_ms_of(*known, after)});
    return told >= least - 1 && told <= most + 1;
}

/// One leader, in one epoch, before and after.
class LeaderAnswers {
public:
    LeaderAnswers(NodeId id, const Leader& before, const Leader& after)
        : id_(id), before_(before), after_(after) {}

    [[nodiscard]] AnswerVerdict check(const DescribeQuorumResponse::Partition& told) const {
        if (!is_between(told.high_watermark, before_.high_watermark, after_.high_watermark)) {
            return wrong_answer("M1", "the high watermark is said to be {}, it is {} … {}",
                                told.high_watermark, before_.high_watermark, after_.high_watermark);
        }
        if (auto wrong = check_all("a voter", told.current_voters, before_.voters, after_.voters)) {
            return wrong;
        }
        return check_all("an observer", told.observers, before_.observers, after_.observers);
    }

private:
    [[nodiscard]] AnswerVerdict check_all(std::string_view what, const std::vector<Told>& told,
                                          const QuorumMoment::Replicas& before,
                                          const QuorumMoment::Replicas& after) const {
        // Of more than one change one set alone is seen, and who came or was away meanwhile is not.
        const bool are_same_voters = before_.voters_since == after_.voters_since;
        std::set<std::pair<NodeId, protocol::Uuid>> seen;
        for (const Told& each : told) {
            const std::pair key(each.replica_id, each.replica_directory_id);
            seen.insert(key);
            const auto first = before.find(key);
            const auto last = after.find(key);
            if (first == before.end() && last == after.end() && are_same_voters) {
                return wrong_answer("M3", "n{} is said to be {}", each.replica_id, what);
            }
            if (first == before.end() || last == after.end()) continue;
            if (auto wrong = check_one(each, first->second, last->second)) return wrong;
        }
        for (const auto& [key, replica] : before) {
            if (seen.contains(key) || !after.contains(key) || !are_same_voters) continue;
            return wrong_answer("M3", "n{} is not told of as {}", key.first, what);
        }
        return std::nullopt;
    }

    [[nodiscard]] AnswerVerdict check_one(const Told& told, const QuorumMoment::Replica& before,
                                          const QuorumMoment::Replica& after) const {
        const bool is_leader = told.replica_id == id_;
        const Offset least =
            is_leader ? before_.log_end_offset : before.end_offset.value_or(protocol::kNoOffset);
        const Offset most =
            is_leader ? after_.log_end_offset : after.end_offset.value_or(protocol::kNoOffset);
        // Who has lost its log, or follows another leader, begins anew.
        const bool is_still = is_leader || before.last_fetch == after.last_fetch;
        if (is_still && least <= most && !is_between(told.log_end_offset, least, most)) {
            return wrong_answer("M1", "the log of n{} is said to end at {}, it ends at {} … {}",
                                told.replica_id, told.log_end_offset, least, most);
        }
        if (is_leader || before.last_fetch != after.last_fetch ||
            before.last_caught_up != after.last_caught_up) {
            return std::nullopt;
        }
        if (is_time(told.last_fetch_timestamp, before.last_fetch, before_, after_) &&
            is_time(told.last_caught_up_timestamp, before.last_caught_up, before_, after_)) {
            return std::nullopt;
        }
        return wrong_answer("M1", "n{} is said to have fetched at {} and caught up at {}",
                            told.replica_id, told.last_fetch_timestamp,
                            told.last_caught_up_timestamp);
    }

    NodeId id_;
    const Leader& before_;
    const Leader& after_;
};

}  // namespace

AnswerVerdict QuorumAnswers::check(const DescribeQuorumResponse& told) const {
    if (told.topics.size() != 1 || told.topics[0].partitions.size() != 1) {
        return wrong_answer("M3", "nothing is told of the quorum");
    }
    const auto& partition = told.topics[0].partitions[0];
    if (partition.leader_epoch > after_.newest_epoch) {
        return wrong_answer("M3", "n{} is said to lead in epoch {}, which nobody knows",
                            partition.leader_id, partition.leader_epoch);
    }
    for (const QuorumMoment* moment : {&before_, &after_}) {
        for (const auto& [id, leader] : moment->leaders) {
            if (leader.epoch != partition.leader_epoch || id == partition.leader_id) continue;
            return wrong_answer("M3", "n{} is said to lead in epoch {}, n{} does",
                                partition.leader_id, partition.leader_epoch, id);
        }
    }
    std::set<NodeId> voters;
    std::set<NodeId> nodes;
    for (const Told& voter : partition.current_voters) voters.insert(voter.replica_id);
    for (const auto& node : told.nodes) nodes.insert(node.node_id);
    if (voters != nodes) {
        return wrong_answer("M3", "{} voters are told of, and where {} are", voters.size(),
                            nodes.size());
    }
    const auto before = before_.leaders.find(partition.leader_id);
    const auto after = after_.leaders.find(partition.leader_id);
    if (before == before_.leaders.end() || after == after_.leaders.end() ||
        before->second.start != after->second.start ||
        before->second.epoch != after->second.epoch ||
        before->second.epoch != partition.leader_epoch) {
        return std::nullopt;
    }
    return LeaderAnswers(partition.leader_id, before->second, after->second).check(partition);
}

}  // namespace gregor::scenarios
