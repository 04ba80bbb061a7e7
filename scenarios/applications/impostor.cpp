#include "scenarios/applications/impostor.h"

#include "broker/protocol/messages/group_admin.h"
#include "broker/protocol/messages/group_offsets.h"

namespace gregor::scenarios::applications {
namespace {

using client::CoordinatorLink;
using protocol::ErrorCode;
using protocol::OffsetCommitRequest;
using protocol::OffsetCommitResponse;

constexpr Duration kTimeout = 3s;
/// No group comes so far.
constexpr std::int32_t kEpochs = 1'000'000;

void lie(consumer::Generation& who, Random& random) {
    switch (random.below(4)) {
        case 0: who.member_id += "-nobody"; break;
        case 1: who.generation_id += kEpochs; break;
        default: --who.generation_id;
    }
}

}  // namespace

Impostor::Impostor(const ApplicationContext& context, Runtime& runtime, const std::string& group)
    : context_(context),
      runtime_(runtime),
      group_(group),
      cluster_(runtime, {.bootstrap_servers = context.workload.brokers,
                         .client_id = "impostor-" + group,
                         .request_timeout = kTimeout}),
      coordinator_(cluster_, group, "impostor-" + group, kTimeout) {}

bool Impostor::commit_as(const MemberSlot& slot) {
    // A generation that no assignment was made for is written nowhere: the next coordinator does
    // not know of it.
    if (!(*slot.now)->is_stable()) return false;
    consumer::Generation who = (*slot.now)->generation();
    if (who.generation_id < 2) return false;  // what is below 1 has another meaning
    const consumer::Generation truth = who;
    lie(who, runtime_.random());
    OffsetCommitRequest request{.group_id = group_,
                                .generation_id_or_member_epoch = who.generation_id,
                                .member_id = who.member_id,
                                .group_instance_id = slot.group_instance_id};
    request.topics.push_back({.name = "t0"});
    request.topics[0].partitions.push_back(
        {.partition_index = protocol::PartitionId(0), .committed_offset = protocol::Offset(0)});
    const auto answer =
        coordinator_.call<OffsetCommitResponse>(CoordinatorLink::Channel::offsets, request,
                                                deadline_after(runtime_.clock().now(), kTimeout));
    if (!answer) return false;
    const ErrorCode error = answer->topics.at(0).partitions.at(0).error_code;
    coordinator_.note(error);
    context_.workload.judge.compared();
    // A group that is made anew begins with the first epoch again.
    const bool is_still = slot.now != nullptr && (*slot.now)->generation() == truth;
    if (error == ErrorCode::none && is_still) {
        context_.workload.judge.violated(
            "G5", "{} took a commit of member {} in epoch {}, and {} was in epoch {}", group_,
            who.member_id, who.generation_id, slot.name, truth.generation_id);
    }
    return true;
}

bool Impostor::delete_offsets() {
    protocol::OffsetDeleteRequest request{.group_id = group_};
    request.topics.push_back({.name = "t0"});
    request.topics[0].partitions.push_back({.partition_index = protocol::PartitionId(0)});
    const auto answer = coordinator_.call<protocol::OffsetDeleteResponse>(
        CoordinatorLink::Channel::offsets, request,
        deadline_after(runtime_.clock().now(), kTimeout));
    if (!answer) return false;
    coordinator_.note(answer->error_code);
    if (answer->error_code != ErrorCode::none) return false;
    context_.workload.judge.compared();
    if (answer->topics.at(0).partitions.at(0).error_code == ErrorCode::none) {
        context_.workload.judge.violated(
            "G3", "{} let its offset of t0-0 be deleted, to which its members subscribe", group_);
    }
    return true;
}

}  // namespace gregor::scenarios::applications
