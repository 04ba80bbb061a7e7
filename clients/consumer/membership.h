// Membership: a consumer in a classic group, as a state machine. It says what is to be asked of the
// coordinator next and is told what came of it; it never waits. Two sides drive it: the fiber that
// talks to the coordinator (next(), joined(), synced() …), and the application's, in poll(): what
// is given up before a join and what is taken over after one happens there, as listeners expect.
//
//              subscribe                 prepared              JoinGroup
//     idle ──────────────> preparing ──────────────> joining ────────────> assigning (leader)
//       ^                    ^  ^  ^                   ^  ^                    │ assigned
//       │ leave              │  │  │ lost (UNKNOWN_    │  │ try again          v
//     any state              │  │  │ MEMBER_ID, …)     │  └─────────────── syncing
//                            │  │  └───────────────────┴──────────────────────┤
//                            │  └── rebalance ── stable <── adopted ── adopting
//                            └──── polled too late: leaves the group, KIP-62
//
// A member that is preparing, adopting or stable sends heartbeats. What must hold: a member keeps
// what it owns only in the generation that gave it (eager), or until it is told otherwise
// (cooperative); once it is `lost` somebody else may have it. Sources: KIP-62, KIP-134, KIP-345,
// KIP-394, KIP-429, KIP-814.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "broker/protocol/messages/group_membership.h"
#include "clients/consumer/assignor.h"
#include "sim/base/time.h"

namespace gregor::consumer {

struct MembershipOptions {
    std::string group_id;
    std::optional<std::string> group_instance_id;
    Duration session_timeout = 45s;
    Duration heartbeat_interval = 3s;
    Duration max_poll_interval = 5min;
    Duration retry_backoff = 100ms;
};

/// Who the member is in the group; offsets are committed under this name.
struct Generation {
    std::int32_t generation_id = -1;
    std::string member_id;

    friend bool operator==(const Generation&, const Generation&) = default;
};

/// What the driver does next.
struct WaitUntil {
    Instant time;  // or until something happens
};
struct SendJoin {
    protocol::JoinGroupRequest request;
};
/// The member leads: who joined, and the assignor that all of them know.
struct RunAssignor {
    std::string assignor;
    std::vector<protocol::JoinGroupResponse::Member> members;
};
/// The member leads a generation whose assignment is there already (KIP-814): what is it?
struct LearnAssignment {
    std::vector<protocol::JoinGroupResponse::Member> members;
};
struct SendSync {
    protocol::SyncGroupRequest request;
};
struct SendHeartbeat {
    protocol::HeartbeatRequest request;
};
struct SendLeave {
    protocol::LeaveGroupRequest request;
};
using MembershipAction = std::variant<WaitUntil, SendJoin, RunAssignor, LearnAssignment, SendSync,
                                      SendHeartbeat, SendLeave>;

class Membership {
public:
    explicit Membership(MembershipOptions options) : options_(std::move(options)) {}

    // The application's side.

    /// From now on it is a member; joins once it is prepared.
    void subscribe(Instant now);
    /// Leaves the group: a dynamic member says so, a static one does not (KIP-345).
    void unsubscribe();
    /// The application is alive; after max.poll.interval.ms without this the member leaves.
    void polled(Instant now);
    /// Something is to be given up: everything (eager, or all is lost), then prepared() is called.
    [[nodiscard]] bool is_preparing() const;
    /// What it had belongs to nobody or to somebody else already: nothing can be committed.
    [[nodiscard]] bool is_lost() const { return is_lost_; }
    /// The application has given it up.
    void loss_noted() { is_lost_ = false; }
    /// It joins with these, one for each assignor.
    void prepared(Instant now, std::vector<protocol::JoinGroupRequest::Protocol> protocols);
    /// What it was given; nothing while there is nothing to adopt.
    [[nodiscard]] const Bytes* assignment_to_adopt() const;
    void adopted(Instant now);
    /// Joins again as soon as it can: topics have changed, or partitions were given up.
    void request_rejoin(Instant now);
    /// What ends a try to be a member, once: FENCED_INSTANCE_ID, INCONSISTENT_GROUP_PROTOCOL …
    [[nodiscard]] std::optional<protocol::ErrorCode> take_error();

