#include "scenarios/applications/join_request.h"

#include "clients/consumer/assignor.h"
#include "clients/consumer/subscription_codec.h"

namespace gregor::scenarios::applications {

namespace {

std::int32_t milliseconds(Duration duration) {
    return static_cast<std::int32_t>(
        std::chrono::floor<std::chrono::milliseconds>(duration).count());
}

}  // namespace

protocol::JoinGroupRequest join_request(const GroupSettings& group, std::string member_id) {
    protocol::JoinGroupRequest request{
        .group_id = group.name,
        .session_timeout_ms = milliseconds(group.session_timeout),
        .rebalance_timeout_ms = milliseconds(group.max_poll_interval),
        .member_id = std::move(member_id),
        .protocol_type = "consumer"};
    consumer::MemberSubscription subscription;
    subscription.topics.emplace_back("t0");
    for (const std::string& name : group.assignors) {
        subscription.user_data = consumer::find_assignor(name)->user_data({}, -1);
        request.protocols.push_back(
            {.name = name, .metadata = consumer::encode_subscription(subscription)});
    }
    return request;
}

}  // namespace gregor::scenarios::applications
