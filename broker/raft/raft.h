// Raft: one replica of the metadata log's quorum as a pure state machine: KRaft (KIP-595), with
// snapshots (KIP-630), voters that change (KIP-853) and pre-votes (KIP-996).
//
// It has no clock, no disk and no fibers. Whatever happens is one call with the time of it; what is
// to be done about it comes back as Effects (effects.h says in which order). The driver's loop:
//
//     Raft raft(config, what the disk says, random);
//     carry_out(raft.start(now));
//     forever:
//         a request has come      carry_out(raft.handle(now, id, request))
//         an answer has come      carry_out(raft.answered(now, id, response))
//         it will never come      carry_out(raft.failed(now, id))
//         the log is synced       carry_out(raft.flushed(now, end offset))
//         next_deadline() is due  carry_out(raft.tick(now))
//         the controller writes   raft.append(now, epoch, batches) -> carry_out, or an error
//         a snapshot was written, fetched, or the log trimmed: see below
//
// Each step handles its event and then does whatever is due (raft.cpp: poll). It is one class, as
// the rules interlock; its files each hold one concern:
//
//     raft.cpp            start, poll, the checks that all requests share
//     transitions.cpp     the roles and what changing them persists and tells
//     elections.cpp       Vote, pre-votes, backing off
//     quorum_epochs.cpp   BeginQuorumEpoch, EndQuorumEpoch, resigning
//     leading.cpp         appends, Fetch as the leader answers it, the high watermark
//     following.cpp       Fetch as a follower asks it, truncation
//     snapshots.cpp       FetchSnapshot on both sides
//     voter_changes.cpp   AddRaftVoter, RemoveRaftVoter, UpdateRaftVoter, raising kraft.version
//     describe.cpp        DescribeQuorum
//     answers.cpp         how responses are made
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "broker/raft/config.h"
#include "broker/raft/connections.h"
#include "broker/raft/control_batches.h"
#include "broker/raft/effects.h"
#include "broker/raft/log_state.h"
#include "broker/raft/roles.h"
#include "broker/raft/voter_history.h"
#include "sim/base/random.h"
#include "sim/base/result.h"

namespace gregor::raft {

class Raft {
public:
    /// `random` outlives it.
    Raft(RaftConfig config, DurableState durable, Random& random);
    Raft(const Raft&) = delete;
    Raft& operator=(const Raft&) = delete;

    // Events. ------------------------------------------------------------------------------------

    /// First, once.
    [[nodiscard]] Effects start(Now now);
    [[nodiscard]] Effects tick(Now now);

    /// Requests of other nodes. Each is answered exactly once, in this step or a later one.
    [[nodiscard]] Effects handle(Now now, RequestId id, const protocol::VoteRequest& request);
    [[nodiscard]] Effects handle(Now now, RequestId id,
                                 const protocol::BeginQuorumEpochRequest& request);
    [[nodiscard]] Effects handle(Now now, RequestId id,
                                 const protocol::EndQuorumEpochRequest& request);
    [[nodiscard]] Effects handle(Now now, RequestId id, const protocol::FetchRequest& request);
    [[nodiscard]] Effects handle(Now now, RequestId id,
                                 const protocol::FetchSnapshotRequest& request);
    [[nodiscard]] Effects handle(Now now, RequestId id,
                                 const protocol::AddRaftVoterRequest& request);
    [[nodiscard]] Effects handle(Now now, RequestId id,
                                 const protocol::RemoveRaftVoterRequest& request);
    [[nodiscard]] Effects handle(Now now, RequestId id,
                                 const protocol::UpdateRaftVoterRequest& request);
    [[nodiscard]] Effects handle(Now now, RequestId id,
                                 const protocol::DescribeQuorumRequest& request);

    /// The answer to a Send; one that is not awaited any more changes nothing.
    [[nodiscard]] Effects answered(Now now, CorrelationId id, const Response& response);
    /// No connection, or it broke, or the answer made no sense.
    [[nodiscard]] Effects failed(Now now, CorrelationId id);

    /// The log is durable below `end_offset`. Speaks of the log as all Effects so far have made it:
    /// a sync that began before a truncation says nothing.
    [[nodiscard]] Effects flushed(Now now, Offset end_offset);

