#include "tests/unit/observers/observed_groups.h"

#include "broker/coordinator/consumer/classic_protocol.h"
#include "broker/coordinator/versioned_bytes.h"

namespace gregor::testing {

using namespace coordinator;

namespace {

GroupConfig config() {
    GroupConfig config;
    config.initial_rebalance_delay_ms = 0;
    config.consumer.session_timeout_ms = kSessionMs;
    return config;
}

}  // namespace

ObservedGroups::ObservedGroups() : world_(config()), judge_([] { return Instant(); }, [] {}) {
    world_.add_topic("orders", 4);
}

template <class Response, class Request>
Response ObservedGroups::ask(Request request) {
    const RequestId id = world_.ask(std::move(request));
    world_.advance(0);
    for (const auto& [answered, answer] : world_.take_answers()) {
        if (answered != id) continue;
        CHECK(answer.has_value());
        return std::get<Response>(*answer);
    }
    return {};
}

std::string ObservedGroups::join_classic(const std::string& instance,
                                         const std::string& member_id) {
    protocol::JoinGroupRequest request{.group_id = kGroup,
                                       .session_timeout_ms = kSessionMs,
                                       .rebalance_timeout_ms = kRebalanceMs,
                                       .member_id = member_id,
                                       .group_instance_id = instance,
                                       .protocol_type = "consumer"};
    protocol::ConsumerProtocolSubscription subscription;
    subscription.topics = {"orders"};
    if (!member_id.empty()) subscription.topics.emplace_back("more");
    request.protocols.push_back({.name = "range", .metadata = encode_versioned(subscription, 1)});
    return ask<protocol::JoinGroupResponse>(
               JoinGroup{.request = request, .version = 5, .client_id = "c", .client_host = "/h"})
        .member_id;
}

void ObservedGroups::sync_classic(const std::string& member_id, const std::string& instance,
                                  std::string_view assignment) {
    protocol::SyncGroupRequest request{
        .group_id = kGroup,
        .generation_id = world_.machine().groups().at(kGroup).generation_id(),
        .member_id = member_id,
        .group_instance_id = instance};
    request.assignments.push_back(
        {.member_id = member_id, .assignment = Bytes::copy_of(assignment)});
    ask<protocol::SyncGroupResponse>(SyncGroup{.request = request});
}

std::int32_t ObservedGroups::beat(const std::string& member_id, std::int32_t epoch,
                                  const std::optional<std::string>& instance,
                                  const std::optional<TopicPartitions>& owned) {
    protocol::ConsumerGroupHeartbeatRequest request{
        .group_id = kGroup, .member_id = member_id, .member_epoch = epoch, .instance_id = instance};
    if (epoch == kJoinEpoch) {
        request.rebalance_timeout_ms = kRebalanceMs;
        request.subscribed_topic_names = {"orders"};
        request.topic_partitions.emplace();
    }
    if (owned) {
        request.topic_partitions =
            to_wire<protocol::ConsumerGroupHeartbeatRequest::TopicPartition>(*owned);
    }
    const auto answer = ask<protocol::ConsumerGroupHeartbeatResponse>(
        ConsumerGroupHeartbeat{.request = request, .version = 1, .client_id = "c"});
    CHECK(answer.error_code == protocol::ErrorCode::none, "{}", answer.error_message.value_or(""));
    return answer.member_epoch;
}

TopicPartitions ObservedGroups::assigned(const std::string& member_id) const {
    return world_.machine().image().find_consumer_group(kGroup)->find_member(member_id)->assigned;
}

void ObservedGroups::fail_over() {
    world_.fail_over();
    shard_.epoch = protocol::LeaderEpoch(shard_.epoch.value() + 1);
}

std::string ObservedGroups::violated() const {
    return judge_.violation() ? judge_.violation()->invariant : "";
}

}  // namespace gregor::testing
