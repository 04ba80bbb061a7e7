// ConsumerMember: one member of a consumer group (KIP-848): who it is and what it subscribes to
// (ConsumerGroupMemberMetadataValue), and how far it has come towards its target assignment
// (ConsumerGroupCurrentMemberAssignmentValue).
//
// Its member epoch says which target assignment it has reached; a partition is its own while it is
// in `assigned` or in `pending_revocation`.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "broker/coordinator/consumer/topic_partitions.h"
#include "broker/protocol/messages/consumer_groups.h"
#include "broker/protocol/messages/group_records.h"

namespace gregor::coordinator {

/// Member epochs with a meaning of their own.
inline constexpr std::int32_t kJoinEpoch = 0;
inline constexpr std::int32_t kLeaveEpoch = -1;
/// A static member that will be back (KIP-345).
inline constexpr std::int32_t kLeaveStaticEpoch = -2;

/// Kafka's numbers, as in the record.
enum class MemberState : std::int8_t {
    stable = 0,
    unrevoked_partitions = 1,   // it has not said yet that it gave up what it must
    unreleased_partitions = 2,  // others still hold what it is to have
    unknown = 127,              // of a newer coordinator
};

struct ConsumerMember {
    std::string member_id;
    /// Names sorted, each once; an empty regular expression is none.
    protocol::ConsumerGroupMemberMetadataValue subscription;
    std::int32_t member_epoch = kJoinEpoch;
    std::int32_t previous_member_epoch = -1;
    MemberState state = MemberState::stable;
    TopicPartitions assigned;
    TopicPartitions pending_revocation;

    /// Nobody subscribed to nothing.
    [[nodiscard]] static ConsumerMember make(const std::string& member_id);

    [[nodiscard]] const std::optional<std::string>& instance_id() const {
        return subscription.instance_id;
    }
    /// Empty: none.
    [[nodiscard]] std::string_view regex() const {
        return subscription.subscribed_topic_regex ? *subscription.subscribed_topic_regex
                                                   : std::string_view();
    }
    /// It speaks the classic protocol (JoinGroup) in a consumer group.
    [[nodiscard]] bool is_classic() const {
        return subscription.classic_member_metadata.has_value();
    }
    [[nodiscard]] bool is_reconciled_to(std::int32_t epoch) const {
        return state == MemberState::stable && member_epoch == epoch;
    }
    /// Others wait for what it has yet to give up. Nobody waits for one that is away: what it has
    /// stays its own.
    [[nodiscard]] bool holds_others_up() const {
        return state == MemberState::unrevoked_partitions && member_epoch != kLeaveStaticEpoch;
    }
    /// From this epoch on; the present one becomes the previous one.
    void move_to(std::int32_t epoch);

    void take_current(const protocol::ConsumerGroupCurrentMemberAssignmentValue& value);
    [[nodiscard]] protocol::ConsumerGroupCurrentMemberAssignmentValue current() const;

    friend bool operator==(const ConsumerMember&, const ConsumerMember&) = default;
};

}  // namespace gregor::coordinator
