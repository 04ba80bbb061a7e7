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
#include "clients/consumer/group_member.h"
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

class Membership final : public GroupMember {
public:
    explicit Membership(MembershipOptions options) : options_(std::move(options)) {}

    // The application's side.

    void subscribe(Instant now) override;
    /// A dynamic member says that it leaves, a static one does not (KIP-345).
    void unsubscribe() override;
    void polled(Instant now) override;
    /// Something is to be given up: everything (eager, or all is lost), then prepared() is called.
    [[nodiscard]] bool is_preparing() const override;
    [[nodiscard]] bool is_lost() const override { return is_lost_; }
    void loss_noted() override { is_lost_ = false; }
    /// It joins with these, one for each assignor.
    void prepared(Instant now, std::vector<protocol::JoinGroupRequest::Protocol> protocols);
    [[nodiscard]] std::optional<std::set<TopicPartition>> assignment_to_adopt() const override;
    void adopted(Instant now) override;
    /// Joins again as soon as it can: topics have changed, or partitions were given up.
    void request_rejoin(Instant now) override;
    /// FENCED_INSTANCE_ID, INCONSISTENT_GROUP_PROTOCOL …
    [[nodiscard]] std::optional<protocol::ErrorCode> take_error() override;

    // The coordinator's side.

    [[nodiscard]] MembershipAction next(Instant now) override;
    void joined(Instant now, const protocol::JoinGroupResponse& answer);
    /// Nothing, if it was there.
    void assigned(std::vector<protocol::SyncGroupRequest::Assignment> assignments);
    void synced(Instant now, const protocol::SyncGroupResponse& answer);
    /// To a heartbeat, or to a commit of the generation `of`.
    void heartbeat_answered(Instant now, protocol::ErrorCode error, const Generation& of);
    void commit_refused(Instant now, protocol::ErrorCode error, const Generation& of) override {
        heartbeat_answered(now, error, of);
    }
    void left() override;
    /// How it says that it leaves.
    [[nodiscard]] protocol::LeaveGroupRequest leave_request() const;
    [[nodiscard]] std::optional<GroupLeave> last_words() const override;
    void unanswered(Instant now) override;

    [[nodiscard]] Generation generation() const override { return {generation_id_, member_id_}; }
    [[nodiscard]] bool is_stable() const override;
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
    std::optional<protocol::ErrorCode> error_;
};

}  // namespace gregor::consumer
