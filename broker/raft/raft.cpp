#include "broker/raft/raft.h"

#include <algorithm>

#include "broker/raft/answers.h"
#include "sim/base/check.h"
#include "sim/base/planted.h"
#include "sim/base/probe.h"

namespace gregor::raft {

Raft::Raft(RaftConfig config, DurableState durable, Random& random)
    : config_(std::move(config)),
      random_(random),
      log_(durable.log_start_offset, durable.log_end_offset, durable.epochs, durable.snapshots),
      voters_(config_.static_voters),
      quorum_state_(durable.quorum),
      connections_({.request = config_.request_timeout, .retry_backoff = config_.retry_backoff}) {
    voters_.replace_with(durable.voters);
    told_leader_.epoch = kNoLeaderEpoch;
}

Effects Raft::start(Now now) {
    CHECK(!started_);
    started_ = true;
    now_ = now;
    leaderless_since_ = now.at;
    if (const auto latest = log_.latest_snapshot()) {
        // A crash came between a fetched snapshot and the emptying of the log that it replaces.
        if (!log_.contains(latest->id)) {
            log_.restart_at(*latest);
            effects_.start_log_at = latest->id;
            voters_.trim_below(latest->id.offset);
            voters_.truncate_to(latest->id.offset);
        }
        raise_high_watermark(latest->id.offset);
    }
    role_ = initial_role();
    persist_if_changed();
    note_leader();
    return finish();
}

Effects Raft::tick(Now now) {
    begin(now);
    return finish();
}

Effects Raft::answered(Now now, CorrelationId id, const Response& response) {
    begin(now);
    const ErrorCode error = error_of(response);
    const auto node =
        error == ErrorCode::none ? connections_.answered(id) : connections_.failed(id, now.at);
    if (!node) return finish();
    const Sent sent = sent_.at(id);
    sent_.erase(id);
    std::visit(
        [&](const auto& each) {
            using R = std::decay_t<decltype(each)>;
            if constexpr (std::is_same_v<R, protocol::ApiVersionsResponse>) {
                answer_probe(id, &each);
            } else if constexpr (requires { answer(sent, each); }) {
                answer(sent, each);
            }
        },
        response);
    return finish();
}

Effects Raft::failed(Now now, CorrelationId id) {
    begin(now);
    if (connections_.failed(id, now.at)) {
        sent_.erase(id);
        answer_probe(id, nullptr);
    }
    return finish();
}

Effects Raft::flushed(Now now, Offset end_offset) {
    begin(now);
    CHECK(end_offset <= log_.end_offset(), "flushed {} end {}", end_offset, log_.end_offset());
    log_.flushed_to(end_offset);
    if (auto* leader = std::get_if<Leader>(&role_)) {
        if (leader->state.update_local(log_.flushed())) leader_high_watermark_rose();
    }
    return finish();
}

NodeId Raft::leader_id() const { return quorum_state_.leader_id; }

bool Raft::is_voter() const { return config_.can_vote && voters().is_voter(self()); }

// A voter whose removal is not committed, as far as it knows, is still one: its log may be the only
// one that can win, with the votes of those that remain (Raft's dissertation, 4.2.2).
bool Raft::may_campaign() const {
    if (is_voter()) return true;
    const auto latest = voters_.latest_offset();
    if (!config_.can_vote || !latest || *latest < high_watermark_) return false;
    return voters_.voters_below(*latest).is_voter(self());
}

void Raft::check_invariants() const {
    log_.check_invariants();
    CHECK(high_watermark_ <= log_.end_offset(), "hw {} end {}", high_watermark_, log_.end_offset());
    CHECK(log_.last_epoch() <= epoch(), "log's epoch {} above {}", log_.last_epoch(), epoch());
    CHECK(quorum_state_.epoch == epoch(), "persisted {} is {}", quorum_state_.epoch, epoch());
    CHECK(parked_fetches_.size() <= config_.max_parked_fetches);
    if (const auto* leader = std::get_if<Leader>(&role_)) {
        leader->state.check_invariants();
        CHECK(leader_id() == config_.node_id);
    } else {
        CHECK(parked_fetches_.empty());
        CHECK(!pending_change_);
    }
}

// Steps. -----------------------------------------------------------------------------------------

void Raft::begin(Now now) {
    CHECK(started_);
    CHECK(now.at >= now_.at, "time goes back");
    now_ = now;
    effects_ = {};
    before_ = {epoch(), high_watermark_, quorum_state_};
}

Effects Raft::finish() {
    if (!faulted_) poll();
    check_invariants();
    check_change();
    return std::move(effects_);
}

// Epochs and the high watermark never fall; within an epoch neither the leader nor the vote changes
// once it is known (M1, M3).
void Raft::check_change() const {
    CHECK(epoch() >= before_.epoch, "epoch {} after {}", epoch(), before_.epoch);
    CHECK(high_watermark_ >= before_.high_watermark);
    if (epoch() != before_.epoch) return;
    const QuorumState& old = before_.quorum;
    CHECK(old.leader_id == kNoNode || old.leader_id == leader_id(), "two leaders of epoch {}",
          epoch());
    // A leader's or follower's vote is of no use any more.
    CHECK(!old.voted || leader_id() != kNoNode || old.voted == quorum_state_.voted,
          "two votes in epoch {}", epoch());
}

void Raft::poll() {
    for (bool has_moved = true; has_moved && !faulted_;) {
        const auto role = role_.index();
        const LeaderEpoch old_epoch = epoch();
        next_deadline_ = kNever;
        std::visit([this](auto& each) { poll_role(each); }, role_);
        has_moved = role_.index() != role || epoch() != old_epoch;
    }
    wake_at(connections_.next_change(now_.at));
}

void Raft::poll_role(Unattached& role) {
    const bool votes = may_campaign();
    if (votes && (now_.at >= role.election_deadline || voters().is_only_voter(self()))) {
        become_prospective();
        return;
    }
    fetch_from_bootstrap();
    if (votes) wake_at(role.election_deadline);
}

void Raft::poll_role(Prospective& role) {
    if (role.ballot.is_won()) {
        become_candidate();
    } else if (role.ballot.is_lost() || now_.at >= role.election_deadline) {
        lose_prospects();
    } else {
        ask_for_votes(role.ballot, true);
        wake_at(role.election_deadline);
    }
}

void Raft::poll_role(Candidate& role) {
    if (role.ballot.is_won()) {
        become_leader();
    } else if (role.backoff_until) {
        if (now_.at >= *role.backoff_until) return become_prospective();
        wake_at(*role.backoff_until);
    } else if (role.ballot.is_lost() || now_.at >= role.election_deadline) {
        back_off(role);
        wake_at(*role.backoff_until);
    } else {
        ask_for_votes(role.ballot, false);
        wake_at(role.election_deadline);
    }
}

void Raft::poll_role(Follower& role) {
    const bool timed_out = now_.at >= role.fetch_deadline;
    if (timed_out && may_campaign()) {
        PROBE("a follower's fetches went unanswered");
        become_prospective();
        return;
    }
    if (timed_out) fetch_from_bootstrap();
    fetch_from_leader(role);
    wake_at(role.fetch_deadline);
}

void Raft::poll_role(Leader& role) {
    if (now_.at >= role.state.check_quorum_deadline() && !PLANTED(b15_no_check_quorum)) {
        PROBE("a quorum leader resigned as no majority fetched");
        become_resigned();
        return;
    }
    poll_voter_change();
    send_begin_quorum_epochs(role);
    serve_parked_fetches();
    wake_at(role.state.check_quorum_deadline());
    wake_at(role.state.next_begin());
}

void Raft::poll_role(Resigned& role) {
    if (now_.at >= role.election_deadline || voters().is_only_voter(self())) {
        become_unattached(role.epoch + 1);
        return;
    }
    send_end_quorum_epochs(role);
    wake_at(role.election_deadline);
}

// What is due at or before now has been done, or waits for a connection.
void Raft::wake_at(Instant deadline) {
    if (deadline > now_.at) next_deadline_ = std::min(next_deadline_, deadline);
}

void Raft::fault(std::string message) {
    PROBE("a raft replica stops, as what was committed would change");
    faulted_ = true;
    next_deadline_ = kNever;
    effects_.fault = std::move(message);
}

// What requests and answers share. ----------------------------------------------------------------

bool Raft::is_other_cluster(const std::optional<std::string>& cluster_id) const {
    return cluster_id && *cluster_id != config_.cluster_id;
}

ErrorCode Raft::check_leader_request(LeaderEpoch requested) const {
    if (requested < epoch()) return ErrorCode::fenced_leader_epoch;
    if (requested > epoch()) return ErrorCode::unknown_leader_epoch;
    return is_leader() ? ErrorCode::none : ErrorCode::not_leader_or_follower;
}

// Static voters know one another; those of the log may be ahead of ours (KIP-853).
ErrorCode Raft::check_voter_request(NodeId from, LeaderEpoch their_epoch) const {
    if (their_epoch < epoch()) return ErrorCode::fenced_leader_epoch;
    if (from < NodeId(0)) return ErrorCode::invalid_request;
    const bool is_static = voters_.kraft_version() == 0 && !voters().empty();
    if (is_static && !voters().contains_id(from)) return ErrorCode::inconsistent_voter_set;
    return ErrorCode::none;
}

bool Raft::is_meant_for_us(NodeId id, const Uuid& directory_id) const {
    if (id == kNoNode) return true;  // version 0 does not say
    return same_replica({id, directory_id}, self());
}

bool Raft::learn_from_answer(ErrorCode error, const PeerLeader& peer) {
    if (peer.epoch < epoch() || error == ErrorCode::unknown_leader_epoch) return true;
    const bool is_stale = peer.epoch > epoch() || error == ErrorCode::fenced_leader_epoch ||
                          error == ErrorCode::not_leader_or_follower;
    const bool has_news = peer.leader_id != kNoNode;
    if (is_stale || has_news) learn_leader(peer);
    return is_stale || error != ErrorCode::none;
}

bool Raft::contradicts_leader(NodeId leader, LeaderEpoch their_epoch) const {
    return their_epoch == epoch() && leader != kNoNode && leader_id() != kNoNode &&
           leader != leader_id();
}

std::vector<Endpoint> Raft::endpoints_of(NodeId node) const {
    const Voter* voter = voters().find(node);
    return voter == nullptr ? std::vector<Endpoint>{} : voter->endpoints;
}

std::vector<Endpoint> Raft::leader_endpoints() const {
    if (is_leader())
        return config_.listeners.empty() ? endpoints_of(leader_id()) : config_.listeners;
    if (const auto* follower = std::get_if<Follower>(&role_)) return follower->leader_endpoints;
    if (const auto* role = std::get_if<Prospective>(&role_)) return role->leader_endpoints;
    return endpoints_of(leader_id());
}

}  // namespace gregor::raft
