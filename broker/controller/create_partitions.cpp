#include "broker/controller/create_partitions.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "broker/controller/create_topics.h"
#include "broker/controller/replica_assignment.h"

namespace gregor::controller {
namespace {

using metadata::MetadataImage;
using metadata::TopicImage;
using protocol::CreatePartitionsRequest;
using protocol::CreatePartitionsResponse;
using Wanted = CreatePartitionsRequest::Topic;

template <class T>
using OrError = Result<T, ApiError>;

/// How many partitions are to be added.
OrError<std::int32_t> increase(const TopicImage& topic, const Wanted& wanted) {
    const auto present = static_cast<std::int32_t>(topic.partitions.size());
    if (wanted.count == present) {
        return fail(ApiError{ErrorCode::invalid_partitions,
                             fmt::format("Topic already has {} partition(s).", present)});
    }
    if (wanted.count < present) {
        return fail(
            ApiError{ErrorCode::invalid_partitions,
                     fmt::format("The topic {} currently has {} partition(s); {} would not be "
                                 "an increase.",
                                 topic.name, present, wanted.count)});
    }
    const std::int32_t additional = wanted.count - present;
    if (static_cast<std::size_t>(additional) > kMaxRecordsPerUserOperation) {
        return fail(ApiError{ErrorCode::policy_violation,
                             "Excessively large number of partitions per request."});
    }
    if (!wanted.assignments) return additional;
    const auto given = static_cast<std::int32_t>(wanted.assignments->size());
    if (given == additional) return additional;
    return fail(ApiError{ErrorCode::invalid_replica_assignment,
                         fmt::format("Attempted to add {} additional partition(s), but only {} "
                                     "assignment(s) were specified.",
                                     additional, given)});
}

OrError<std::vector<Replicas>> replicas_of(const MetadataImage& image, Random& random,
                                           const Wanted& wanted, const PlacementSpec& spec) {
    if (wanted.assignments) {
        std::vector<Replicas> replicas;
        for (const auto& assignment : *wanted.assignments) {
            const auto expected = static_cast<std::size_t>(spec.replication_factor);
            if (auto fault = find_assignment_fault(image, assignment.broker_ids, expected)) {
                return fail(*std::move(fault));
            }
            replicas.push_back(assignment.broker_ids);
        }
        return replicas;
    }
    auto placed = place_replicas(spec, usable_brokers(image), random);
    if (placed) return *std::move(placed);
    return fail(ApiError{ErrorCode::invalid_replication_factor,
                         fmt::format("Unable to replicate the partition {} time(s): {}",
                                     spec.replication_factor, placed.error())});
}

OrError<std::vector<VersionedRecord>> grow(const MetadataImage& image, Random& random,
                                           const Wanted& wanted) {
    const TopicImage* topic = image.find_topic(wanted.name);
    if (topic == nullptr || topic->partitions.empty()) {
        return fail(ApiError{ErrorCode::unknown_topic_or_partition,
                             "This server does not host this topic-partition."});
    }
    const std::int32_t additional = TRY(increase(*topic, wanted));
    const auto& first = topic->partitions.begin()->second;
    const PlacementSpec spec{
        .partitions = additional,
        .replication_factor = static_cast<std::int16_t>(first.replicas.size())};
    const std::vector<Replicas> replicas = TRY(replicas_of(image, random, wanted, spec));
    std::vector<VersionedRecord> records;
    std::int32_t next = topic->partitions.rbegin()->first.value() + 1;
    for (const Replicas& brokers : replicas) {
        const protocol::PartitionId partition{next++};
        auto record = new_partition(image, topic->id, partition, brokers);
        if (!record) {
            return fail(
                ApiError{ErrorCode::invalid_replica_assignment,
                         fmt::format("All brokers specified in the manual partition assignment "
                                     "for partition {} are fenced or in controlled shutdown.",
                                     partition)});
        }
        records.push_back(versioned(*std::move(record), image.metadata_version()));
    }
    return records;
}

}  // namespace

ControllerResult<CreatePartitionsResponse> create_partitions(
    const MetadataImage& image, Random& random, const CreatePartitionsRequest& request) {
    ControllerResult<CreatePartitionsResponse> result{
        .records = {}, .response = {}, .atomic = true};
    std::map<std::string_view, int> times;
    for (const Wanted& topic : request.topics) ++times[topic.name];
    std::set<std::string_view> repeated;
    const auto answer = [&](const Wanted& topic, ApiError error) {
        result.response.results.push_back({.name = topic.name, .error_code = error.code});
        if (error.code != ErrorCode::none) {
            result.response.results.back().error_message = std::move(error.message);
        }
    };
    for (const Wanted& topic : request.topics) {
        if (times[topic.name] > 1) {
            if (!repeated.insert(topic.name).second) continue;
            answer(topic, {ErrorCode::invalid_request, "Duplicate topic name."});
            continue;
        }
        auto records = grow(image, random, topic);
        if (records && result.records.size() + records->size() > kMaxRecordsPerUserOperation) {
            records = fail(ApiError{ErrorCode::policy_violation,
                                    "Excessively large number of partitions per request."});
        }
        answer(topic, records ? ApiError{} : records.error());
        if (records) std::ranges::move(*records, std::back_inserter(result.records));
    }
    if (request.validate_only) result.records.clear();
    return result;
}

}  // namespace gregor::controller
