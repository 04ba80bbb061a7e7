// ConsumerMembership: a consumer in a group of the consumer protocol (KIP-848), as a state machine.
// One request does all: a heartbeat joins, says what the member subscribes to and what it owns, and
// is answered with its epoch and, when that changes, with what it is to have.
//
//              subscribe               prepared               heartbeat in epoch 0
//     idle ──────────────> preparing ─────────────> joining ───────────────────────> member
//       ^                      ^                                                     │    │ │ leave
//       (-1, static -2)└────────── lost (FENCED_MEMBER_EPOCH, …) ────────────┘    │ assignment
//     any state                                                     adopted: says so at once
//                                                                   in the next heartbeat ──┘
//
// What must hold: the member says that it owns all that the application may still use, or may come
// to use from what it was told already, so what it is to give up goes to nobody else before that
// has happened. Sources: KIP-848, KIP-1082 (its id is its own).
#pragma once

#include <set>

#include "clients/consumer/group_member.h"
#include "sim/base/random.h"

namespace gregor::consumer {

struct ConsumerMembershipOptions {
    std::string group_id;
    std::string member_id;  // for as long as the consumer lives
    std::optional<std::string> group_instance_id;
    std::optional<std::string> rack_id;
    std::optional<std::string> remote_assignor;
    Duration max_poll_interval = 5min;
    Duration retry_backoff = 100ms;
};

/// A random uuid's text (KIP-1082).
[[nodiscard]] std::string new_member_id(Random& random);

class ConsumerMembership final : public GroupMember {
public:
    explicit ConsumerMembership(ConsumerMembershipOptions options) : options_(std::move(options)) {}

    void subscribe(Instant now) override;
    void unsubscribe() override;
    void polled(Instant now) override;
    [[nodiscard]] bool is_preparing() const override { return wants_topics_; }
    [[nodiscard]] bool is_lost() const override { return is_lost_; }
    void loss_noted() override { is_lost_ = false; }
    /// It joins, or goes on, with these topics.
    void prepared(Instant now, const std::set<std::string>& topics);
    [[nodiscard]] std::optional<std::set<TopicPartition>> assignment_to_adopt() const override;
    void adopted(Instant now) override;
    void request_rejoin(Instant now) override;
    [[nodiscard]] std::optional<protocol::ErrorCode> take_error() override;

    [[nodiscard]] MembershipAction next(Instant now) override;
    /// To what next() asked last. `names` are those of the topics in its assignment, as far as they
    /// are known; of others it asks again.
    void answered(Instant now, const protocol::ConsumerGroupHeartbeatResponse& answer,
                  const std::map<protocol::TopicId, std::string>& names);
    void unanswered(Instant now) override;
    void left() override;
    void commit_refused(Instant now, protocol::ErrorCode error, const Generation& of) override;
    [[nodiscard]] std::optional<GroupLeave> last_words() const override;

    [[nodiscard]] Generation generation() const override;
    [[nodiscard]] bool is_stable() const override { return epoch_ > 0 && !to_adopt_; }
    void check_invariants() const;

private:
    using ById = std::map<protocol::TopicId, std::set<protocol::PartitionId>>;
    struct Assignment {
        ById by_id;
        std::set<TopicPartition> by_name;

        friend bool operator==(const Assignment&, const Assignment&) = default;
    };

    [[nodiscard]] bool is_late(Instant now) const;
    [[nodiscard]] protocol::ConsumerGroupHeartbeatRequest heartbeat() const;
    [[nodiscard]] protocol::ConsumerGroupHeartbeatRequest leave_request() const;
    void take(const Assignment& assignment);
    /// The epoch is no longer this member's.
    void lose(Instant now);
    void give_up(Instant now, protocol::ErrorCode error);

    ConsumerMembershipOptions options_;
    bool is_subscribed_ = false;
    bool wants_topics_ = false;
    bool has_topics_ = false;  // it may join
    std::set<std::string> topics_;
    std::int32_t epoch_ = 0;
    bool must_say_all_ = true;
    bool has_news_ = false;                           // that the heartbeat under way does not tell
    Assignment owned_;                                // what the application has
    std::optional<Assignment> to_adopt_;              // what it is busy with
    std::optional<Assignment> newer_;                 // what was told meanwhile
    std::map<protocol::TopicId, std::string> names_;  // that were ever known
    bool is_lost_ = false;
    bool is_leaving_ = false;
    bool is_fenced_ = false;
    bool left_late_ = false;  // because nobody polled
    Instant next_heartbeat_{};
    Instant last_poll_{};
    std::optional<protocol::ErrorCode> error_;
};

}  // namespace gregor::consumer
