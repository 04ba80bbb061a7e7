// GroupCoordinator: groups seen from outside: DescribeGroups, ListGroups (KIP-518, KIP-848),
// DeleteGroups (KIP-229).
#include <algorithm>
#include <cctype>

#include "broker/coordinator/group_coordinator.h"

namespace gregor::coordinator {

using protocol::DeleteGroupsResponse;
using protocol::DescribeGroupsResponse;
using protocol::ErrorCode;
using protocol::ListGroupsResponse;

namespace {

constexpr std::int16_t kFirstWithErrorMessage = 6;
constexpr std::string_view kClassicType = "classic";
/// What an unknown group is in.
constexpr std::string_view kDead = "Dead";

bool equal_ignoring_case(std::string_view a, std::string_view b) {
    return std::ranges::equal(
        a, b, [](unsigned char x, unsigned char y) { return std::tolower(x) == std::tolower(y); });
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
            response.error_message = fmt::format("Group {} not found.", describe.group_id);
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
    step.answer(id, std::move(response));
}

void GroupCoordinator::on(Step& step, RequestId id, const DeleteGroup& request) {
    DeleteGroupsResponse::Result response;
    response.group_id = request.group_id;
    const ClassicGroup* group = find(request.group_id);
    if (group == nullptr) {
        response.error_code = ErrorCode::group_id_not_found;
    } else if (!group->is_in(GroupState::empty)) {
        response.error_code = ErrorCode::non_empty_group;
    } else {
        for (const auto& [key, offset] : image_.offsets_of(request.group_id)) {
            step.write(OffsetCommitRecord{
                .key = {.group = request.group_id, .topic = key.first, .partition = key.second},
                .value = std::nullopt});
        }
        // Applied, it ends the running group, too.
        step.write(GroupMetadataRecord{.key = {.group = request.group_id}, .value = std::nullopt});
    }
    step.answer(id, std::move(response));
}

}  // namespace gregor::coordinator
