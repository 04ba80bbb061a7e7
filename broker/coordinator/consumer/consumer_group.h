// ConsumerGroup: one group of the consumer protocol (KIP-848), as its records say: the coordinator
// assigns, and each member goes from its assignment to its target in its own time.
//
//     group epoch         goes up with each change of members, subscriptions or subscribed topics
//     assignment epoch    the group epoch for which the target assignment was made
//     member epoch        the assignment epoch that a member has reached
//
// All of it is in the log: apply() is the only way to change it, and a coordinator that takes over
// goes on where the last one was. Sessions and time limits are the coordinator's own
// (group_coordinator.h).
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "broker/coordinator/consumer/consumer_member.h"
#include "broker/coordinator/group_records.h"

namespace gregor::coordinator {

enum class ConsumerGroupState : std::uint8_t { empty, assigning, reconciling, stable };

/// "Reconciling", as ConsumerGroupDescribe says it.
[[nodiscard]] std::string_view name(ConsumerGroupState state);

/// A subscribed topic, as the group epoch knows it.
struct SubscribedTopic {
    protocol::TopicId id;
    std::int32_t partitions = 0;

    friend bool operator==(const SubscribedTopic&, const SubscribedTopic&) = default;
};
using SubscriptionMetadata = std::map<std::string, SubscribedTopic>;

class ConsumerGroup {
public:
    // What the records say. -----------------------------------------------------------------------
    void apply(const ConsumerGroupMetadataRecord& record);
    void apply(const ConsumerGroupPartitionMetadataRecord& record);
    void apply(const ConsumerGroupMemberMetadataRecord& record);
    void apply(const ConsumerGroupTargetAssignmentMetadataRecord& record);
    void apply(const ConsumerGroupTargetAssignmentMemberRecord& record);
    void apply(const ConsumerGroupCurrentMemberAssignmentRecord& record);
    void apply(const ConsumerGroupRegularExpressionRecord& record);

    // What it is. ---------------------------------------------------------------------------------
    [[nodiscard]] std::int32_t epoch() const { return epoch_; }
    [[nodiscard]] std::int32_t assignment_epoch() const { return assignment_epoch_; }
    [[nodiscard]] ConsumerGroupState state() const;
    [[nodiscard]] const std::map<std::string, ConsumerMember>& members() const { return members_; }
    [[nodiscard]] const ConsumerMember* find_member(const std::string& member_id) const;
    /// nullptr: no static member of that name.
    [[nodiscard]] const ConsumerMember* find_static(const std::string& instance_id) const;
    /// Empty for who has none.
    [[nodiscard]] const TopicPartitions& target_of(const std::string& member_id) const;
    [[nodiscard]] const std::map<std::string, TopicPartitions>& targets() const { return targets_; }
    [[nodiscard]] const SubscriptionMetadata& subscription_metadata() const {
        return subscription_metadata_;
    }
    /// What each regular expression stands for.
    [[nodiscard]] const std::map<std::string, std::set<std::string>>& resolved_regexes() const {
        return resolved_regexes_;
    }
    /// Those that members subscribe to.
    [[nodiscard]] std::set<std::string> subscribed_regexes() const;
    /// Of one member, by name and by regular expression.
    [[nodiscard]] std::set<std::string> topics_of(const ConsumerMember& member) const;
    /// Of any member; there or not.
    [[nodiscard]] std::set<std::string> subscribed_topics() const;
    [[nodiscard]] bool subscribes(const std::string& topic) const;
    /// What others have or have yet to give back.
    [[nodiscard]] TopicPartitions held_by_others(const std::string& member_id) const;
    /// What most members that say so want; of equals the first by name. Nothing: nobody says so.
    [[nodiscard]] std::optional<std::string> preferred_assignor() const;

    /// Of the members, but for `except`, all speak the classic protocol, and there are any.
    [[nodiscard]] bool is_classic_without(const std::set<std::string>& except) const;
    /// Whether all classic members know one of these protocols, too.
    [[nodiscard]] bool accepts_protocols(const std::set<std::string>& names) const;

    /// A member has not reached more than there is. CHECKs.
    void check_invariants(const std::string& group_id) const;

    friend bool operator==(const ConsumerGroup&, const ConsumerGroup&) = default;

private:
    ConsumerMember& member(const std::string& member_id);

    std::int32_t epoch_ = 0;
    std::int32_t assignment_epoch_ = 0;
    std::map<std::string, ConsumerMember> members_;
    std::map<std::string, TopicPartitions> targets_;
    SubscriptionMetadata subscription_metadata_;
    std::map<std::string, std::set<std::string>> resolved_regexes_;
};

}  // namespace gregor::coordinator