    // The coordinator's side.

    [[nodiscard]] MembershipAction next(Instant now);
    void joined(Instant now, const protocol::JoinGroupResponse& answer);
    /// Nothing, if it was there.
    void assigned(std::vector<protocol::SyncGroupRequest::Assignment> assignments);
    void synced(Instant now, const protocol::SyncGroupResponse& answer);
    /// To a heartbeat, or to a commit of the generation `of`.
    void heartbeat_answered(Instant now, protocol::ErrorCode error, const Generation& of);
    /// A heartbeat that was sent then has found the member in its generation, and no rebalance.
    void counted(Instant sent) { counted_ = sent; }
    void left();
    /// The coordinator has written what this member of its generation sent then, and its followers
    /// have it: no other had replaced it when it wrote.
    void written(Instant sent);
    /// How it says that it leaves.
    [[nodiscard]] protocol::LeaveGroupRequest leave_request() const;
    /// What was asked last has no answer.
    void unanswered(Instant now);

    [[nodiscard]] Generation generation() const { return {generation_id_, member_id_}; }
    [[nodiscard]] bool is_stable() const;
    /// Before then no coordinator gives this member's partitions to anybody else: its session is
    /// not over, and no rebalance has waited for it in vain. A heartbeat alone says less: one that
    /// has been replaced and does not know it answers, too. Another process that takes the member's
    /// group.instance.id, or who removes it, waits for nothing.
    [[nodiscard]] Instant held_until() const { return held_until_; }
    [[nodiscard]] bool is_leader() const { return is_leader_ && is_stable(); }
    /// The assignor of this generation.
    [[nodiscard]] const std::string& assignor() const { return assignor_; }
    [[nodiscard]] std::string_view state_name() const;
    void check_invariants() const;

private:
    struct Idle {};
    struct Preparing {};
    struct Joining {
        Instant not_before;
    };
    struct Assigning {
        std::vector<protocol::JoinGroupResponse::Member> members;
        bool is_there = false;
    };
    struct Syncing {
        std::vector<protocol::SyncGroupRequest::Assignment> assignments;
        Instant not_before;
    };
    struct Adopting {
        Bytes assignment;
    };
    struct Stable {};
    using State = std::variant<Idle, Preparing, Joining, Assigning, Syncing, Adopting, Stable>;

    template <class S>
    [[nodiscard]] bool is() const {
        return std::holds_alternative<S>(state_);
    }
    [[nodiscard]] bool sends_heartbeats() const {
        return is<Preparing>() || is<Adopting>() || is<Stable>();
    }
    /// The generation is no longer this member's.
    void lose(bool keep_member_id);
    void join_after(Instant time) { state_ = Joining{time}; }
    void give_up(Instant now, protocol::ErrorCode error);
    [[nodiscard]] MembershipAction join_or_wait(Instant now) const;
    [[nodiscard]] MembershipAction heartbeat_or_wait(Instant now);

    MembershipOptions options_;
    State state_ = Idle{};
    std::string member_id_;
    std::int32_t generation_id_ = -1;
    std::string assignor_;
    std::vector<protocol::JoinGroupRequest::Protocol> protocols_;
    bool is_leader_ = false;
    bool is_lost_ = false;
    bool wants_rejoin_ = false;
    bool is_leaving_ = false;
    bool is_fenced_ = false;
    bool is_late_ = false;  // left because nobody polled
    Instant next_heartbeat_{};
    Instant last_poll_{};
    std::optional<Instant> counted_;  // by a heartbeat sent then, and no rebalance was on
    Instant held_until_{};
    std::optional<protocol::ErrorCode> error_;
};

}  // namespace gregor::consumer
