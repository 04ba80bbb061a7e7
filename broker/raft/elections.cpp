// Vote: asking for votes, first whether there would be any (KIP-996), and giving them. A replica
// gives one vote in an epoch, made durable before it is answered, and only to a log that holds at
// least what its own does.
#include "broker/raft/answers.h"
#include "broker/raft/raft.h"
#include "sim/base/check.h"
#include "sim/base/planted.h"
#include "sim/base/probe.h"

namespace gregor::raft {
namespace {

bool is_malformed(const protocol::VoteRequest::Partition& vote) {
    if (vote.last_offset < Offset(0) || vote.last_offset_epoch < LeaderEpoch(0)) return true;
    // A candidate has raised the epoch above its log's; who only asks may have the log's epoch.
    return vote.pre_vote ? vote.last_offset_epoch > vote.candidate_epoch
                         : vote.last_offset_epoch >= vote.candidate_epoch;
}

}  // namespace

Effects Raft::handle(Now now, RequestId id, const protocol::VoteRequest& request) {
    begin(now);
    reply(id, vote(request));
    return finish();
}

protocol::VoteResponse Raft::vote(const protocol::VoteRequest& request) {
    using protocol::VoteResponse;
    if (is_other_cluster(request.cluster_id)) {
        return {.error_code = ErrorCode::inconsistent_cluster_id};
    }
    const auto* partition = only_partition(request);
    if (partition == nullptr) return {.error_code = ErrorCode::invalid_request};
    if (is_malformed(*partition)) return partition_answer<VoteResponse>(ErrorCode::invalid_request);
    const ErrorCode error =
        check_voter_request(partition->candidate_id, partition->candidate_epoch);
    if (error != ErrorCode::none) return partition_answer<VoteResponse>(error);
    if (partition->candidate_epoch > epoch()) become_unattached(partition->candidate_epoch);
    if (!is_meant_for_us(request.voter_id, partition->voter_directory_id)) {
        return partition_answer<VoteResponse>(ErrorCode::invalid_voter_key);
    }
    const ReplicaKey candidate{partition->candidate_id, partition->candidate_directory_id};
    const OffsetAndEpoch last{partition->last_offset_epoch, partition->last_offset};
    const bool is_up_to_date = PLANTED(vote_for_stale_log) || last >= log_.end();
    const bool granted = can_grant(candidate, is_up_to_date, partition->pre_vote);
    if (granted && !partition->pre_vote) become_voted(candidate);
    VoteResponse response = partition_answer<VoteResponse>(ErrorCode::none);
    response.topics[0].partitions[0].vote_granted = granted;
    return response;
}

bool Raft::can_grant(const ReplicaKey& candidate, bool is_up_to_date, bool pre_vote) const {
    if (pre_vote) {
        // Whoever hears of a leader keeps it: a voter that was cut off disturbs nobody.
        const auto* follower = std::get_if<Follower>(&role_);
        if (follower != nullptr && follower->has_fetched) return false;
        const auto* leader = std::get_if<Leader>(&role_);
        if (leader != nullptr && leader->state.high_watermark()) return false;
        return is_up_to_date;
    }
    if (quorum_state_.leader_id != kNoNode) return false;
    if (quorum_state_.voted) return same_replica(*quorum_state_.voted, candidate);
    return is_up_to_date;
}

// Only with a log that a power loss leaves as it is: a vote, once given, holds for the candidate
// that restarts with less.
void Raft::ask_for_votes(const Ballot& ballot, bool pre_vote) {
    if (log_.flushed() < log_.end_offset()) return;
    for (const auto& [id, voter] : voters().voters()) {
        if (ballot.has_answered(id) || !connections_.is_ready(id, now_.at)) continue;
        const auto endpoint = voters().endpoint_of(id, config_.listener_name);
        if (!endpoint) continue;
        auto request = about<protocol::VoteRequest>({.candidate_epoch = epoch(),
                                                     .candidate_id = config_.node_id,
                                                     .candidate_directory_id = config_.directory_id,
                                                     .voter_directory_id = voter.key.directory_id,
                                                     .last_offset_epoch = log_.last_epoch(),
                                                     .last_offset = log_.end_offset(),
                                                     .pre_vote = pre_vote});
        request.cluster_id = config_.cluster_id;
        request.voter_id = id;
        send(id, *endpoint, std::move(request));
    }
}

void Raft::answer(const Sent& sent, const protocol::VoteResponse& response) {
    const auto* partition = only_partition(response);
    if (response.error_code != ErrorCode::none || partition == nullptr) return;
    const PeerLeader peer{
        partition->leader_id, partition->leader_epoch,
        leader_endpoint_in(response, partition->leader_id, config_.listener_name)};
    if (learn_from_answer(partition->error_code, peer) || sent.epoch != epoch()) return;
    if (auto* prospective = std::get_if<Prospective>(&role_)) {
        prospective->ballot.record(sent.node, partition->vote_granted);
    } else if (auto* candidate = std::get_if<Candidate>(&role_)) {
        candidate->ballot.record(sent.node, partition->vote_granted);
    }
}

void Raft::lose_prospects() {
    PROBE("a pre-vote found no majority");
    auto& role = std::get<Prospective>(role_);
    if (role.leader_id != kNoNode && !role.leader_endpoints.empty()) {
        std::vector<Endpoint> endpoints = role.leader_endpoints;
        become_follower(role.epoch, role.leader_id, std::move(endpoints));
    } else {
        become_unattached(role.epoch);
    }
}

// Twice as long after each election that was lost, at random, so that rivals part.
void Raft::back_off(Candidate& candidate) {
    PROBE("an election was lost");
    constexpr std::uint32_t kMaxDoublings = 16;
    lost_elections_ = std::min(lost_elections_ + 1, kMaxDoublings);
    const Duration longest = std::min(config_.retry_backoff * (std::int64_t{1} << lost_elections_),
                                      config_.election_backoff_max);
    candidate.backoff_until =
        deadline_after(now_.at, random_.between(Duration(1), std::max(longest, Duration(1))));
}

}  // namespace gregor::raft
