// Changing roles: the one place where a role is replaced, what that persists, and what it tells.
#include <algorithm>

#include "broker/raft/answers.h"
#include "broker/raft/raft.h"
#include "sim/base/check.h"
#include "sim/base/planted.h"
#include "sim/base/probe.h"

namespace gregor::raft {
namespace {

QuorumState persisted(const Role& role, const ReplicaKey& self) {
    QuorumState state{.epoch = epoch_of(role)};
    if (const auto* unattached = std::get_if<Unattached>(&role)) {
        state.leader_id = unattached->leader_id;
        state.voted = unattached->voted;
    } else if (const auto* prospective = std::get_if<Prospective>(&role)) {
        state.leader_id = prospective->leader_id;
        state.voted = prospective->voted;
    } else if (std::holds_alternative<Candidate>(role)) {
        state.voted = self;
    } else if (const auto* follower = std::get_if<Follower>(&role)) {
        state.leader_id = follower->leader_id;
        state.voted = follower->voted;
    } else {
        state.leader_id = self.id;
    }
    return state;
}

}  // namespace

void Raft::transition(Role next) {
    CHECK(is_allowed(role_, next), "{} of epoch {} to {} of epoch {}", name_of(role_), epoch(),
          name_of(next), epoch_of(next));
    const bool was_leader = is_leader();
    const LeaderEpoch old_epoch = epoch();
    role_ = std::move(next);
    connections_.reset();
    sent_.clear();
    persist_if_changed();
    if (was_leader) stop_leading(old_epoch);
    note_leader();
}

void Raft::persist_if_changed() {
    const QuorumState state = persisted(role_, self());
    if (state == quorum_state_) return;
    quorum_state_ = state;
    if (PLANTED(forget_vote_on_restart) && state.voted) return;
    effects_.persist = state;
}

void Raft::stop_leading(LeaderEpoch old_epoch) {
    // What the step has established it may end too: the first commit may be of its own removal.
    effects_.leadership_established.reset();
    effects_.leadership_lost = old_epoch;
    leaderless_since_ = now_.at;
    for (const auto& [id, parked] : parked_fetches_) {
        reply(id, fetch_answer(ErrorCode::not_leader_or_follower));
    }
    parked_fetches_.clear();
    if (pending_change_) {
        complete_voter_change(ErrorCode::not_leader_or_follower,
                              "The leader resigned before the change of voters was committed");
    }
}

void Raft::note_leader() {
    const LeaderAndEpoch current{leader_id(), epoch()};
    // A leader that has resigned is not one to go to.
    const LeaderAndEpoch told =
        std::holds_alternative<Resigned>(role_) ? LeaderAndEpoch{kNoNode, epoch()} : current;
    if (told == told_leader_) return;
    told_leader_ = told;
    effects_.leader_changed = told;
}

Role Raft::initial_role() {
    const QuorumState& state = quorum_state_;
    if (log_.last_epoch() > state.epoch) {
        return Unattached{.epoch = log_.last_epoch(), .election_deadline = random_deadline()};
    }
    if (state.leader_id == config_.node_id) {
        Resigned resigned{.epoch = state.epoch, .election_deadline = random_deadline()};
        for (const auto& [id, voter] : voters().voters()) {
            if (id == config_.node_id) continue;
            resigned.preferred_successors.push_back(voter.key);
            resigned.unacknowledged.push_back(id);
        }
        return resigned;
    }
    if (state.voted && may_campaign() && same_replica(*state.voted, self()) &&
        state.leader_id == kNoNode) {
        Candidate candidate{.epoch = state.epoch,
                            .election_deadline = random_deadline(),
                            .ballot = Ballot(voters())};
        candidate.ballot.record(config_.node_id, true);
        return candidate;
    }
    std::vector<Endpoint> endpoints = endpoints_of(state.leader_id);
    if (state.leader_id != kNoNode && !endpoints.empty()) {
        return Follower{.epoch = state.epoch,
                        .leader_id = state.leader_id,
                        .leader_endpoints = std::move(endpoints),
                        .voted = state.voted,
                        .fetch_deadline = deadline_after(now_.at, patience())};
    }
    return Unattached{
        .epoch = state.epoch,
        .leader_id = state.leader_id,
        .voted = state.voted,
        .election_deadline = state.epoch == LeaderEpoch(0) ? first_deadline() : random_deadline()};
}

// In the epoch that it is in a replica forgets neither its vote nor the leader.
void Raft::become_unattached(LeaderEpoch next_epoch, NodeId leader) {
    Unattached next{.epoch = next_epoch,
                    .leader_id = leader,
                    .election_deadline = remaining_election_deadline()};
    if (next_epoch == epoch()) {
        next.voted = quorum_state_.voted;
        if (leader == kNoNode) next.leader_id = leader_id();
    }
    transition(std::move(next));
}

void Raft::become_voted(const ReplicaKey& candidate) {
    CHECK(leader_id() == kNoNode);
    if (quorum_state_.voted) return;
    transition(
        Unattached{.epoch = epoch(), .voted = candidate, .election_deadline = random_deadline()});
}

void Raft::become_prospective() {
    CHECK(may_campaign());
    Prospective next{.epoch = epoch(),
                     .leader_id = leader_id(),
                     .leader_endpoints = leader_endpoints(),
                     .voted = quorum_state_.voted,
                     .election_deadline = random_deadline(),
                     .ballot = Ballot(voters())};
    next.ballot.record(config_.node_id, true);
    transition(std::move(next));
}

void Raft::become_candidate() {
    CHECK(may_campaign());
    Candidate next{
        .epoch = epoch() + 1, .election_deadline = random_deadline(), .ballot = Ballot(voters())};
    next.ballot.record(config_.node_id, true);
    transition(std::move(next));
}

void Raft::become_leader() {
    const std::vector<NodeId> granted = std::get<Candidate>(role_).ballot.granted();
    const LeaderState::Timeouts timeouts{.fetch = config_.fetch_timeout,
                                         .max_observers = config_.max_observers};
    transition(Leader{
        .epoch = epoch(),
        .state = LeaderState(self(), epoch(), log_.end_offset(), voters(), now_.at, timeouts),
        .described = VoterSet({{.key = self(), .endpoints = config_.listeners}})});
    lost_elections_ = 0;
    append_leader_change(granted);
    auto& state = std::get<Leader>(role_).state;
    if (state.update_local(log_.flushed())) leader_high_watermark_rose();
}

void Raft::become_follower(LeaderEpoch next_epoch, NodeId leader, std::vector<Endpoint> endpoints) {
    CHECK(leader != config_.node_id);
    CHECK(!contradicts_leader(leader, next_epoch));
    Follower next{.epoch = next_epoch,
                  .leader_id = leader,
                  .leader_endpoints = std::move(endpoints),
                  .fetch_deadline = deadline_after(now_.at, patience())};
    if (next_epoch == epoch()) next.voted = quorum_state_.voted;
    transition(std::move(next));
}

void Raft::become_resigned() {
    Resigned next{.epoch = epoch(),
                  .election_deadline = random_deadline(),
                  .preferred_successors = std::get<Leader>(role_).state.successors()};
    for (const ReplicaKey& voter : next.preferred_successors) {
        next.unacknowledged.push_back(voter.id);
    }
    transition(std::move(next));
}

// Of what others say: a higher epoch is taken over, and a leader of this one if there is none yet.
void Raft::learn_leader(const PeerLeader& peer) {
    if (contradicts_leader(peer.leader_id, peer.epoch)) {
        PROBE("a peer names another leader of the epoch");
        return;
    }
    const bool is_usable = peer.leader_id > kNoNode && peer.leader_id != config_.node_id;
    const std::vector<Endpoint> endpoints =
        peer.endpoints.empty() ? endpoints_of(peer.leader_id) : peer.endpoints;
    if (peer.epoch > epoch()) {
        if (is_usable && !endpoints.empty()) {
            become_follower(peer.epoch, peer.leader_id, endpoints);
        } else {
            become_unattached(peer.epoch, is_usable ? peer.leader_id : kNoNode);
        }
    } else if (peer.epoch == epoch() && is_usable && !endpoints.empty() && !is_leader() &&
               !std::holds_alternative<Resigned>(role_) && is_news(peer)) {
        become_follower(peer.epoch, peer.leader_id, endpoints);
    }
}

// A prospective that knows the leader has lost touch with it: hearsay does not bring it back.
bool Raft::is_news(const PeerLeader& peer) const {
    const auto* follower = std::get_if<Follower>(&role_);
    if (follower != nullptr) return peer.endpoints.size() > follower->leader_endpoints.size();
    const auto* prospective = std::get_if<Prospective>(&role_);
    return prospective == nullptr || prospective->leader_id == kNoNode || peer.is_direct;
}

Instant Raft::random_deadline() {
    return deadline_after(now_.at,
                          random_.between(config_.election_timeout, config_.election_timeout * 2));
}

// Followers hear the last of a leader that dies together, as what it commits wakes their fetches.
// Of two that lost it in the same instant each would vote for itself, and of three voters nobody is
// left to part them: so each waits a little longer than the voters with smaller ids.
Duration Raft::patience() const {
    const auto& all = voters().voters();
    const auto self = all.find(config_.node_id);
    const auto rank = self == all.end() ? 0 : std::distance(all.begin(), self);
    return config_.fetch_timeout +
           config_.fetch_timeout / 20 * rank / std::max(std::ssize(all), 1L);
}

// Nothing was ever decided here, so there is most likely no leader to wait for; and where there is
// one, the voters that hear from it refuse the pre-vote. Kafka waits as long as ever.
Instant Raft::first_deadline() {
    return deadline_after(now_.at,
                          random_.between(Duration::zero(), config_.election_timeout / 10));
}

Instant Raft::remaining_election_deadline() {
    if (const auto* role = std::get_if<Unattached>(&role_)) return role->election_deadline;
    if (const auto* role = std::get_if<Prospective>(&role_)) return role->election_deadline;
    if (const auto* role = std::get_if<Candidate>(&role_)) return role->election_deadline;
    if (const auto* role = std::get_if<Follower>(&role_)) return role->fetch_deadline;
    return random_deadline();
}

}  // namespace gregor::raft
