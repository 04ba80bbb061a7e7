// GroupCoordinator: committed offsets: OffsetCommit, TxnOffsetCommit, OffsetFetch, OffsetDelete
// (KIP-496).
#include <algorithm>

#include "broker/coordinator/group_coordinator.h"

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
    return {.offset = partition.committed_offset,
            .leader_epoch = partition.committed_leader_epoch,
            .metadata = partition.committed_metadata.value_or(""),
            .commit_timestamp =
                partition.commit_timestamp == kNoTimestamp ? wall_ms : partition.commit_timestamp,
            .expire_timestamp = has_retention ? wall_ms + request.retention_time_ms : kNoTimestamp};
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
    const ErrorCode refusal =
        check_commit({.group_id = request.group_id,
                      .generation_id = request.generation_id_or_member_epoch,
                      .member_id = request.member_id,
                      .group_instance_id = request.group_instance_id,
                      .knows_group_id_not_found = commit.version >= kFirstWithMemberEpoch});
    OffsetCommitResponse response;
    for (const auto& topic : request.topics) {
        auto& answered = response.topics.emplace_back();
        answered.name = topic.name;
        for (const auto& partition : topic.partitions) {
            ErrorCode error = refusal;
            if (error == ErrorCode::none) {
                error = check_offset(step, topic.name, partition.partition_index,
                                     partition.committed_metadata);
            }
            if (error == ErrorCode::none) {
                step.write(OffsetCommitRecord{
                    .key = {.group = request.group_id,
                            .topic = topic.name,
                            .partition = partition.partition_index},
                    .value = to_value(request, partition, step.context.wall_ms)});
            }
            answered.partitions.push_back(
                {.partition_index = partition.partition_index, .error_code = error});
        }
    }
    step.answer(id, std::move(response));
    if (refusal != ErrorCode::none) return;
    // A commit keeps the session alive as a heartbeat does.
    const ClassicGroup* group = find(request.group_id);
    const ClassicMember* member =
        group == nullptr ? nullptr : group->find_member(request.member_id);
    if (member != nullptr) renew_session(step, *group, *member);
}

/// In the producer's transaction: the offsets count when that is committed (KIP-98, KIP-447).
void GroupCoordinator::on(Step& step, RequestId id, const CommitTransactionOffsets& commit) {
    const TxnOffsetCommitRequest& request = commit.request;
    const ErrorCode refusal = check_commit({.group_id = request.group_id,
                                            .generation_id = request.generation_id,
                                            .member_id = request.member_id,
                                            .group_instance_id = request.group_instance_id,
                                            .is_transactional = true});
    TxnOffsetCommitResponse response;
    for (const auto& topic : request.topics) {
        auto& answered = response.topics.emplace_back();
        answered.name = topic.name;
        for (const auto& partition : topic.partitions) {
            ErrorCode error = refusal;
            if (error == ErrorCode::none) {
                error = check_offset(step, topic.name, partition.partition_index,
                                     partition.committed_metadata);
            }
            if (error == ErrorCode::none) {
                step.write(OffsetCommitRecord{
                    .key = {.group = request.group_id,
                            .topic = topic.name,
                            .partition = partition.partition_index},
                    .value =
                        OffsetCommitValue{.offset = partition.committed_offset,
                                          .leader_epoch = partition.committed_leader_epoch,
                                          .metadata = partition.committed_metadata.value_or(""),
                                          .commit_timestamp = step.context.wall_ms,
                                          .expire_timestamp = kNoTimestamp}});
            }
            answered.partitions.push_back(
                {.partition_index = partition.partition_index, .error_code = error});
        }
    }
    step.outcome.transaction =
        RecordsTransaction{request.producer_id, request.producer_epoch, commit.verification_guard};
    step.answer(id, std::move(response));
}

ErrorCode GroupCoordinator::check_offset(const Step& step, const std::string& topic,
                                         protocol::PartitionId partition,
                                         const std::optional<std::string>& metadata) const {
    const auto metadata_bytes = static_cast<std::int64_t>(metadata.value_or("").size());
    if (!has_partition(*step.context.image, topic, partition)) {
        return ErrorCode::unknown_topic_or_partition;
    }
    return metadata_bytes > config_.offset_metadata_max_bytes ? ErrorCode::offset_metadata_too_large
                                                              : ErrorCode::none;
}

