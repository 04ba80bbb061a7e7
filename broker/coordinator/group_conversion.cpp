// GroupCoordinator: a group changes its protocol while it runs (KIP-848,
// group.consumer.migration.policy).
//
//     classic ──a member of the consumer protocol joins──> consumer    (upgrade)
//     consumer ──the last such member is gone, classic ones are left──> classic    (downgrade)
//
// Upward, what the last generation gave each member is what it owns and its target, and the
// generation is the epoch; who waits is told to join again. What a cooperative member owned when it
// joined last, and is not to have, it has yet to give up. Downward, what each member has is its
// assignment, the epoch the generation, and a rebalance begins once that is committed; a
// coordinator that takes over before knows by the missing leader that one is due.
#include <algorithm>

#include "broker/coordinator/consumer/classic_protocol.h"
#include "broker/coordinator/group_coordinator.h"
#include "sim/base/planted.h"
#include "sim/base/probe.h"

namespace gregor::coordinator {

using protocol::ErrorCode;

namespace {

using ClassicMetadata = protocol::ConsumerGroupMemberMetadataValue::ClassicMemberMetadata;

/// Nothing if what it says cannot be read.
std::optional<ConsumerMember> to_consumer(const ClassicMember& member, const ClassicGroup& group,
                                          const metadata::MetadataImage& image) {
    // Before the first generation there is no choice yet; all say the same.
    const std::string protocol =
        group.protocol().value_or(member.protocols.empty() ? "" : member.protocols.front().name);
    const auto subscription = read_subscription(member.metadata(protocol));
    const auto assigned = read_assignment(member.assignment, image);
    if (!subscription || !assigned) return std::nullopt;
    ConsumerMember made = ConsumerMember::make(member.member_id);
    made.subscription.instance_id = member.group_instance_id;
    made.subscription.rack_id = subscription->rack_id;
    made.subscription.client_id = member.client_id;
    made.subscription.client_host = member.client_host;
    made.subscription.subscribed_topic_names = subscription->topics;
    std::ranges::sort(made.subscription.subscribed_topic_names);
    made.subscription.rebalance_timeout_ms = member.rebalance_timeout_ms;
    made.subscription.classic_member_metadata = ClassicMetadata{};
    ClassicMetadata& classic = *made.subscription.classic_member_metadata;
    classic.session_timeout_ms = member.session_timeout_ms;
    for (const auto& each : member.protocols) {
        classic.supported_protocols.push_back({.name = each.name, .metadata = each.metadata});
    }
    made.member_epoch = group.generation_id();
    made.previous_member_epoch = group.generation_id();
    if (!PLANTED(upgrade_forgets_assignment)) made.assigned = *assigned;
    if (!PLANTED(upgrade_forgets_revocation)) {
        made.pending_revocation = owned_partitions(*subscription, image);
    }
    return made;
}

ClassicMember to_classic(const ConsumerMember& member) {
    const auto& subscription = member.subscription;
    const ClassicMetadata& classic = *subscription.classic_member_metadata;
    ClassicMember made{.member_id = member.member_id,
                       .group_instance_id = subscription.instance_id,
                       .client_id = subscription.client_id,
                       .client_host = subscription.client_host,
                       .rebalance_timeout_ms = subscription.rebalance_timeout_ms,
                       .session_timeout_ms = classic.session_timeout_ms};
    for (const auto& each : classic.supported_protocols) {
        made.protocols.push_back({.name = each.name, .metadata = each.metadata});
    }
    return made;
}

/// A partition that two members say is theirs stays with the first: a leader may assign what it
/// likes. What nobody is to have and somebody may still own is not free before that one has joined
/// again without it (KIP-429).
void keep_once(std::vector<ConsumerMember>& members) {
    TopicPartitions taken;
    for (ConsumerMember& member : members) {
        member.assigned = difference(member.assigned, taken);
        add(taken, member.assigned);
    }
    for (ConsumerMember& member : members) {
        member.pending_revocation = difference(member.pending_revocation, taken);
        add(taken, member.pending_revocation);
        if (member.pending_revocation.empty()) continue;
        PROBE("a group was upgraded while a member had yet to give partitions up");
        member.state = MemberState::unrevoked_partitions;
    }
}

}  // namespace

// Upgrade. ----------------------------------------------------------------------------------------

/// The members as they would be in a consumer group; nothing: it stays classic.
std::optional<std::vector<ConsumerMember>> GroupCoordinator::upgraded(
    const Step& step, const ClassicGroup& group) const {
    const auto max_size = static_cast<std::size_t>(config_.consumer.max_size);
    if (!config_.consumer.may_upgrade() || !group.uses_consumer_protocol() ||
        group.members().size() > max_size) {
        return std::nullopt;
    }
    std::vector<ConsumerMember> members;
    for (const auto& [id, member] : group.members()) {
        auto made = to_consumer(member, group, *step.context.image);
        if (!made) return std::nullopt;
        members.push_back(*std::move(made));
    }
    keep_once(members);
    return members;
}

void GroupCoordinator::upgrade(Step& step, GroupDraft& draft, ClassicGroup& group,
                               const std::vector<ConsumerMember>& members) {
    PROBE("a classic group became a consumer group");
    for (auto& [id, member] : group.members()) {
        // Where it stays classic all the same, as nothing can be written.
        renew_session(step, group, member);
        if (member.awaiting_join) {
            step.answer(*member.awaiting_join, refuse_join(id, ErrorCode::rebalance_in_progress));
            member.awaiting_join.reset();
        }
        if (member.awaiting_sync) {
            step.answer(*member.awaiting_sync, protocol::SyncGroupResponse{
                                                   .error_code = ErrorCode::rebalance_in_progress});
            member.awaiting_sync.reset();
        }
    }
    draft.found(group.generation_id(), members);
    for (const ConsumerMember& member : members) {
        renew_consumer_session(step, group.group_id(), member);
    }
}

// Downgrade. --------------------------------------------------------------------------------------

bool GroupCoordinator::may_downgrade(const ConsumerGroup& group,
                                     const std::set<std::string>& leaving) const {
    const std::size_t left = group.members().size() - leaving.size();
    return config_.consumer.may_downgrade() && group.is_classic_without(leaving) &&
           left <= static_cast<std::size_t>(config_.max_size);
}

void GroupCoordinator::downgrade(Step& step, GroupDraft& draft,
                                 const std::set<std::string>& leaving) {
    PROBE("a consumer group became a classic group");
    const ConsumerGroup group = draft.group();
    ClassicGroup classic(draft.group_id(), step.context.wall_ms);
    std::map<std::string, Bytes> assignments;
    for (const auto& [id, member] : group.members()) {
        if (leaving.contains(id)) continue;
        const ClassicMember& made = classic.add(to_classic(member), "consumer");
        // Of its target some may still be others'.
        assignments[id] =
            write_assignment(member.assigned, made.protocols.front().metadata, *step.context.image);
    }
    classic.continue_from(group.epoch(), step.context.wall_ms);
    draft.erase();
    step.take(draft);
    GroupMetadataRecord record{.key = {.group = draft.group_id()},
                               .value = classic.to_value(assignments)};
    record.value->leader.reset();
    step.write(record);
    step.outcome.append = next_append_++;
    storing_.emplace(*step.outcome.append, StoringDowngrade{draft.group_id()});
}

/// It runs as it was written (see follow()); committed or not, its members have to be heard of now.
/// One of them may have begun the rebalance already.
void GroupCoordinator::stored(Step& step, const StoringDowngrade& storing, ErrorCode) {
    ClassicGroup* group = find(storing.group_id);
    if (group == nullptr) return;
    for (const auto& [id, member] : group->members()) {
        const bool waits = member.awaiting_join || member.awaiting_sync;
        if (!waits) renew_session(step, *group, member);
    }
    const bool is_due = group->is_in(GroupState::stable);
    if (is_due && !PLANTED(downgrade_without_rebalance)) prepare_rebalance(step, *group);
    group->check_invariants();
}

}  // namespace gregor::coordinator