    /// The controller's batches, in `epoch` and from end_offset() on; they are in Effects::append.
    /// NOT_LEADER_OR_FOLLOWER when this node does not lead in `epoch`. They are committed when the
    /// high watermark passes them; when leadership_lost comes first, nobody knows.
    /// With a `kraft_version`, for which there is no find_upgrade_fault(), the quorum's own records
    /// of it follow the batches: kraft.version and the voters (KIP-853).
    [[nodiscard]] Result<Effects, ErrorCode> append(
        Now now, LeaderEpoch epoch, std::span<const Bytes> batches,
        std::optional<std::int16_t> kraft_version = std::nullopt);
    /// Gives up leading in this epoch, and lets a successor take over at once; else nothing.
    [[nodiscard]] Effects resign(Now now, LeaderEpoch epoch);

    /// A snapshot of what is committed below its end was written and is durable.
    [[nodiscard]] Effects snapshot_taken(Now now, const Snapshot& snapshot);
    /// The snapshot whose last chunk was handed out is whole and durable, though not under its
    /// name yet; it says this of voters (add_to() with its last contained offset). nullopt: it is
    /// damaged. When start_log_at does not name it, it is not wanted any more.
    [[nodiscard]] Effects snapshot_fetched(Now now, const OffsetAndEpoch& id,
                                           const std::optional<VoterHistory>& voters);
    /// The driver drops snapshots that end below `start_offset` and records below it: a snapshot's
    /// end, at or below the high watermark.
    [[nodiscard]] Effects log_start_moved(Now now, Offset start_offset);

    // Questions. ---------------------------------------------------------------------------------

    /// When tick() is due; kNever: not before another event.
    [[nodiscard]] Instant next_deadline() const { return next_deadline_; }
    [[nodiscard]] const Role& role() const { return role_; }
    [[nodiscard]] LeaderEpoch epoch() const { return epoch_of(role_); }
    [[nodiscard]] bool is_leader() const { return std::holds_alternative<Leader>(role_); }
    [[nodiscard]] NodeId leader_id() const;
    /// Whether this node is in the voter set that is in force here.
    [[nodiscard]] bool is_voter() const;
    /// Below it everything is committed; 0 when nothing is known yet.
    [[nodiscard]] Offset high_watermark() const { return high_watermark_; }
    [[nodiscard]] Offset end_offset() const { return log_.end_offset(); }
    [[nodiscard]] const LogState& log() const { return log_; }
    [[nodiscard]] const VoterHistory& voter_history() const { return voters_; }
    [[nodiscard]] const VoterSet& voters() const { return voters_.latest(); }
    /// Why this node cannot raise kraft.version to that; nothing: it can, or need not.
    [[nodiscard]] std::optional<std::string> find_upgrade_fault(std::int16_t kraft_version) const;
    /// When this replica last knew that somebody led, itself included: from the leader's answers,
    /// or by having led. The start, if it knew of nobody since.
    [[nodiscard]] Instant leaderless_since() const { return leaderless_since_; }
    /// What is persisted, once the last Effects is.
    [[nodiscard]] const QuorumState& quorum_state() const { return quorum_state_; }
    /// The records that a snapshot ending at `end_offset` begins with, behind its header.
    [[nodiscard]] std::vector<ControlRecord> snapshot_records(Offset end_offset) const;
    [[nodiscard]] const RaftConfig& config() const { return config_; }

    /// Of the state; each step holds itself against it, and against the state before it.
    void check_invariants() const;

private:
    struct PeerLeader {
        NodeId leader_id = kNoNode;
        LeaderEpoch epoch = kNoLeaderEpoch;
        std::vector<Endpoint> endpoints;
        bool is_direct = false;  // the leader itself says so
    };
    struct Sent {
        NodeId node;
        LeaderEpoch epoch;
        OffsetAndEpoch end;  // of this log, then
    };
    struct ParkedFetch {
        protocol::FetchRequest::Partition fetch;
        ReplicaKey replica;
        Instant deadline;
    };
    /// AddRaftVoter or RemoveRaftVoter on its way (one at a time).
    struct PendingChange {
        RequestId request;
        bool is_add = false;
        Voter voter;
        Instant deadline;
        std::optional<CorrelationId> probe;  // ApiVersions to the new voter
        std::optional<Offset> appended_at;   // its voters record
    };
    struct Before {
        LeaderEpoch epoch{0};
        Offset high_watermark{0};
        QuorumState quorum;
    };

