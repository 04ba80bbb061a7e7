#include "clients/consumer/member_driver.h"

#include "broker/protocol/messages/group_admin.h"
#include "clients/consumer/metadata_watch.h"
#include "clients/consumer/subscription_codec.h"
#include "sim/base/probe.h"

namespace gregor::consumer {

using client::Error;
using protocol::ErrorCode;

namespace {

/// How much longer than the rebalance itself its answer may take (KAFKA-7610).
constexpr Duration kJoinSlack = 5s;

std::set<std::string> topics_of(const std::vector<MemberSubscription>& members) {
    std::set<std::string> topics;
    for (const MemberSubscription& member : members) {
        topics.insert(member.topics.begin(), member.topics.end());
    }
    return topics;
}

/// Who cannot be understood is assigned nothing.
std::vector<MemberSubscription> read_members(
    const std::vector<protocol::JoinGroupResponse::Member>& members) {
    std::vector<MemberSubscription> subscriptions;
    for (const auto& member : members) {
        auto subscription = decode_subscription(member.metadata).value_or(MemberSubscription());
        subscription.member_id = member.member_id;
        subscription.group_instance_id = member.group_instance_id;
        subscriptions.push_back(std::move(subscription));
    }
    return subscriptions;
}

}  // namespace

void MemberDriver::run() {
    for (;;) {
        const MembershipAction action = state_.membership.next(state_.now());
        std::visit([this](const auto& each) { act(each); }, action);
    }
}

template <class Response, class Request>
Result<Response, Error> MemberDriver::ask(const Request& request, Duration timeout) {
    return state_.coordinator.call<Response>(CoordinatorLink::Channel::membership, request,
                                             deadline_after(state_.now(), timeout));
}

void MemberDriver::act(const WaitUntil& wait) { state_.changed.wait(wait.time); }

void MemberDriver::act(const SendJoin& join) {
    const Duration timeout =
        std::max(state_.config.request_timeout, state_.config.max_poll_interval + kJoinSlack);
    const auto answer = ask<protocol::JoinGroupResponse>(join.request, timeout);
    if (!answer) return unanswered();
    state_.coordinator.note(answer->error_code);
    state_.classic.joined(state_.now(), *answer);
    state_.notify();
}

void MemberDriver::act(const RunAssignor& run) {
    const std::vector<MemberSubscription> members = read_members(run.members);
    const std::set<std::string> topics = topics_of(members);
    const Assignor* const assignor = find_assignor(run.assignor);
    CHECK(assignor != nullptr, "the group chose {}, which no member named", run.assignor);
    PartitionCounts counts;
    if (!topics.empty()) {
        const std::vector<std::string> names(topics.begin(), topics.end());
        const auto metadata = state_.cluster.metadata(
            names, deadline_after(state_.now(), state_.config.request_timeout));
        if (!metadata) return state_.cluster.back_off();
        for (const auto& topic : metadata->topics) {
            if (!topic.name || topic.error_code != ErrorCode::none) continue;
            counts[*topic.name] = static_cast<std::int32_t>(topic.partitions.size());
        }
    }
    std::vector<protocol::SyncGroupRequest::Assignment> assignments;
    for (const auto& [member, partitions] : assignor->assign(counts, members)) {
        assignments.push_back({.member_id = member, .assignment = encode_assignment(partitions)});
    }
    state_.subscription.group_topics = topics;
    state_.subscription.assigned_counts = counts;
    for (const auto& [topic, count] : counts) state_.subscription.counts[topic] = count;
    state_.classic.assigned(std::move(assignments));
}

/// How many partitions each topic had when they were assigned, to notice when it gets more: every
/// assignor assigns all of them.
void MemberDriver::act(const LearnAssignment& learn) {
    const auto answer = ask<protocol::DescribeGroupsResponse>(
        protocol::DescribeGroupsRequest{.groups = {state_.config.group_id}},
        state_.config.request_timeout);
    if (!answer || answer->groups.size() != 1) return state_.cluster.back_off();
    const auto& group = answer->groups.front();
    state_.coordinator.note(group.error_code);
    if (group.error_code != ErrorCode::none) return state_.cluster.back_off();
    PROBE("a leader that has come back asked what its group is assigned");
    PartitionCounts counts;
    for (const auto& member : group.members) {
        const auto assigned = decode_assignment(member.member_assignment);
        for (const auto& [topic, partition] : assigned.value_or(std::vector<TopicPartition>())) {
            counts[topic] = std::max(counts[topic], partition.value() + 1);
        }
    }
    state_.subscription.group_topics = topics_of(read_members(learn.members));
    state_.subscription.assigned_counts = counts_of(counts, state_.subscription.group_topics);
    state_.classic.assigned({});
}

void MemberDriver::act(const SendSync& sync) {
    const Duration timeout =
        std::max(state_.config.request_timeout, state_.config.max_poll_interval + kJoinSlack);
    const auto answer = ask<protocol::SyncGroupResponse>(sync.request, timeout);
    if (!answer) return unanswered();
    state_.coordinator.note(answer->error_code);
    state_.classic.synced(state_.now(), *answer);
    state_.notify();
}

void MemberDriver::act(const SendHeartbeat& heartbeat) {
    // The next one has to come before the session ends.
    const Duration timeout =
        std::min(state_.config.request_timeout, state_.config.session_timeout / 3);
    const auto answer = ask<protocol::HeartbeatResponse>(heartbeat.request, timeout);
    if (!answer) return unanswered();
    state_.coordinator.note(answer->error_code);
    state_.classic.heartbeat_answered(state_.now(), answer->error_code,
                                      {.generation_id = heartbeat.request.generation_id,
                                       .member_id = heartbeat.request.member_id});
    if (answer->error_code != ErrorCode::none) state_.notify();
}

void MemberDriver::act(const SendConsumerHeartbeat& heartbeat) {
    const bool is_leaving = heartbeat.request.member_epoch < 0;
    // Who is not answered has time for another try before its session ends.
    const Duration timeout =
        std::min(state_.config.request_timeout, state_.config.session_timeout / 3);
    const auto answer = ask<protocol::ConsumerGroupHeartbeatResponse>(heartbeat.request, timeout);
    if (is_leaving) {
        state_.membership.left();
        return state_.notify();
    }
    if (!answer) return unanswered();
    state_.coordinator.note(answer->error_code);
    const auto names = names_of(*answer);
    state_.consumer.answered(state_.now(), *answer, names);
    if (answer->error_code != ErrorCode::none || answer->assignment) state_.notify();
}

/// Of the topics that are assigned, as far as the cluster tells them.
std::map<protocol::TopicId, std::string> MemberDriver::names_of(
    const protocol::ConsumerGroupHeartbeatResponse& answer) {
    std::map<protocol::TopicId, std::string> names;
    if (!answer.assignment || answer.assignment->topic_partitions.empty()) return names;
    const std::vector<std::string> topics(state_.subscription.topics.begin(),
                                          state_.subscription.topics.end());
    if (topics.empty()) return names;
    const auto metadata = state_.cluster.metadata(
        topics, deadline_after(state_.now(), state_.config.session_timeout / 3));
    if (!metadata) return names;
    for (const auto& topic : metadata->topics) {
        if (topic.name && topic.error_code == ErrorCode::none) names[topic.topic_id] = *topic.name;
    }
    return names;
}

void MemberDriver::act(const SendLeave& leave) {
    send_leave(state_.coordinator, CoordinatorLink::Channel::membership, leave.request,
               deadline_after(state_.now(), state_.config.request_timeout));
    state_.membership.left();
    state_.notify();
}

void MemberDriver::unanswered() {
    state_.membership.unanswered(state_.now());
    state_.notify();
}

void send_leave(CoordinatorLink& coordinator, CoordinatorLink::Channel channel,
                const GroupLeave& request, Instant deadline) {
    // Whoever is not heard is gone when its session ends.
    if (const auto* const classic = std::get_if<protocol::LeaveGroupRequest>(&request)) {
        const auto answer =
            coordinator.call<protocol::LeaveGroupResponse>(channel, *classic, deadline);
        if (answer) coordinator.note(answer->error_code);
    } else {
        const auto answer = coordinator.call<protocol::ConsumerGroupHeartbeatResponse>(
            channel, std::get<protocol::ConsumerGroupHeartbeatRequest>(request), deadline);
        if (answer) coordinator.note(answer->error_code);
    }
}

}  // namespace gregor::consumer
