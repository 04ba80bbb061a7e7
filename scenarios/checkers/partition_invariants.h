// PartitionInvariants: one partition's replicas, held against each other, against what was
// committed and against what they were.
//
// By id: R1 a leader of a later epoch lacks what was committed; R2 a member of the ISR or ELR does,
// a step before; R3 a replica differs from it below its own high watermark; R4 a leader counts on
// fewer replicas than could be elected; R5 a leader raises its high watermark without them, or
// counts what a follower told in another epoch than its own, which comes before; R6 a follower's is
// above its leader's or its own log, or rises before that log is known to be its leader's; R11 two
// leaders in one epoch. Of each replica: L2 epochs fall along the log; L3 marks out of order; L4
// the epoch cache contradicts the log; L5, L6 the high watermark or the log's start falls; L7 bytes
// change; L8 a sealed segment is not synced; L9 the broker's producers are not what the log says;
// C7 retention takes what is not due. V2 a leader goes on counting on a follower that lags. R12 one
// takes what wants acks=all, as idempotent producers do, while it counts on too few.
//
// replica_invariants.cpp: each replica by itself.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "scenarios/checkers/cluster_view.h"
#include "scenarios/checkers/committed_log.h"
#include "scenarios/checkers/follower_reach.h"
#include "scenarios/checkers/lagging_followers.h"
#include "scenarios/checkers/producer_fold.h"
#include "scenarios/judge.h"

namespace gregor::scenarios {

/// When a topic's oldest segments go; a negative number: never for this reason.
struct Retention {
    std::int64_t ms = -1;     // retention.ms
    std::int64_t bytes = -1;  // retention.bytes
};

/// What the controller has committed, as of the newest image.
struct PartitionContext {
    const metadata::PartitionState* state = nullptr;  // none: deleted, or not known yet
    bool is_elr_enabled = false;
    bool unclean_elections = false;
    /// Nothing: records are deleted by request, too.
    std::optional<Retention> retention;
    /// For how long a leader may count on a follower that lags without asking for a smaller isr;
    /// zero: for ever.
    Duration lag_bound{};
    Instant now{};
    /// Producers that are idle are forgotten within the run.
    bool do_producers_expire = false;
};

class PartitionInvariants {
public:
    PartitionInvariants(Judge& judge, std::string name) : judge_(judge), name_(std::move(name)) {}

    void check(const PartitionView& view, PartitionContext context);
    /// Where what is committed ends; nothing once a loss of it was excused.
    [[nodiscard]] std::optional<Offset> committed_end() const {
        if (excused_after_ || bound_from_ != LeaderEpoch(0)) return std::nullopt;
        return committed_.true_high_watermark();
    }
    /// This replica's log may have lost anything that was not synced.
    void lost_data(NodeId node) { suspects_.insert(node); }
    /// Also before its new process has any replica to be seen.
    void restarted(NodeId node) { restarted_.insert(node); }

private:
    /// A replica as it was, in one run of its process.
    struct Known {
        std::uint64_t start = 0;
        ReplicaStanding before;
        Agreement agreement;  // with the committed log
        ProducerFold producers;
        LaggingFollowers lagging;
        std::size_t checked = 0;
    };

    Known& known_of(NodeId node, const ReplicaView& replica);
    void check_log(NodeId node, const ReplicaView& replica, Known& known);
    void check_epochs(NodeId node, const ReplicaView& replica, std::size_t from);
    void check_producers(NodeId node, const ReplicaView& replica, Known& known, bool may_forget);
    void check_retention(NodeId node, const ReplicaView& replica,
                         const std::optional<Retention>& retention);
    [[nodiscard]] bool is_due(const ReplicaView& replica, const Retention& retention) const;
    void check_own_epoch(NodeId node, const ReplicaView& replica);
    void check_marks(NodeId node, const ReplicaView& replica, const Known& known);
    void check_lag(NodeId node, const ReplicaView& replica, Known& known,
                   const PartitionContext& context);
    void check_counted(NodeId node, const ReplicaView& replica);
    void check_raise(NodeId node, const ReplicaView& replica, const ReplicaStanding& before);
    void check_appends(NodeId node, const ReplicaView& replica, const ReplicaStanding& before);
    void check_leader(NodeId node, const ReplicaView& replica, Known& known,
                      const PartitionContext& context);
    void check_quorum(NodeId node, const ReplicaView& replica, const PartitionContext& context);
    void check_follower(NodeId node, const ReplicaView& replica, Known& known);
    void check_candidates(const PartitionView& view, const PartitionContext& context);
    void check_candidate(NodeId node, const ReplicaView& replica,
                         const metadata::PartitionState& state);
    [[nodiscard]] bool is_bound(const ReplicaStanding& replica) const;
    void note_unclean_election(const PartitionContext& context);
    void weigh_losses(const PartitionView& view, const PartitionContext& context);
    [[nodiscard]] std::size_t not_trusted() const;
    void start_over(LeaderEpoch epoch);

    Judge& judge_;
    std::string name_;
    CommittedLog committed_;
    Offset freed_{0};  // what retention was right to take ends here
    EverWritten written_;
    FollowerReach reach_;
    std::map<NodeId, Known> known_;
    std::map<LeaderEpoch, NodeId> leaders_;
    LeaderEpoch committed_in_{0};  // the latest leader that has shown something new
    LeaderEpoch unclean_from_{0};  // unclean elections before are known
    std::size_t min_isr_ = 1;
    std::set<NodeId> suspects_;   // may have lost what they had
    std::set<NodeId> restarted_;  // and were not seen since to have all that is committed
    /// Whoever leads in a later epoch may have lost what was committed.
    std::optional<LeaderEpoch> excused_after_;
    /// Replicas are bound by what leaders of this epoch and later ones show.
    LeaderEpoch bound_from_{0};
};

}  // namespace gregor::scenarios
