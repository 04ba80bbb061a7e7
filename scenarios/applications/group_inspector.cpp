#include "scenarios/applications/group_inspector.h"

#include <algorithm>

#include "clients/consumer/subscription_codec.h"

namespace gregor::scenarios::applications {

using client::Error;
using client::TopicPartition;
using protocol::ErrorCode;

namespace {

constexpr std::string_view kStable = "Stable";

}  // namespace

GroupInspector::GroupInspector(const ApplicationContext& context, Runtime& runtime)
    : cluster_(runtime, {.bootstrap_servers = context.workload.brokers,
                         .client_id = "inspector",
                         .retry_backoff = 100ms,
                         .request_timeout = 3s}),
      admin_(cluster_, /*timeout=*/5s) {}

std::string GroupInspector::what_is_wrong(const std::string& group,
                                          const std::vector<const MemberSlot*>& members) {
    const auto description = describe(group);
    if (!description)
        return fmt::format("{} is not described: {}", group, description.error().message);
    if (description->state != kStable) return fmt::format("{} is {}", group, description->state);
    Assignments known;
    for (const MemberSlot* slot : members) {
        if (slot->now == nullptr) continue;
        consumer::Consumer& consumer = **slot->now;
        known[consumer.generation().member_id] = consumer.assignment();
    }
    for (const auto& [id, assigned] : description->assignments) {
        const auto member = known.find(id);
        if (member == known.end()) return fmt::format("{} counts {} as a member", group, id);
        if (member->second != assigned)
            return fmt::format("{} of {} has other partitions", id, group);
    }
    if (known.size() != description->assignments.size()) {
        return fmt::format("{} has {} of {} members", group, description->assignments.size(),
                           known.size());
    }
    const std::string lacks = what_list_lacks(group, *description);
    if (!lacks.empty()) return lacks;
    const auto deleted = admin_.delete_group(group);
    if (deleted) return fmt::format("{} was deleted with its members", group);
    if (deleted.error().code == ErrorCode::non_empty_group) return "";
    return fmt::format("{} is not deleted for another reason: {}", group, deleted.error().message);
}

Result<GroupInspector::Description, Error> GroupInspector::describe(const std::string& group) {
    Description description;
    const auto consumers = TRY(admin_.describe_consumer_group(group));
    if (consumers) {
        description.type = "consumer";
        description.state = consumers->group_state;
        for (const auto& member : consumers->members) {
            std::set<TopicPartition>& assigned = description.assignments[member.member_id];
            for (const auto& topic : member.assignment.topic_partitions) {
                for (const auto partition : topic.partitions) {
                    assigned.insert({topic.topic_name, partition});
                }
            }
        }
        return description;
    }
    const auto classic = TRY(admin_.describe_group(group));
    description.type = "classic";
    description.state = classic.group_state;
    for (const auto& member : classic.members) {
        const auto assigned = consumer::decode_assignment(member.member_assignment);
        if (!assigned) continue;
        description.assignments[member.member_id].insert(assigned->begin(), assigned->end());
    }
    return description;
}

std::string GroupInspector::what_list_lacks(const std::string& group,
                                            const Description& description) {
    const auto groups = admin_.list_groups();
    if (!groups) return fmt::format("groups are not listed: {}", groups.error().message);
    const auto listed =
        std::ranges::find(*groups, group, &protocol::ListGroupsResponse::Group::group_id);
    if (listed == groups->end()) return fmt::format("{} is not listed", group);
    if (listed->group_state != description.state || listed->group_type != description.type ||
        listed->protocol_type != "consumer") {
        return fmt::format("{} is listed as {}, {}, {}", group, listed->group_state,
                           listed->group_type, listed->protocol_type);
    }
    return "";
}

}  // namespace gregor::scenarios::applications