/// Whether what says to be this member of this generation may commit (G5). Before KIP-447
/// transactional producers did not say it.
ErrorCode GroupCoordinator::check_commit(const Committer& committer) const {
    const std::int32_t generation_id = committer.generation_id;
    if (committer.group_id.size() > kMaxGroupIdBytes) return ErrorCode::invalid_group_id;
    const ClassicGroup* group = find(committer.group_id);
    if (group == nullptr) {
        // Without a generation it is a consumer that only keeps its offsets here.
        if (generation_id < 0) return ErrorCode::none;
        return committer.knows_group_id_not_found ? ErrorCode::group_id_not_found
                                                  : ErrorCode::illegal_generation;
    }
    const bool is_empty = group->is_in(GroupState::empty);
    if (generation_id < 0 && is_empty) return ErrorCode::none;
    const bool says_who = generation_id >= 0 || !committer.member_id.empty() ||
                          committer.group_instance_id.has_value();
    if (!says_who) {
        return is_empty || committer.is_transactional ? ErrorCode::none
                                                      : ErrorCode::unknown_member_id;
    }
    const ErrorCode error = group->check_member(committer.member_id, committer.group_instance_id);
    if (error != ErrorCode::none) return error;
    if (generation_id != group->generation_id()) return ErrorCode::illegal_generation;
    if (committer.is_transactional) return ErrorCode::none;
    // Its partitions of this generation are not known yet: it can have read none.
    return group->is_in(GroupState::completing_rebalance) ? ErrorCode::rebalance_in_progress
                                                          : ErrorCode::none;
}

// OffsetFetch. ------------------------------------------------------------------------------------

void GroupCoordinator::on(Step& step, RequestId id, const FetchOffsets& fetch) {
    const std::string& group_id = fetch.group.group_id;
    OffsetFetchResponse::Group response;
    response.group_id = group_id;
    if (fetch.group.topics) {
        for (const auto& topic : *fetch.group.topics) {
            auto& answered = response.topics.emplace_back();
            answered.name = topic.name;
            for (const protocol::PartitionId partition : topic.partition_indexes) {
                const OffsetKey key{topic.name, partition};
                const CommittedOffset* offset = image_.find_offset(group_id, key);
                if (fetch.require_stable && image_.is_pending(group_id, key)) {
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
        const bool is_unstable = fetch.require_stable && image_.is_pending(group_id, key);
        response.topics.back().partitions.push_back(
            is_unstable ? no_offset(partition, ErrorCode::unstable_offset_commit)
                        : to_answer(partition, offset.value));
    }
    step.answer(id, std::move(response));
}

// OffsetDelete. -----------------------------------------------------------------------------------

void GroupCoordinator::on(Step& step, RequestId id, const DeleteOffsets& request) {
    const std::string& group_id = request.request.group_id;
    OffsetDeleteResponse response;
    const ClassicGroup* group = find(group_id);
    if (group == nullptr) {
        response.error_code = ErrorCode::group_id_not_found;
    } else if (!group->is_in(GroupState::empty) && !group->uses_consumer_protocol()) {
        response.error_code = ErrorCode::non_empty_group;
    }
    if (response.error_code != ErrorCode::none) return step.answer(id, std::move(response));
    for (const auto& topic : request.request.topics) {
        auto& answered = response.topics.emplace_back();
        answered.name = topic.name;
        const bool is_subscribed = group->subscribes(topic.name);
        for (const auto& partition : topic.partitions) {
            const OffsetKey key{topic.name, partition.partition_index};
            ErrorCode error = ErrorCode::none;
            if (!has_partition(*step.context.image, topic.name, partition.partition_index)) {
                error = ErrorCode::unknown_topic_or_partition;
            } else if (is_subscribed) {
                error = ErrorCode::group_subscribed_to_topic;
            } else if (image_.find_offset(group_id, key) != nullptr) {
                step.write(OffsetCommitRecord{.key = {.group = group_id,
                                                      .topic = topic.name,
                                                      .partition = partition.partition_index},
                                              .value = std::nullopt});
            }
            answered.partitions.push_back(
                {.partition_index = partition.partition_index, .error_code = error});
        }
    }
    step.answer(id, std::move(response));
}

}  // namespace gregor::coordinator
