// GroupCoordinator: groups seen from outside: DescribeGroups, ConsumerGroupDescribe (KIP-848),
// ListGroups (KIP-518, KIP-848), DeleteGroups (KIP-229).
#include <algorithm>
#include <cctype>

#include "broker/coordinator/group_coordinator.h"

namespace gregor::coordinator {

using protocol::ConsumerGroupDescribeResponse;
using protocol::DeleteGroupsResponse;
using protocol::DescribeGroupsResponse;
using protocol::ErrorCode;
using protocol::ListGroupsResponse;

namespace {

constexpr std::int16_t kFirstWithErrorMessage = 6;
constexpr std::string_view kClassicType = "classic";
/// The type, and the protocol type that goes with it.
constexpr std::string_view kConsumerType = "consumer";
/// What an unknown group is in.
constexpr std::string_view kDead = "Dead";

bool equal_ignoring_case(std::string_view a, std::string_view b) {
    return std::ranges::equal(
        a, b, [](unsigned char x, unsigned char y) { return std::tolower(x) == std::tolower(y); });
}

using Assignment = ConsumerGroupDescribeResponse::Assignment;

/// By name, of the topics that are there.
Assignment to_assignment(const TopicPartitions& partitions, const metadata::MetadataImage& image) {
    Assignment assignment;
    for (const auto& [topic_id, numbers] : partitions) {
        const metadata::TopicImage* topic = image.find_topic(topic_id);
        if (topic == nullptr) continue;
        assignment.topic_partitions.push_back({.topic_id = topic_id,
                                               .topic_name = topic->name,
                                               .partitions = {numbers.begin(), numbers.end()}});
    }
    return assignment;
}

ConsumerGroupDescribeResponse::Member describe(const ConsumerMember& member,
                                               const ConsumerGroup& group,
                                               const metadata::MetadataImage& image) {
    constexpr std::int8_t kClassicMember = 0;
    constexpr std::int8_t kConsumerMember = 1;
    const auto& subscription = member.subscription;
    return {.member_id = member.member_id,
            .instance_id = subscription.instance_id,
            .rack_id = subscription.rack_id,
            .member_epoch = member.member_epoch,
            .client_id = subscription.client_id,
            .client_host = subscription.client_host,
            .subscribed_topic_names = subscription.subscribed_topic_names,
            .subscribed_topic_regex = subscription.subscribed_topic_regex,
            .assignment = to_assignment(member.assigned, image),
            .target_assignment = to_assignment(group.target_of(member.member_id), image),
            .member_type = member.is_classic() ? kClassicMember : kConsumerMember};
}

/// No filter lets everything pass.
bool passes(const std::vector<std::string>& filter, std::string_view value) {
    return filter.empty() || std::ranges::any_of(filter, [&](const std::string& each) {
               return equal_ignoring_case(each, value);
           });
}

}  // namespace

void GroupCoordinator::on(Step& step, RequestId id, const DescribeGroup& describe) {
    DescribeGroupsResponse::Group response;
    response.group_id = describe.group_id;
    const ClassicGroup* group = find(describe.group_id);
    if (group == nullptr) {
        response.group_state = kDead;
        if (describe.version >= kFirstWithErrorMessage) {
            response.error_code = ErrorCode::group_id_not_found;
            const bool is_consumer = image_.find_consumer_group(describe.group_id) != nullptr;
            response.error_message =
                fmt::format("Group {} {}", describe.group_id,
                            is_consumer ? "is not a classic group." : "not found.");
        }
        return step.answer(id, std::move(response));
    }
    const bool is_stable = group->is_in(GroupState::stable);
    response.group_state = name(group->state());
    response.protocol_type = group->protocol_type().value_or("");
    if (is_stable) response.protocol_data = group->protocol().value_or("");
    for (const auto& [member_id, member] : group->members()) {
        response.members.push_back(
            {.member_id = member_id,
             .group_instance_id = member.group_instance_id,
             .client_id = member.client_id,
             .client_host = member.client_host,
             .member_metadata = is_stable ? member.metadata(response.protocol_data) : Bytes(),
             .member_assignment = is_stable ? member.assignment : Bytes()});
    }
    step.answer(id, std::move(response));
}

void GroupCoordinator::on(Step& step, RequestId id, const DescribeConsumerGroup& request) {
    ConsumerGroupDescribeResponse::Group response;
    response.group_id = request.group_id;
    const ConsumerGroup* group = image_.find_consumer_group(request.group_id);
    if (group == nullptr) {
        response.error_code = ErrorCode::group_id_not_found;
        return step.answer(id, std::move(response));
    }
    response.group_state = name(group->state());
    response.group_epoch = group->epoch();
    response.assignment_epoch = group->assignment_epoch();
    response.assignor_name = assignor_of(*group).name;
    for (const auto& [member_id, member] : group->members()) {
        response.members.push_back(describe(member, *group, *step.context.image));
    }
    step.answer(id, std::move(response));
}

void GroupCoordinator::on(Step& step, RequestId id, const ListGroups& list) {
    ListGroupsResponse response;
    if (passes(list.request.types_filter, kClassicType)) {
        for (const auto& [group_id, group] : groups_) {
            if (!passes(list.request.states_filter, name(group.state()))) continue;
            response.groups.push_back({.group_id = group_id,
                                       .protocol_type = group.protocol_type().value_or(""),
                                       .group_state = std::string(name(group.state())),
                                       .group_type = std::string(kClassicType)});
        }
    }
    if (passes(list.request.types_filter, kConsumerType)) {
        for (const auto& [group_id, group] : image_.consumer_groups()) {
            if (!passes(list.request.states_filter, name(group.state()))) continue;
            response.groups.push_back({.group_id = group_id,
                                       .protocol_type = std::string(kConsumerType),
                                       .group_state = std::string(name(group.state())),
                                       .group_type = std::string(kConsumerType)});
        }
    }
    step.answer(id, std::move(response));
}

void GroupCoordinator::on(Step& step, RequestId id, const DeleteGroup& request) {
    DeleteGroupsResponse::Result response;
    response.group_id = request.group_id;
    const ClassicGroup* classic = find(request.group_id);
    const ConsumerGroup* consumer = image_.find_consumer_group(request.group_id);
    const bool is_empty = classic != nullptr ? classic->is_in(GroupState::empty)
                                             : consumer != nullptr && consumer->members().empty();
    if (classic == nullptr && consumer == nullptr) {
        response.error_code = ErrorCode::group_id_not_found;
    } else if (!is_empty) {
        response.error_code = ErrorCode::non_empty_group;
    } else {
        for (const auto& [key, offset] : image_.offsets_of(request.group_id)) {
            step.write(OffsetCommitRecord{
                .key = {.group = request.group_id, .topic = key.first, .partition = key.second},
                .value = std::nullopt});
        }
        write_end(step, request.group_id);
    }
    step.answer(id, std::move(response));
}

/// Of the group itself, not of its offsets. Applied, it ends what runs, too.
void GroupCoordinator::write_end(Step& step, const std::string& group_id) const {
    const ConsumerGroup* consumer = image_.find_consumer_group(group_id);
    if (consumer == nullptr) {
        return step.write(GroupMetadataRecord{.key = {.group = group_id}, .value = std::nullopt});
    }
    GroupDraft draft(group_id, consumer, *step.context.image);
    draft.erase();
    step.take(draft);
}

}  // namespace gregor::coordinator
