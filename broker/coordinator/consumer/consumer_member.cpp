#include "broker/coordinator/consumer/consumer_member.h"

namespace gregor::coordinator {

using Current = protocol::ConsumerGroupCurrentMemberAssignmentValue;

ConsumerMember ConsumerMember::make(const std::string& member_id) {
    ConsumerMember member;
    member.member_id = member_id;
    member.subscription.instance_id.reset();
    member.subscription.rack_id.reset();
    member.subscription.server_assignor.reset();
    return member;
}

void ConsumerMember::move_to(std::int32_t epoch) {
    previous_member_epoch = member_epoch;
    member_epoch = epoch;
}

void ConsumerMember::take_current(const Current& value) {
    member_epoch = value.member_epoch;
    previous_member_epoch = value.previous_member_epoch;
    const bool is_known =
        value.state >= static_cast<std::int8_t>(MemberState::stable) &&
        value.state <= static_cast<std::int8_t>(MemberState::unreleased_partitions);
    state = is_known ? static_cast<MemberState>(value.state) : MemberState::unknown;
    assigned = to_topic_partitions(value.assigned_partitions);
    pending_revocation = to_topic_partitions(value.partitions_pending_revocation);
}

Current ConsumerMember::current() const {
    Current value;
    value.member_epoch = member_epoch;
    value.previous_member_epoch = previous_member_epoch;
    value.state = static_cast<std::int8_t>(state);
    value.assigned_partitions = to_wire<Current::TopicPartitions>(assigned);
    value.partitions_pending_revocation = to_wire<Current::TopicPartitions>(pending_revocation);
    return value;
}

}  // namespace gregor::coordinator