    // raft.cpp
    [[nodiscard]] bool may_campaign() const;
    void begin(Now now);
    [[nodiscard]] Effects finish();
    void poll();
    void poll_role(Unattached& role);
    void poll_role(Prospective& role);
    void poll_role(Candidate& role);
    void poll_role(Follower& role);
    void poll_role(Leader& role);
    void poll_role(Resigned& role);
    void wake_at(Instant deadline);
    void check_change() const;
    void fault(std::string message);
    [[nodiscard]] ReplicaKey self() const { return {config_.node_id, config_.directory_id}; }
    [[nodiscard]] bool is_other_cluster(const std::optional<std::string>& cluster_id) const;
    /// FENCED_LEADER_EPOCH, UNKNOWN_LEADER_EPOCH, NOT_LEADER_OR_FOLLOWER, or none.
    [[nodiscard]] ErrorCode check_leader_request(LeaderEpoch epoch) const;
    /// Of a candidate's or a leader's message: FENCED_LEADER_EPOCH, INVALID_REQUEST,
    /// INCONSISTENT_VOTER_SET, or none.
    [[nodiscard]] ErrorCode check_voter_request(NodeId from, LeaderEpoch epoch) const;
    [[nodiscard]] bool is_meant_for_us(NodeId id, const Uuid& directory_id) const;
    /// What every answer says about leader and epoch. True when there is nothing more to it.
    [[nodiscard]] bool learn_from_answer(ErrorCode error, const PeerLeader& peer);
    [[nodiscard]] bool contradicts_leader(NodeId leader_id, LeaderEpoch epoch) const;
    [[nodiscard]] std::vector<Endpoint> endpoints_of(NodeId node) const;
    [[nodiscard]] std::vector<Endpoint> leader_endpoints() const;

    // transitions.cpp
    void transition(Role next);
    void persist_if_changed();
    void stop_leading(LeaderEpoch old_epoch);
    void become_unattached(LeaderEpoch epoch, NodeId leader_id = kNoNode);
    void become_voted(const ReplicaKey& candidate);
    void become_prospective();
    void become_candidate();
    void become_leader();
    void become_follower(LeaderEpoch epoch, NodeId leader_id, std::vector<Endpoint> endpoints);
    void become_resigned();
    void learn_leader(const PeerLeader& peer);
    [[nodiscard]] bool is_news(const PeerLeader& peer) const;
    void note_leader();
    [[nodiscard]] Role initial_role();
    [[nodiscard]] Instant random_deadline();
    [[nodiscard]] Duration patience() const;
    [[nodiscard]] Instant first_deadline();
    [[nodiscard]] Instant remaining_election_deadline();

    // elections.cpp
    [[nodiscard]] protocol::VoteResponse vote(const protocol::VoteRequest& request);
    [[nodiscard]] bool can_grant(const ReplicaKey& candidate, bool up_to_date, bool pre_vote) const;
    void answer(const Sent& sent, const protocol::VoteResponse& response);
    void ask_for_votes(const Ballot& ballot, bool pre_vote);
    void lose_prospects();
    void back_off(Candidate& candidate);

    // quorum_epochs.cpp
    void answer(const Sent& sent, const protocol::BeginQuorumEpochResponse& response);
    void answer(const Sent& sent, const protocol::EndQuorumEpochResponse& response);
    void send_begin_quorum_epochs(Leader& leader);
    void send_end_quorum_epochs(Resigned& resigned);
    [[nodiscard]] protocol::BeginQuorumEpochResponse take_begin(
        const protocol::BeginQuorumEpochRequest& request);
    [[nodiscard]] protocol::EndQuorumEpochResponse take_end(
        const protocol::EndQuorumEpochRequest& request);
    [[nodiscard]] Duration successor_backoff(
        const protocol::EndQuorumEpochRequest::Partition& partition);

    // leading.cpp
    void append_batch(const Bytes& batch, LeaderEpoch epoch, Offset next_offset);
    [[nodiscard]] Offset append_control(const std::vector<ControlRecord>& records);
    void append_leader_change(const std::vector<NodeId>& granted);
    [[nodiscard]] ErrorCode check_fetch(const protocol::FetchRequest& request) const;
    void take_fetch(RequestId id, const protocol::FetchRequest& request);
    [[nodiscard]] bool may_wait(const protocol::FetchRequest::Partition& fetch,
                                const ReplicaKey& replica) const;
    void park(RequestId id, ParkedFetch fetch);
    void answer_fetch(RequestId id, const protocol::FetchRequest::Partition& fetch,
                      const ReplicaKey& replica);
    void serve_parked_fetches();
    void leader_high_watermark_rose();
    void raise_high_watermark(Offset offset);
    [[nodiscard]] protocol::FetchResponse fetch_answer(
        ErrorCode error, protocol::FetchResponse::Partition partition = {}) const;

