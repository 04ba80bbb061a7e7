#include "broker/coordinator/consumer/reconciliation.h"

#include "sim/base/planted.h"

namespace gregor::coordinator {
namespace {

/// A member that says nothing may own all that it had.
bool may_own_any(const TopicPartitions& revoked, const std::optional<TopicPartitions>& owned) {
    return !owned || !intersection(revoked, *owned).empty();
}

/// From `epoch`, in which it has what it has.
ConsumerMember step(const ConsumerMember& member, std::int32_t epoch, const Target& target,
                    const TopicPartitions& held_by_others,
                    const std::optional<TopicPartitions>& owned) {
    ConsumerMember next = member;
    next.assigned = intersection(member.assigned, target.partitions);
    const TopicPartitions to_revoke = difference(member.assigned, next.assigned);
    if (!to_revoke.empty() && may_own_any(to_revoke, owned)) {
        next.state = MemberState::unrevoked_partitions;
        next.move_to(epoch);
        next.pending_revocation = to_revoke;
        return next;
    }
    const TopicPartitions wanted = difference(target.partitions, next.assigned);
    const TopicPartitions free =
        PLANTED(assign_before_revoked) ? wanted : difference(wanted, held_by_others);
    add(next.assigned, free);
    next.state = free == wanted ? MemberState::stable : MemberState::unreleased_partitions;
    next.move_to(target.epoch);
    next.pending_revocation.clear();
    return next;
}

}  // namespace

ConsumerMember reconcile(const ConsumerMember& member, const Target& target,
                         const TopicPartitions& held_by_others,
                         const std::optional<TopicPartitions>& owned) {
    switch (member.state) {
        case MemberState::stable:
            if (member.member_epoch == target.epoch) return member;
            return step(member, member.member_epoch, target, held_by_others, owned);
        case MemberState::unrevoked_partitions:
            if (may_own_any(member.pending_revocation, owned)) return member;
            return step(member, member.member_epoch + 1, target, held_by_others, owned);
        case MemberState::unreleased_partitions:
            return step(member, member.member_epoch, target, held_by_others, owned);
        case MemberState::unknown: return step(member, target.epoch, target, held_by_others, owned);
    }
    return member;
}

}  // namespace gregor::coordinator
