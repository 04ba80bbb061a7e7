// GroupCoordinator: ConsumerGroupHeartbeat (KIP-848): a member joins, says what it subscribes to
// and what it owns, and is told what to own. What it changes is worked out on a draft of the group.
#include <algorithm>

#include "broker/coordinator/consumer/classic_protocol.h"
#include "broker/coordinator/consumer/topic_regex.h"
#include "broker/coordinator/group_coordinator.h"
#include "sim/base/planted.h"
#include "sim/base/probe.h"

namespace gregor::coordinator {

using protocol::ConsumerGroupHeartbeatRequest;
using protocol::ConsumerGroupHeartbeatResponse;
using protocol::ErrorCode;

namespace {

using Assignment = ConsumerGroupHeartbeatResponse::Assignment;

/// From here on the member makes its id itself (KIP-1082).
constexpr std::int16_t kFirstWithOwnMemberId = 1;
/// Records have room for 32767 bytes of each.
constexpr std::size_t kMaxBytes = 32'000;

std::unexpected<GroupError> invalid(std::string why) {
    return fail(GroupError{ErrorCode::invalid_request, std::move(why)});
}

bool is_blank(const std::optional<std::string>& text) {
    return text && text->find_first_not_of(" \t\n\r\f\v") == std::string::npos;
}

bool leaves(const ConsumerGroupHeartbeatRequest& request) {
    return request.member_epoch == kLeaveEpoch || request.member_epoch == kLeaveStaticEpoch;
}

Result<void, GroupError> check_names(const ConsumerGroupHeartbeatRequest& request,
                                     std::int16_t version) {
    const bool needs_member_id = version >= kFirstWithOwnMemberId || request.member_epoch != 0;
    if (needs_member_id && is_blank(request.member_id)) {
        return invalid("MemberId can't be empty.");
    }
    if (is_blank(request.group_id)) return invalid("GroupId can't be empty.");
    if (is_blank(request.instance_id)) return invalid("InstanceId can't be empty.");
    if (is_blank(request.rack_id)) return invalid("RackId can't be empty.");
    const auto is_long = [](std::string_view text) { return text.size() > kMaxBytes; };
    if (is_long(request.group_id) || is_long(request.member_id) ||
        is_long(request.instance_id.value_or("")) || is_long(request.rack_id.value_or("")) ||
        is_long(request.subscribed_topic_regex.value_or(""))) {
        return invalid("A name is too long.");
    }
    return {};
}

Result<void, GroupError> check_what_it_says(const ConsumerGroupHeartbeatRequest& request) {
    if (request.member_epoch == kJoinEpoch) {
        if (request.rebalance_timeout_ms == -1) {
            return invalid("RebalanceTimeoutMs must be provided in first request.");
        }
        if (!request.topic_partitions || !request.topic_partitions->empty()) {
            return invalid("TopicPartitions must be empty when (re-)joining.");
        }
        if (!request.subscribed_topic_names && !request.subscribed_topic_regex) {
            return invalid(
                "Either SubscribedTopicNames or SubscribedTopicRegex must be non-null when "
                "(re-)joining.");
        }
    } else if (request.member_epoch == kLeaveStaticEpoch && !request.instance_id) {
        return invalid("InstanceId can't be null.");
    } else if (request.member_epoch < kLeaveStaticEpoch) {
        return invalid("MemberEpoch is invalid.");
    }
    return {};
}

/// KIP-848: a member may come with its last epoch, whose successor it was perhaps not told, if it
/// owns no more than it should. With 0 it begins anew.
Result<void, GroupError> check_member_epoch(const ConsumerMember& member,
                                            const ConsumerGroupHeartbeatRequest& request,
                                            const std::optional<TopicPartitions>& owned) {
    const std::int32_t epoch = request.member_epoch;
    if (epoch == kJoinEpoch || epoch == member.member_epoch) return {};
    const bool may_have_lost_answer = epoch == member.previous_member_epoch &&
                                      epoch < member.member_epoch && owned &&
                                      is_subset(*owned, member.assigned);
    if (may_have_lost_answer) return {};
    if (PLANTED(heartbeat_of_earlier_epoch) && epoch < member.member_epoch) return {};
    return fail(GroupError{
        ErrorCode::fenced_member_epoch,
        fmt::format("The consumer group member has a {} member epoch ({}) than the one known by "
                    "the group coordinator ({}). The member must abandon all its partitions and "
                    "rejoin.",
                    epoch > member.member_epoch ? "greater" : "smaller", epoch,
                    member.member_epoch)});
}

std::optional<TopicPartitions> owned_of(const ConsumerGroupHeartbeatRequest& request) {
    if (!request.topic_partitions) return std::nullopt;
    return to_topic_partitions(*request.topic_partitions);
}

/// Such a request says all that there is, and is answered so.
bool is_full(const ConsumerGroupHeartbeatRequest& request) {
    return request.member_epoch == kJoinEpoch ||
           (request.rebalance_timeout_ms != -1 && request.topic_partitions &&
            (request.subscribed_topic_names || request.subscribed_topic_regex));
}

/// What the request does not say stays.
void update(const ConsumerGroupHeartbeat& heartbeat, ConsumerMember& member) {
    const auto& request = heartbeat.request;
    auto& subscription = member.subscription;
    if (request.instance_id) subscription.instance_id = request.instance_id;
    if (request.rack_id) subscription.rack_id = request.rack_id;
    if (request.rebalance_timeout_ms != -1) {
        subscription.rebalance_timeout_ms = request.rebalance_timeout_ms;
    }
    if (request.server_assignor) subscription.server_assignor = request.server_assignor;
    if (request.subscribed_topic_names) {
        auto& names = subscription.subscribed_topic_names;
        names = *request.subscribed_topic_names;
        std::ranges::sort(names);
        const auto again = std::ranges::unique(names);
        names.erase(again.begin(), again.end());
    }
    if (request.subscribed_topic_regex) {
        subscription.subscribed_topic_regex = request.subscribed_topic_regex;
    }
    subscription.client_id = heartbeat.client_id;
    subscription.client_host = heartbeat.client_host;
    subscription.classic_member_metadata.reset();
}

}  // namespace

void GroupCoordinator::on(Step& step, RequestId id, const ConsumerGroupHeartbeat& heartbeat) {
    auto response = consumer_heartbeat(step, heartbeat);
    if (response) return step.answer(id, *std::move(response));
    ConsumerGroupHeartbeatResponse refusal;
    refusal.error_code = response.error().code;
    refusal.error_message = std::move(response.error().message);
    step.answer(id, std::move(refusal));
}

Result<ConsumerGroupHeartbeatResponse, GroupError> GroupCoordinator::consumer_heartbeat(
    Step& step, const ConsumerGroupHeartbeat& heartbeat) {
    const auto& request = heartbeat.request;
    TRY(check_names(request, heartbeat.version));
    TRY(check_what_it_says(request));
    if (leaves(request)) return leave_consumer_group(step, request);
    TRY(check_assignor(request.server_assignor));

    GroupDraft draft = TRY(open_consumer_group(step, request));
    const ConsumerMember before = TRY(find_or_make_member(draft, request));
    ConsumerMember member = before;
    update(heartbeat, member);
    TRY(check_regex(draft.group(), member));
    const bool changes_topics = draft.subscribe(member);
    renew_and_assign(step, draft, changes_topics || draft.group().epoch() == 0);
    draft.reconcile(member.member_id, owned_of(request));

    const ConsumerMember& now = *draft.group().find_member(member.member_id);
    keep_alive(step, request.group_id, now, before);
    ConsumerGroupHeartbeatResponse response;
    response.member_id = now.member_id;
    response.member_epoch = now.member_epoch;
    response.heartbeat_interval_ms = consumer_heartbeat_interval_ms(step, request.group_id);
    if (is_full(request) || now.assigned != before.assigned) {
        response.assignment =
            Assignment{.topic_partitions =
                           to_wire<ConsumerGroupHeartbeatResponse::TopicPartitions>(now.assigned)};
    }
    step.take(draft);
    return response;
}

Result<void, GroupError> GroupCoordinator::check_assignor(
    const std::optional<std::string>& assignor) const {
    if (!assignor || std::ranges::find(config_.consumer.assignors, *assignor) !=
                         config_.consumer.assignors.end()) {
        return {};
    }
    std::string known;
    for (const std::string& each : config_.consumer.assignors) {
        known += (known.empty() ? "" : ", ") + each;
    }
    return fail(GroupError{ErrorCode::unsupported_assignor,
                           fmt::format("ServerAssignor {} is not supported. Supported assignors: "
                                       "{}.",
                                       *assignor, known)});
}

/// Only a new one: what members of the group have already is sound.
Result<void, GroupError> GroupCoordinator::check_regex(const ConsumerGroup& group,
                                                       const ConsumerMember& member) const {
    const std::string regex(member.regex());
    if (regex.empty() || group.subscribed_regexes().contains(regex)) return {};
    const auto parsed = TopicRegex::parse(regex);
    if (parsed) return {};
    return fail(GroupError{ErrorCode::invalid_regular_expression,
                           fmt::format("SubscribedTopicRegex `{}` is not a valid regular "
                                       "expression: {}.",
                                       regex, parsed.error())});
}

namespace {

/// What members have of topics that this broker has yet to hear of, or that are gone, which their
/// leader notices. In a consumer group it would be nobody's.
bool has_unknown_topics(const ClassicGroup& group, const metadata::MetadataImage& image) {
    return std::ranges::any_of(group.members(), [&](const auto& member) {
        return names_unknown_topic(member.second.assignment, image);
    });
}

GroupError image_is_behind() {
    PROBE("a group was not upgraded as its members have topics that are not known");
    return {ErrorCode::coordinator_load_in_progress, "The group's topics are not known yet."};
}

}  // namespace

GroupError GroupCoordinator::no_consumer_group(const std::string& group_id) const {
    if (find(group_id) == nullptr) {
        return {ErrorCode::group_id_not_found, fmt::format("Group {} not found.", group_id)};
    }
    return {ErrorCode::group_id_not_found,
            fmt::format("Group {} is not a consumer group.", group_id)};
}

/// Who joins makes the group. One that is classic gives way if nobody is in it, or else goes on as
/// a consumer group with its members in it.
Result<GroupDraft, GroupError> GroupCoordinator::open_consumer_group(
    Step& step, const ConsumerGroupHeartbeatRequest& request) {
    const bool joins = request.member_epoch == kJoinEpoch;
    const ConsumerGroup* group = image_.find_consumer_group(request.group_id);
    ClassicGroup* classic = find(request.group_id);
    if (group == nullptr && !joins) return fail(no_consumer_group(request.group_id));
    GroupDraft draft(request.group_id, group, *step.context.image);
    if (classic != nullptr) {
        std::optional<std::vector<ConsumerMember>> members = std::vector<ConsumerMember>();
        if (!is_over(*classic)) {
            if (has_unknown_topics(*classic, *step.context.image)) return fail(image_is_behind());
            members = upgraded(step, *classic);
        }
        if (!members) return fail(no_consumer_group(request.group_id));
        draft.replace_classic_group();
        if (!members->empty()) upgrade(step, draft, *classic, *members);
    }
    const auto max_size = static_cast<std::size_t>(config_.consumer.max_size);
    const bool is_full = draft.group().members().size() >= max_size &&
                         draft.group().find_member(request.member_id) == nullptr;
    if (is_full) {
        return fail(GroupError{ErrorCode::group_max_size_reached,
                               fmt::format("The consumer group has reached its maximum capacity "
                                           "of {} members.",
                                           max_size)});
    }
    return draft;
}

Result<ConsumerMember, GroupError> GroupCoordinator::find_or_make_member(
    GroupDraft& draft, const ConsumerGroupHeartbeatRequest& request) {
    const bool joins = request.member_epoch == kJoinEpoch;
    const std::string member_id =
        request.member_id.empty() ? new_consumer_member_id() : request.member_id;
    if (request.instance_id) return find_or_make_static(draft, request, member_id);
    const ConsumerMember* known = draft.group().find_member(member_id);
    if (known == nullptr && joins) return ConsumerMember::make(member_id);
    if (known == nullptr) {
        return fail(GroupError{
            ErrorCode::unknown_member_id,
            fmt::format("Member {} is not a member of group {}.", member_id, draft.group_id())});
    }
    TRY(check_member_epoch(*known, request, owned_of(request)));
    return *known;
}

/// The next incarnation of a static member takes over what the last one had, once that has left.
Result<ConsumerMember, GroupError> GroupCoordinator::find_or_make_static(
    GroupDraft& draft, const ConsumerGroupHeartbeatRequest& request, const std::string& member_id) {
    const std::string& instance_id = *request.instance_id;
    const ConsumerMember* known = draft.group().find_static(instance_id);
    if (request.member_epoch != kJoinEpoch) {
        TRY(check_static(known, instance_id, member_id));
        TRY(check_member_epoch(*known, request, owned_of(request)));
        return *known;
    }
    if (known == nullptr) return ConsumerMember::make(member_id);
    if (known->member_epoch != kLeaveStaticEpoch && !known->is_classic()) {
        return fail(GroupError{ErrorCode::unreleased_instance_id,
                               fmt::format("Static member {} with instance id {} cannot join the "
                                           "group because the instance id is owned by {} member.",
                                           member_id, instance_id, known->member_id)});
    }
    PROBE("a static member of a consumer group came back");
    const std::string old_id = known->member_id;
    ConsumerMember member = *known;
    member.member_id = member_id;
    member.member_epoch = kJoinEpoch;
    member.previous_member_epoch = kJoinEpoch;
    draft.replace(old_id, member);
    return member;
}

Result<void, GroupError> GroupCoordinator::check_static(const ConsumerMember* known,
                                                        const std::string& instance_id,
                                                        const std::string& member_id) {
    if (known == nullptr) {
        return fail(GroupError{ErrorCode::unknown_member_id,
                               fmt::format("Instance id {} is unknown.", instance_id)});
    }
    if (known->member_id == member_id) return {};
    return fail(GroupError{ErrorCode::fenced_instance_id,
                           fmt::format("Static member {} with instance id {} was fenced by member "
                                       "{}.",
                                       member_id, instance_id, known->member_id)});
}

/// The group epoch, where subscriptions or what they stand for have changed, and targets for it.
void GroupCoordinator::renew_and_assign(Step& step, GroupDraft& draft, bool must_bump) {
    metadata::ImageRef& seen = seen_images_[draft.group_id()];
    if (must_bump || seen != step.context.image) {
        const std::int32_t before = draft.group().epoch();
        draft.renew_epoch(must_bump, step.context.wall_ms);
        // Looked at again until it is known to be written.
        seen = draft.group().epoch() == before ? step.context.image : nullptr;
    }
    draft.assign(assignor_of(draft.group()));
}

const ServerAssignor& GroupCoordinator::assignor_of(const ConsumerGroup& group) const {
    const std::string& otherwise = config_.consumer.assignors.front();
    const std::string wanted = group.preferred_assignor().value_or(otherwise);
    const ServerAssignor* assignor = find_server_assignor(wanted);
    // One that another coordinator took, with other settings.
    if (assignor == nullptr) assignor = find_server_assignor(otherwise);
    CHECK(assignor != nullptr, "no assignor {}", otherwise);
    return *assignor;
}

}  // namespace gregor::coordinator