    // following.cpp
    void answer(const Sent& sent, const protocol::FetchResponse& response);
    void fetch_from_leader(Follower& follower);
    [[nodiscard]] std::vector<Endpoint> bootstrap_servers() const;
    void fetch_from_bootstrap();
    void send_fetch(NodeId node, const Endpoint& endpoint);
    void follow(const protocol::FetchResponse::Partition& partition);
    void truncate_to_shared(const OffsetAndEpoch& shared);
    void append_fetched(const Bytes& records);
    [[nodiscard]] bool append_fetched_batch(const records::BatchView& batch, const Bytes& records);
    void heard_from_leader();

    // snapshots.cpp
    [[nodiscard]] protocol::FetchSnapshotResponse snapshot_answer(
        ErrorCode error, protocol::FetchSnapshotResponse::Partition partition = {}) const;
    void serve_snapshot(RequestId id, const protocol::FetchSnapshotRequest& request);
    void answer(const Sent& sent, const protocol::FetchSnapshotResponse& response);
    void take_snapshot_chunk(Follower& follower,
                             const protocol::FetchSnapshotResponse::Partition& partition);
    void begin_snapshot_fetch(const OffsetAndEpoch& id);
    void send_snapshot_fetch(NodeId node, const Endpoint& endpoint, const SnapshotFetch& fetch);

    // voter_changes.cpp
    struct Refusal {
        ErrorCode error = ErrorCode::none;
        std::string message;
    };
    [[nodiscard]] Refusal check_voter_change() const;
    [[nodiscard]] Refusal check_add(const protocol::AddRaftVoterRequest& request) const;
    [[nodiscard]] Refusal check_remove(const protocol::RemoveRaftVoterRequest& request) const;
    [[nodiscard]] ErrorCode check_update(const protocol::UpdateRaftVoterRequest& request) const;
    [[nodiscard]] protocol::UpdateRaftVoterResponse update_answer(ErrorCode error) const;
    [[nodiscard]] Instant change_deadline(Duration wanted) const;
    void start_change(PendingChange change);
    void answer(const Sent& sent, const protocol::UpdateRaftVoterResponse& response);
    void answer_probe(CorrelationId id, const protocol::ApiVersionsResponse* response);
    [[nodiscard]] Offset append_voters(const VoterSet& voters);
    void voters_changed();
    void poll_voter_change();
    void complete_voter_change(ErrorCode error, std::string message);
    void committed_voters();
    void send_update_voter(Follower& follower, const Endpoint& endpoint);
    [[nodiscard]] bool must_update_voter(const Follower& follower) const;
    void raise_kraft_version(std::int16_t kraft_version);

    // describe.cpp
    [[nodiscard]] protocol::DescribeQuorumResponse describe_quorum(const LeaderState& state) const;

    // answers.h, answers.cpp
    template <class R>
    void reply(RequestId id, R response);
    void send(NodeId node, const Endpoint& endpoint, Request request);
    template <class R>
    void add_leader_endpoint(R& response) const;
    template <class R>
    [[nodiscard]] R partition_answer(ErrorCode error) const;

    RaftConfig config_;
    Random& random_;
    LogState log_;
    VoterHistory voters_;
    Role role_;
    QuorumState quorum_state_;
    Offset high_watermark_{0};
    Connections connections_;
    std::map<CorrelationId, Sent> sent_;
    std::map<RequestId, ParkedFetch> parked_fetches_;
    std::optional<PendingChange> pending_change_;
    std::uint32_t lost_elections_ = 0;
    Instant leaderless_since_{};
    LeaderAndEpoch told_leader_;
    std::optional<LeaderEpoch> established_;
    bool started_ = false;
    bool faulted_ = false;

    // Of the step at hand.
    Now now_;
    Effects effects_;
    Instant next_deadline_ = kNever;
    Before before_;
};

}  // namespace gregor::raft
