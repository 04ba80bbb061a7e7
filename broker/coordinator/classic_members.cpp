// GroupCoordinator: members of the classic protocol in a consumer group (KIP-848): each JoinGroup
// is answered at once with what the member may keep, SyncGroup tells it, and a heartbeat says when
// it is to join again: the group epoch takes the place of the generation.
#include <algorithm>

#include "broker/coordinator/consumer/classic_protocol.h"
#include "broker/coordinator/group_coordinator.h"
#include "sim/base/probe.h"

namespace gregor::coordinator {

using protocol::ErrorCode;
using protocol::JoinGroupResponse;
using protocol::SyncGroupResponse;

namespace {

constexpr std::int16_t kFirstWithRebalanceTimeout = 1;
constexpr std::int16_t kFirstThatNeedsMemberId = 4;

const std::string& first_protocol(const ConsumerMember& member) {
    return member.subscription.classic_member_metadata->supported_protocols.front().name;
}

std::set<std::string> names_of(const protocol::JoinGroupRequest& request) {
    std::set<std::string> names;
    for (const auto& each : request.protocols) names.insert(each.name);
    return names;
}

void update(const JoinGroup& join, const protocol::ConsumerProtocolSubscription& said,
            ConsumerMember& member) {
    const auto& request = join.request;
    auto& subscription = member.subscription;
    if (request.group_instance_id) subscription.instance_id = request.group_instance_id;
    if (said.rack_id) subscription.rack_id = said.rack_id;
    subscription.rebalance_timeout_ms = join.version >= kFirstWithRebalanceTimeout
                                            ? request.rebalance_timeout_ms
                                            : request.session_timeout_ms;
    const std::set<std::string> topics(said.topics.begin(), said.topics.end());
    subscription.subscribed_topic_names.assign(topics.begin(), topics.end());
    subscription.subscribed_topic_regex = "";
    subscription.client_id = join.client_id;
    subscription.client_host = join.client_host;
    auto& metadata = subscription.classic_member_metadata;
    metadata = protocol::ConsumerGroupMemberMetadataValue::ClassicMemberMetadata{};
    auto& classic = *metadata;
    classic.session_timeout_ms = request.session_timeout_ms;
    for (const auto& each : request.protocols) {
        classic.supported_protocols.push_back({.name = each.name, .metadata = each.metadata});
    }
}

}  // namespace

// JoinGroup. --------------------------------------------------------------------------------------

void GroupCoordinator::join_consumer_group(Step& step, RequestId id, const JoinGroup& join,
                                           const ConsumerGroup& group) {
    const auto& request = join.request;
    const auto refuse = [&](ErrorCode error) {
        step.answer(id, refuse_join(request.member_id, error));
    };
    const bool is_new = request.member_id.empty();
    const auto max_size = static_cast<std::size_t>(config_.consumer.max_size);
    if (group.members().size() >= max_size && group.find_member(request.member_id) == nullptr) {
        return refuse(ErrorCode::group_max_size_reached);
    }
    std::optional<protocol::ConsumerProtocolSubscription> said;
    if (!request.protocols.empty()) said = read_subscription(request.protocols.front().metadata);
    if (request.protocol_type != "consumer" || !said ||
        !group.accepts_protocols(names_of(request))) {
        return refuse(ErrorCode::inconsistent_group_protocol);
    }
    const auto owned = owned_partitions(*said, *step.context.image);
    const bool is_dynamic = !request.group_instance_id.has_value();
    if (is_dynamic && !is_new && !owned.empty() &&
        group.find_member(request.member_id) == nullptr) {
        // It does not know that it was put out, and others may have what it owned.
        PROBE("a classic member that a consumer group had put out wanted to go on");
        return refuse(ErrorCode::unknown_member_id);
    }
    const std::string member_id = is_new ? new_consumer_member_id() : request.member_id;
    if (is_new && is_dynamic && join.version >= kFirstThatNeedsMemberId) {
        return step.answer(id, refuse_join(member_id, ErrorCode::member_id_required));
    }
    GroupDraft draft(request.group_id, &group, *step.context.image);
    const auto before = join_as(draft, request, member_id);
    if (!before) return refuse(before.error());
    ConsumerMember member = *before;
    update(join, *said, member);
    const bool changes_topics = draft.subscribe(member);
    // The last member of the consumer protocol may have come back as a classic one.
    const bool is_downgrade = !before->is_classic() && request.group_instance_id.has_value() &&
                              may_downgrade(draft.group(), {});
    renew_and_assign(step, draft, changes_topics);
    draft.reconcile(member_id, owned);
    const ConsumerMember now = *draft.group().find_member(member_id);
    JoinGroupResponse response;
    response.generation_id = now.member_epoch;
    response.protocol_type = "consumer";
    response.protocol_name = first_protocol(now);
    response.member_id = member_id;
    step.answer(id, std::move(response));
    if (is_downgrade) return downgrade(step, draft, {});
    step.take(draft);
    timers_.cancel({TimerKind::consumer_join, request.group_id, member_id});
    renew_consumer_session(step, request.group_id, now);
    timers_.set({TimerKind::consumer_sync, request.group_id, member_id},
                step.context.now_ms + now.subscription.rebalance_timeout_ms);
}

/// Who joins is known, new, or the next incarnation of a static member.
Result<ConsumerMember, ErrorCode> GroupCoordinator::join_as(
    GroupDraft& draft, const protocol::JoinGroupRequest& request, const std::string& member_id) {
    const auto& instance_id = request.group_instance_id;
    if (!instance_id) {
        const ConsumerMember* known = draft.group().find_member(member_id);
        return known == nullptr ? ConsumerMember::make(member_id) : *known;
    }
    const ConsumerMember* known = draft.group().find_static(*instance_id);
    if (!request.member_id.empty()) {
        const auto checked = check_static(known, *instance_id, member_id);
        if (!checked) return fail(checked.error().code);
        return *known;
    }
    if (known == nullptr) return ConsumerMember::make(member_id);
    PROBE("a static member came back as a classic one");
    const std::string old_id = known->member_id;
    ConsumerMember member = *known;
    member.member_id = member_id;
    member.member_epoch = kJoinEpoch;
    member.previous_member_epoch = kJoinEpoch;
    draft.replace(old_id, member);
    return member;
}

// SyncGroup, Heartbeat, LeaveGroup. ---------------------------------------------------------------

/// The member, if it is classic, who it says and in the epoch that it says.
Result<const ConsumerMember*, ErrorCode> GroupCoordinator::find_classic(
    const ConsumerGroup& group, const std::string& member_id,
    const std::optional<std::string>& instance_id, std::int32_t generation_id) {
    const ConsumerMember* member = group.find_member(member_id);
    if (instance_id) {
        const ConsumerMember* known = group.find_static(*instance_id);
        const auto checked = check_static(known, *instance_id, member_id);
        if (!checked) return fail(checked.error().code);
        member = known;
    }
    if (member == nullptr || !member->is_classic()) return fail(ErrorCode::unknown_member_id);
    if (generation_id != member->member_epoch) return fail(ErrorCode::illegal_generation);
    return member;
}

SyncGroupResponse GroupCoordinator::sync_consumer_group(Step& step,
                                                        const protocol::SyncGroupRequest& request,
                                                        const ConsumerGroup& group) {
    const auto found =
        find_classic(group, request.member_id, request.group_instance_id, request.generation_id);
    if (!found) return SyncGroupResponse{.error_code = found.error()};
    const ConsumerMember& member = **found;
    const std::string& protocol = first_protocol(member);
    if ((request.protocol_type && *request.protocol_type != "consumer") ||
        (request.protocol_name && *request.protocol_name != protocol)) {
        return SyncGroupResponse{.error_code = ErrorCode::inconsistent_group_protocol};
    }
    const bool is_behind =
        group.epoch() > member.member_epoch && member.state != MemberState::unrevoked_partitions;
    if (is_behind) {
        expect_join(step, request.group_id, member);
        return SyncGroupResponse{.error_code = ErrorCode::rebalance_in_progress};
    }
    timers_.cancel({TimerKind::consumer_sync, request.group_id, member.member_id});
    renew_consumer_session(step, request.group_id, member);
    SyncGroupResponse response;
    response.protocol_type = "consumer";
    response.protocol_name = protocol;
    const auto& protocols = member.subscription.classic_member_metadata->supported_protocols;
    response.assignment =
        write_assignment(member.assigned, protocols.front().metadata, *step.context.image);
    return response;
}

ErrorCode GroupCoordinator::beat_in_consumer_group(Step& step,
                                                   const protocol::HeartbeatRequest& request,
                                                   const ConsumerGroup& group) {
    const auto found =
        find_classic(group, request.member_id, request.group_instance_id, request.generation_id);
    if (!found) return found.error();
    const ConsumerMember& member = **found;
    renew_consumer_session(step, request.group_id, member);
    const TopicPartitions missing = difference(group.target_of(member.member_id), member.assigned);
    const bool can_have_more =
        member.state == MemberState::unreleased_partitions &&
        intersection(missing, group.held_by_others(member.member_id)).empty();
    const bool must_join = member.member_epoch < group.epoch() ||
                           member.state == MemberState::unrevoked_partitions || can_have_more;
    if (!must_join) return ErrorCode::none;
    expect_join(step, request.group_id, member);
    return ErrorCode::rebalance_in_progress;
}

/// Told to join again, it has its rebalance timeout for that.
void GroupCoordinator::expect_join(Step& step, const std::string& group_id,
                                   const ConsumerMember& member) {
    const TimerKey key{TimerKind::consumer_join, group_id, member.member_id};
    if (timers_.deadline(key)) return;
    timers_.set(key, step.context.now_ms + member.subscription.rebalance_timeout_ms);
}

protocol::LeaveGroupResponse GroupCoordinator::leave_as_classic(
    Step& step, const protocol::LeaveGroupRequest& request, const ConsumerGroup& group) {
    protocol::LeaveGroupResponse response;
    std::set<std::string> leaving;
    for (const auto& leaver : request.members) {
        const bool is_by_name = leaver.group_instance_id && leaver.member_id.empty();
        const ConsumerMember* member = leaver.group_instance_id
                                           ? group.find_static(*leaver.group_instance_id)
                                           : group.find_member(leaver.member_id);
        ErrorCode error = ErrorCode::none;
        if (member == nullptr || (!is_by_name && !member->is_classic())) {
            error = ErrorCode::unknown_member_id;
        } else if (!is_by_name && member->member_id != leaver.member_id) {
            error = ErrorCode::fenced_instance_id;
        } else {
            leaving.insert(member->member_id);
        }
        response.members.push_back({.member_id = leaver.member_id,
                                    .group_instance_id = leaver.group_instance_id,
                                    .error_code = error});
    }
    if (leaving.empty()) return response;
    GroupDraft draft(request.group_id, &group, *step.context.image);
    remove_from(step, draft, leaving);
    return response;
}

}  // namespace gregor::coordinator
