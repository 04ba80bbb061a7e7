// GroupCoordinator: committed offsets: OffsetCommit, TxnOffsetCommit, OffsetFetch, OffsetDelete
// (KIP-496).
#include <algorithm>

#include "broker/coordinator/group_coordinator.h"
#include "broker/coordinator/offset_answers.h"
#include "sim/base/planted.h"

namespace gregor::coordinator {

using protocol::ErrorCode;
using protocol::OffsetCommitRequest;
using protocol::OffsetCommitResponse;
using protocol::OffsetCommitValue;
using protocol::OffsetDeleteResponse;
using protocol::OffsetFetchRequest;
using protocol::OffsetFetchResponse;
using protocol::TxnOffsetCommitRequest;
using protocol::TxnOffsetCommitResponse;

namespace {

constexpr std::int16_t kFirstWithMemberEpoch = 9;
/// Where the client leaves the retention to the broker.
constexpr std::int64_t kDefaultRetention = -1;
constexpr std::int64_t kNoTimestamp = -1;
/// A thousand years: nothing overflows.
constexpr std::int64_t kMaxRetentionMs = std::int64_t{1000} * 366 * 86'400'000;
constexpr std::size_t kMaxGroupIdBytes = 32'000;

bool has_partition(const metadata::MetadataImage& image, const std::string& topic,
                   protocol::PartitionId partition) {
    const metadata::TopicImage* found = image.find_topic(topic);
    return found != nullptr && found->find(partition) != nullptr;
}

OffsetCommitValue to_value(const OffsetCommitRequest& request,
                           const OffsetCommitRequest::Partition& partition, std::int64_t wall_ms) {
    const bool has_retention = request.retention_time_ms != kDefaultRetention;
    const std::int64_t retention_ms = std::min(request.retention_time_ms, kMaxRetentionMs);
    return {.offset = partition.committed_offset,
            .leader_epoch = partition.committed_leader_epoch,
            .metadata = partition.committed_metadata.value_or(""),
            .commit_timestamp =
                partition.commit_timestamp == kNoTimestamp ? wall_ms : partition.commit_timestamp,
            .expire_timestamp = has_retention ? wall_ms + retention_ms : kNoTimestamp};
}

OffsetFetchResponse::GroupPartition no_offset(protocol::PartitionId partition, ErrorCode error) {
    return {
        .partition_index = partition, .committed_offset = protocol::kNoOffset, .error_code = error};
}

OffsetFetchResponse::GroupPartition to_answer(protocol::PartitionId partition,
                                              const OffsetCommitValue& value) {
    return {.partition_index = partition,
            .committed_offset = value.offset,
            .committed_leader_epoch = value.leader_epoch,
            .metadata = value.metadata};
}

}  // namespace

// OffsetCommit. -----------------------------------------------------------------------------------

void GroupCoordinator::on(Step& step, RequestId id, const CommitOffsets& commit) {
    const OffsetCommitRequest& request = commit.request;
    const ErrorCode refusal = check_commit({.group_id = request.group_id,
                                            .epoch = request.generation_id_or_member_epoch,
                                            .member_id = request.member_id,
                                            .group_instance_id = request.group_instance_id,
                                            .version = commit.version});
    const auto commit_one = [&](const std::string& topic, const auto& partition) {
        if (refusal != ErrorCode::none) return refusal;
        return write_offset(step, {request.group_id, topic, partition.partition_index},
                            to_value(request, partition, step.context.wall_ms));
    };
    step.answer(id, answer_partitions<OffsetCommitResponse>(request, commit_one));
    if (refusal != ErrorCode::none) return;
    // A commit keeps a classic member's session alive as a heartbeat does.
    const ClassicGroup* group = find(request.group_id);
    const ClassicMember* member =
        group == nullptr ? nullptr : group->find_member(request.member_id);
    if (member != nullptr) renew_session(step, *group, *member);
}

/// In the producer's transaction: the offsets count when that is committed (KIP-98, KIP-447).
void GroupCoordinator::on(Step& step, RequestId id, const CommitTransactionOffsets& commit) {
    const TxnOffsetCommitRequest& request = commit.request;
    ErrorCode refusal = check_commit({.group_id = request.group_id,
                                      .epoch = request.generation_id,
                                      .member_id = request.member_id,
                                      .group_instance_id = request.group_instance_id,
                                      .is_transactional = true});
    // Its clients know generations only.
    if (refusal == ErrorCode::stale_member_epoch) refusal = ErrorCode::illegal_generation;
    const auto commit_one = [&](const std::string& topic, const auto& partition) {
        if (refusal != ErrorCode::none) return refusal;
        return write_offset(step, {request.group_id, topic, partition.partition_index},
                            {.offset = partition.committed_offset,
                             .leader_epoch = partition.committed_leader_epoch,
                             .metadata = partition.committed_metadata.value_or(""),
                             .commit_timestamp = step.context.wall_ms,
                             .expire_timestamp = kNoTimestamp});
    };
    step.answer(id, answer_partitions<TxnOffsetCommitResponse>(request, commit_one));
    step.outcome.transaction =
        RecordsTransaction{request.producer_id, request.producer_epoch, commit.verification_guard};
}

ErrorCode GroupCoordinator::write_offset(Step& step, const protocol::OffsetCommitKey& key,
                                         const OffsetCommitValue& value) const {
    if (!has_partition(*step.context.image, key.topic, key.partition)) {
        return ErrorCode::unknown_topic_or_partition;
    }
    const auto metadata_bytes = static_cast<std::int64_t>(value.metadata.size());
    if (metadata_bytes > config_.offset_metadata_max_bytes) {
        return ErrorCode::offset_metadata_too_large;
    }
    step.write(OffsetCommitRecord{.key = key, .value = value});
    return ErrorCode::none;
}

/// Whether what says to be this member of this generation may commit (G5). Before KIP-447
/// transactional producers did not say it.
ErrorCode GroupCoordinator::check_commit(const Committer& committer) const {
    const bool knows_epochs = committer.version >= kFirstWithMemberEpoch;
    if (committer.group_id.size() > kMaxGroupIdBytes) return ErrorCode::invalid_group_id;
    if (const ConsumerGroup* group = image_.find_consumer_group(committer.group_id)) {
        return check_commit(*group, committer);
    }
    if (const ClassicGroup* group = find(committer.group_id)) {
        return check_commit(*group, committer);
    }
    // Without a generation it is a consumer that only keeps its offsets here.
    if (committer.epoch < 0) return ErrorCode::none;
    return knows_epochs ? ErrorCode::group_id_not_found : ErrorCode::illegal_generation;
}

ErrorCode GroupCoordinator::check_commit(const ClassicGroup& group,
                                         const Committer& committer) const {
    const bool is_empty = group.is_in(GroupState::empty);
    if (committer.epoch < 0 && is_empty) return ErrorCode::none;
    if (!committer.says_who()) {
        return is_empty || committer.is_transactional ? ErrorCode::none
                                                      : ErrorCode::unknown_member_id;
    }
    const ErrorCode error = group.check_member(committer.member_id, committer.group_instance_id);
    if (error != ErrorCode::none) return error;
    if (committer.epoch != group.generation_id()) return ErrorCode::illegal_generation;
    if (committer.is_transactional) return ErrorCode::none;
    // Its partitions of this generation are not known yet: it can have read none.
    return group.is_in(GroupState::completing_rebalance) ? ErrorCode::rebalance_in_progress
                                                         : ErrorCode::none;
}

/// The member's own epoch, no other: it would not know yet, or not any more, what is its own.
ErrorCode GroupCoordinator::check_commit(const ConsumerGroup& group,
                                         const Committer& committer) const {
    if (committer.epoch < 0 && group.members().empty()) return ErrorCode::none;
    if (committer.is_transactional && !committer.says_who()) return ErrorCode::none;
    const ConsumerMember* member = group.find_member(committer.member_id);
    if (member == nullptr) return ErrorCode::unknown_member_id;
    const bool knows_epochs =
        committer.is_transactional || committer.version >= kFirstWithMemberEpoch;
    if (!member->is_classic() && !knows_epochs) return ErrorCode::unsupported_version;
    return check_epoch(*member, committer.epoch);
}

ErrorCode GroupCoordinator::check_epoch(const ConsumerMember& member, std::int32_t epoch) {
    if (epoch == member.member_epoch) return ErrorCode::none;
    if (PLANTED(commit_of_earlier_epoch) && epoch < member.member_epoch) return ErrorCode::none;
    return member.is_classic() ? ErrorCode::illegal_generation : ErrorCode::stale_member_epoch;
}

// OffsetFetch. ------------------------------------------------------------------------------------

void GroupCoordinator::on(Step& step, RequestId id, const FetchOffsets& fetch) {
    const std::string& group_id = fetch.group.group_id;
    OffsetFetchResponse::Group response;
    response.group_id = group_id;
    response.error_code = check_fetch(fetch.group);
    if (response.error_code != ErrorCode::none) return step.answer(id, std::move(response));
    const bool must_be_stable = fetch.require_stable && !PLANTED(unstable_offsets_told);
    if (fetch.group.topics) {
        for (const auto& topic : *fetch.group.topics) {
            auto& answered = response.topics.emplace_back();
            answered.name = topic.name;
            for (const protocol::PartitionId partition : topic.partition_indexes) {
                const OffsetKey key{topic.name, partition};
                const CommittedOffset* offset = image_.find_offset(group_id, key);
                if (must_be_stable && image_.is_pending(group_id, key)) {
                    answered.partitions.push_back(
                        no_offset(partition, ErrorCode::unstable_offset_commit));
                } else if (offset == nullptr) {
                    answered.partitions.push_back(no_offset(partition, ErrorCode::none));
                } else {
                    answered.partitions.push_back(to_answer(partition, offset->value));
                }
            }
        }
        return step.answer(id, std::move(response));
    }
    for (const auto& [key, offset] : image_.offsets_of(group_id)) {
        const auto& [topic, partition] = key;
        if (response.topics.empty() || response.topics.back().name != topic) {
            response.topics.emplace_back().name = topic;
        }
        // Asked for all, Kafka names the unstable ones with their error, too.
        const bool is_unstable = must_be_stable && image_.is_pending(group_id, key);
        response.topics.back().partitions.push_back(
            is_unstable ? no_offset(partition, ErrorCode::unstable_offset_commit)
                        : to_answer(partition, offset.value));
    }
    step.answer(id, std::move(response));
}

/// Who does not say who it is (an administrator, or a client before version 9) may ask, too.
ErrorCode GroupCoordinator::check_fetch(const OffsetFetchRequest::Group& request) const {
    const ConsumerGroup* group = image_.find_consumer_group(request.group_id);
    if (group == nullptr || (!request.member_id && request.member_epoch < 0)) {
        return ErrorCode::none;
    }
    const ConsumerMember* member = group->find_member(request.member_id.value_or(""));
    return member == nullptr ? ErrorCode::unknown_member_id
                             : check_epoch(*member, request.member_epoch);
}

// OffsetDelete. -----------------------------------------------------------------------------------

void GroupCoordinator::on(Step& step, RequestId id, const DeleteOffsets& request) {
    const std::string& group_id = request.request.group_id;
    const ClassicGroup* classic = find(group_id);
    const ConsumerGroup* consumer = image_.find_consumer_group(group_id);
    ErrorCode refusal = ErrorCode::none;
    if (classic == nullptr && consumer == nullptr) {
        refusal = ErrorCode::group_id_not_found;
    } else if (classic != nullptr && !classic->is_in(GroupState::empty) &&
               !classic->uses_consumer_protocol()) {
        refusal = ErrorCode::non_empty_group;
    }
    if (refusal != ErrorCode::none) {
        return step.answer(id, OffsetDeleteResponse{.error_code = refusal, .topics = {}});
    }
    const auto delete_one = [&](const std::string& topic, const auto& partition) {
        const OffsetKey key{topic, partition.partition_index};
        if (!has_partition(*step.context.image, topic, partition.partition_index)) {
            return ErrorCode::unknown_topic_or_partition;
        }
        const bool is_subscribed =
            classic != nullptr ? classic->subscribes(topic) : consumer->subscribes(topic);
        if (is_subscribed) return ErrorCode::group_subscribed_to_topic;
        if (image_.find_offset(group_id, key) != nullptr) {
            step.write(OffsetCommitRecord{
                .key = {.group = group_id, .topic = topic, .partition = partition.partition_index},
                .value = std::nullopt});
        }
        return ErrorCode::none;
    };
    step.answer(id, answer_partitions<OffsetDeleteResponse>(request.request, delete_one));
}

}  // namespace gregor::coordinator
