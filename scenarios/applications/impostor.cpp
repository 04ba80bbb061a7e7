#include "scenarios/applications/impostor.h"

#include "broker/protocol/messages/consumer_groups.h"
#include "broker/protocol/messages/group_admin.h"
#include "broker/protocol/messages/group_membership.h"
#include "broker/protocol/messages/group_offsets.h"
#include "scenarios/applications/join_request.h"

namespace gregor::scenarios::applications {
namespace {

using client::CoordinatorLink;
using protocol::ErrorCode;

constexpr Duration kTimeout = 3s;
/// No group comes so far.
constexpr std::int32_t kEpochs = 1'000'000;
/// Member epochs of the consumer protocol with which a member leaves (KIP-848).
constexpr std::int32_t kLeaves = -1;
constexpr std::int32_t kLeavesForAWhile = -2;
/// Of SyncGroup: later ones name the protocol that the group has chosen.
constexpr std::int16_t kLastWithoutProtocol = 4;

/// Whether it was taken for who it says: then it may be told of a rebalance, too.
bool was_believed(ErrorCode error) {
    return error == ErrorCode::none || error == ErrorCode::rebalance_in_progress;
}

}  // namespace

Impostor::Impostor(const ApplicationContext& context, Runtime& runtime, const GroupSettings& group)
    : context_(context),
      runtime_(runtime),
      group_(group),
      cluster_(runtime, {.bootstrap_servers = context.workload.brokers,
                         .client_id = "impostor-" + group.name,
                         .request_timeout = kTimeout}),
      coordinator_(cluster_, group.name, "impostor-" + group.name, kTimeout) {}

bool Impostor::act_as(const MemberSlot& slot) {
    // A generation that no assignment was made for is written nowhere: the next coordinator does
    // not know of it. And one that was replaced and cannot know it may be in an earlier one.
    if (!(*slot.now)->is_stable() || context_.history.has_replaced_coordinator(group_.name)) {
        return false;
    }
    const consumer::Generation truth = (*slot.now)->generation();
    if (truth.generation_id < 2) return false;  // what is below 1 has another meaning
    const Claim says = claim(slot);
    using Act = Answer (Impostor::*)(const Claim&);
    Act act = &Impostor::commit;
    std::string_view name = "a commit";
    switch (runtime_.random().below(4)) {
        case 0: break;
        case 1:
            act = &Impostor::ask_for_assignment;
            name = "a SyncGroup";
            if (!says.speaks_consumer) break;
            [[fallthrough]];
        case 2:
            act = &Impostor::beat;
            name = "a heartbeat";
            break;
        default:
            if (says.lie != Lie::nobody) break;
            const bool joins = may_join(says) && runtime_.random().below(2) == 0;
            act = joins ? &Impostor::join : &Impostor::leave;
            name = joins ? "a JoinGroup" : "a leave";
    }
    const bool was_counted = is_counted(truth);
    const Answer error = (this->*act)(says);
    if (!error) return false;
    coordinator_.note(*error);
    context_.workload.judge.compared();
    // A group that is made anew begins with the first epoch again.
    const bool is_still = slot.now != nullptr && (*slot.now)->generation() == truth;
    if (was_believed(*error) && is_still) {
        context_.workload.judge.violated(
            "G5", "{} took {} of member {} in epoch {}, and {} was in epoch {}", group_.name, name,
            says.who.member_id, says.who.generation_id, slot.name, truth.generation_id);
    }
    const bool is_known = was_counted && is_still && is_counted(truth);
    if (*error == ErrorCode::unknown_member_id && is_known && must_be_fenced(says)) {
        context_.workload.judge.violated(
            "G5", "{} does not tell {} that {} has its group.instance.id, after {}", group_.name,
            says.who.member_id, slot.name, name);
    }
    return true;
}

bool Impostor::is_counted(const consumer::Generation& member) const {
    return context_.history.counts_member(group_.name, member.member_id) &&
           !context_.history.has_replaced_coordinator(group_.name);
}

/// It would join again, and take the id away from who has it (KIP-345). A consumer group tells who
/// commits of member ids alone.
bool Impostor::must_be_fenced(const Claim& claim) const {
    return claim.lie == Lie::nobody && claim.group_instance_id &&
           group_.protocols == Protocols::classic;
}

Impostor::Claim Impostor::claim(const MemberSlot& slot) {
    Claim claim{.who = (*slot.now)->generation(),
                .group_instance_id = slot.group_instance_id,
                .speaks_consumer = slot.speaks == consumer::GroupProtocol::consumer};
    switch (runtime_.random().below(4)) {
        case 0:
            claim.who.member_id += "-nobody";
            claim.lie = Lie::nobody;
            break;
        case 1:
            claim.who.generation_id += kEpochs;
            claim.lie = Lie::later;
            break;
        default: --claim.who.generation_id; claim.lie = Lie::earlier;
    }
    return claim;
}

/// To a consumer group a classic member of any id may come: it is given one without a trace.
bool Impostor::may_join(const Claim& claim) const {
    if (claim.speaks_consumer) return false;
    return group_.protocols == Protocols::classic || claim.group_instance_id.has_value();
}

template <class Response, class Request>
Result<Response, client::Error> Impostor::call(const Request& request, std::int16_t newest) {
    return coordinator_.call<Response>(CoordinatorLink::Channel::offsets, request,
                                       deadline_after(runtime_.clock().now(), kTimeout), newest);
}

Impostor::Answer Impostor::commit(const Claim& claim) {
    protocol::OffsetCommitRequest request{.group_id = group_.name,
                                          .generation_id_or_member_epoch = claim.who.generation_id,
                                          .member_id = claim.who.member_id,
                                          .group_instance_id = claim.group_instance_id};
    request.topics.push_back({.name = "t0"});
    request.topics[0].partitions.push_back(
        {.partition_index = protocol::PartitionId(0), .committed_offset = protocol::Offset(0)});
    const auto answer = call<protocol::OffsetCommitResponse>(request);
    return answer ? Answer(answer->topics.at(0).partitions.at(0).error_code) : std::nullopt;
}

Impostor::Answer Impostor::beat(const Claim& claim) {
    if (claim.speaks_consumer) return beat_as_consumer(claim, claim.who.generation_id);
    const auto answer = call<protocol::HeartbeatResponse>(
        protocol::HeartbeatRequest{.group_id = group_.name,
                                   .generation_id = claim.who.generation_id,
                                   .member_id = claim.who.member_id,
                                   .group_instance_id = claim.group_instance_id});
    return answer ? Answer(answer->error_code) : std::nullopt;
}

/// In its last epoch a member is let in again that has what it should (KIP-848): this one does not
/// say what it has, or has what nobody gave it.
Impostor::Answer Impostor::beat_as_consumer(const Claim& claim, std::int32_t member_epoch) {
    protocol::ConsumerGroupHeartbeatRequest request{.group_id = group_.name,
                                                    .member_id = claim.who.member_id,
                                                    .member_epoch = member_epoch,
                                                    .instance_id = claim.group_instance_id};
    if (runtime_.random().below(2) == 0) {
        protocol::TopicId nowhere;
        nowhere.bytes.fill(0xff);
        request.topic_partitions.emplace();
        request.topic_partitions->push_back(
            {.topic_id = nowhere, .partitions = {protocol::PartitionId(0)}});
    }
    const auto answer = call<protocol::ConsumerGroupHeartbeatResponse>(request);
    return answer ? Answer(answer->error_code) : std::nullopt;
}

Impostor::Answer Impostor::ask_for_assignment(const Claim& claim) {
    const auto answer = call<protocol::SyncGroupResponse>(
        protocol::SyncGroupRequest{.group_id = group_.name,
                                   .generation_id = claim.who.generation_id,
                                   .member_id = claim.who.member_id,
                                   .group_instance_id = claim.group_instance_id},
        kLastWithoutProtocol);
    return answer ? Answer(answer->error_code) : std::nullopt;
}

Impostor::Answer Impostor::join(const Claim& claim) {
    protocol::JoinGroupRequest request = join_request(group_, claim.who.member_id);
    request.group_instance_id = claim.group_instance_id;
    const auto answer = call<protocol::JoinGroupResponse>(request);
    return answer ? Answer(answer->error_code) : std::nullopt;
}

Impostor::Answer Impostor::leave(const Claim& claim) {
    if (claim.speaks_consumer) {
        const bool for_a_while =
            claim.group_instance_id.has_value() && runtime_.random().below(2) == 0;
        return beat_as_consumer(claim, for_a_while ? kLeavesForAWhile : kLeaves);
    }
    protocol::LeaveGroupRequest request{.group_id = group_.name};
    request.members.push_back(
        {.member_id = claim.who.member_id, .group_instance_id = claim.group_instance_id});
    const auto answer = call<protocol::LeaveGroupResponse>(request);
    if (!answer) return std::nullopt;
    if (answer->error_code != ErrorCode::none || answer->members.empty()) return answer->error_code;
    return answer->members.front().error_code;
}

bool Impostor::delete_offsets() {
    protocol::OffsetDeleteRequest request{.group_id = group_.name};
    request.topics.push_back({.name = "t0"});
    request.topics[0].partitions.push_back({.partition_index = protocol::PartitionId(0)});
    const auto answer = call<protocol::OffsetDeleteResponse>(request);
    if (!answer) return false;
    coordinator_.note(answer->error_code);
    if (answer->error_code != ErrorCode::none) return false;
    context_.workload.judge.compared();
    if (answer->topics.at(0).partitions.at(0).error_code == ErrorCode::none) {
        context_.workload.judge.violated(
            "G3", "{} let its offset of t0-0 be deleted, to which its members subscribe",
            group_.name);
    }
    return true;
}

}  // namespace gregor::scenarios::applications
