#include "broker/controller/reassignments.h"

#include <fmt/format.h>

#include <algorithm>

#include "broker/controller/draft.h"
#include "broker/controller/partition_change.h"
#include "broker/controller/replica_assignment.h"
#include "sim/base/probe.h"

namespace gregor::controller {
namespace {

using metadata::MetadataImage;
using metadata::PartitionState;
using metadata::TopicImage;
using protocol::AlterPartitionReassignmentsRequest;
using protocol::AlterPartitionReassignmentsResponse;
using protocol::ListPartitionReassignmentsRequest;
using protocol::ListPartitionReassignmentsResponse;
using protocol::PartitionId;
using Wanted = AlterPartitionReassignmentsRequest::Partition;

template <class T>
using OrError = Result<T, ApiError>;

class Reassignment {
public:
    Reassignment(const MetadataImage& image, const ControllerConfig& config,
                 const ReassignmentOptions& options)
        : draft_(image), config_(config), options_(options) {}

    ApiError alter(const std::string& name, const Wanted& wanted) {
        const TopicImage* topic = draft_.image().find_topic(name);
        if (topic == nullptr) {
            return {ErrorCode::unknown_topic_or_partition,
                    fmt::format("Unable to find a topic named {}.", name)};
        }
        const PartitionState* state = topic->find(wanted.partition_index);
        if (state == nullptr) {
            return {ErrorCode::unknown_topic_or_partition,
                    fmt::format("Unable to find partition {}:{}.", name, wanted.partition_index)};
        }
        const ElectionRules rules = election_rules(draft_.image(), config_, name);
        auto change = wanted.replicas ? change_to(*state, *wanted.replicas, rules)
                                      : cancel(*topic, wanted.partition_index, *state, rules);
        if (!change) return change.error();
        auto record =
            change_partition(draft_.image(), rules, *topic, wanted.partition_index, *change);
        if (record) draft_.add(*std::move(record));
        return {};
    }

    [[nodiscard]] std::vector<VersionedRecord> take_records() && {
        return std::move(draft_).take_records();
    }

private:
    /// From the replicas of before any reassignment.
    OrError<PartitionChange> change_to(const PartitionState& state, const Replicas& target,
                                       const ElectionRules& rules) const {
        if (auto fault = find_assignment_fault(draft_.image(), target, std::nullopt)) {
            return fail(*std::move(fault));
        }
        const Replicas original = without(state.replicas, state.adding_replicas);
        if (!options_.allow_replication_factor_change && target.size() != original.size()) {
            return fail(ApiError{ErrorCode::invalid_replication_factor,
                                 fmt::format("The replication factor is changed from {} to {}",
                                             original.size(), target.size())});
        }
        PartitionChange change{.adding_replicas = without(target, original),
                               .removing_replicas = without(original, target)};
        change.replicas = target;
        std::ranges::copy(*change.removing_replicas, std::back_inserter(*change.replicas));
        return keep_copies(state, rules, std::move(change));
    }

    OrError<PartitionChange> cancel(const TopicImage& topic, PartitionId partition,
                                    const PartitionState& state, const ElectionRules& rules) const {
        if (!state.is_reassigning()) {
            return fail(ApiError{ErrorCode::no_reassignment_in_progress,
                                 "No partition reassignment is in progress."});
        }
        PartitionChange change{.replicas = without(state.replicas, state.adding_replicas),
                               .adding_replicas = Replicas{},
                               .removing_replicas = Replicas{}};
        auto kept = keep_copies(state, rules, std::move(change));
        if (kept) return kept;
        return fail(ApiError{
            ErrorCode::invalid_replica_assignment,
            fmt::format("Unable to revert partition assignment for {}:{} because it would require "
                        "an unclean leader election.",
                        topic.name, partition)});
    }

    /// Replicas that go at once go out of the ISR; if nobody is left in it, an unclean election
    /// decides who has the data.
    static OrError<PartitionChange> keep_copies(const PartitionState& state,
                                                const ElectionRules& rules,
                                                PartitionChange change) {
        const Replicas gone = without(state.replicas, *change.replicas);
        if (gone.empty()) return change;
        change.isr = without(state.isr, gone);
        Replicas copies = state.isr;
        std::ranges::copy(state.elr, std::back_inserter(copies));
        if (copies.empty()) copies = state.last_known_elr;
        if (copies.empty() || !without(copies, gone).empty()) return change;
        if (!rules.unclean_enabled) {
            return fail(ApiError{
                ErrorCode::invalid_replica_assignment,
                "Unable to change the reassignment because it would require an unclean leader "
                "election."});
        }
        PROBE("a reassignment was taken back from the only replicas in sync");
        change.election = Election::unclean;
        return change;
    }

    Draft draft_;
    const ControllerConfig& config_;
    const ReassignmentOptions& options_;
};

using Listed = ListPartitionReassignmentsResponse::Partition;

std::optional<Listed> list_partition(const TopicImage& topic, PartitionId partition) {
    const PartitionState* state = topic.find(partition);
    if (state == nullptr || !state->is_reassigning()) return std::nullopt;
    return Listed{.partition_index = partition,
                  .replicas = state->replicas,
                  .adding_replicas = state->adding_replicas,
                  .removing_replicas = state->removing_replicas};
}

void add_listed(ListPartitionReassignmentsResponse& response, const TopicImage& topic,
                const std::vector<PartitionId>& partitions) {
    ListPartitionReassignmentsResponse::Topic listed{.name = topic.name};
    for (const PartitionId partition : partitions) {
        if (auto each = list_partition(topic, partition)) {
            listed.partitions.push_back(*std::move(each));
        }
    }
    if (!listed.partitions.empty()) response.topics.push_back(std::move(listed));
}

}  // namespace

ControllerResult<AlterPartitionReassignmentsResponse> alter_partition_reassignments(
    const MetadataImage& image, const ControllerConfig& config,
    const AlterPartitionReassignmentsRequest& request, const ReassignmentOptions& options) {
    ControllerResult<AlterPartitionReassignmentsResponse> result{
        .records = {}, .response = {}, .atomic = true};
    result.response.error_message = std::nullopt;
    Reassignment reassignment(image, config, options);
    for (const auto& topic : request.topics) {
        result.response.responses.push_back({.name = topic.name});
        for (const Wanted& wanted : topic.partitions) {
            ApiError error = reassignment.alter(topic.name, wanted);
            auto& answers = result.response.responses.back().partitions;
            answers.push_back({.partition_index = wanted.partition_index,
                               .error_code = error.code,
                               .error_message = std::nullopt});
            if (error.code == ErrorCode::none) continue;
            answers.back().error_message = std::move(error.message);
        }
    }
    result.records = std::move(reassignment).take_records();
    return result;
}

ControllerResult<ListPartitionReassignmentsResponse> list_partition_reassignments(
    const MetadataImage& image, const ListPartitionReassignmentsRequest& request) {
    ControllerResult<ListPartitionReassignmentsResponse> result{.records = {}, .response = {}};
    result.response.error_message = std::nullopt;
    if (!request.topics) {
        for (const auto& [name, id] : image.topic_ids()) {
            const TopicImage& topic = *image.find_topic(id);
            std::vector<PartitionId> all;
            for (const auto& [partition, state] : topic.partitions) all.push_back(partition);
            add_listed(result.response, topic, all);
        }
        return result;
    }
    for (const auto& wanted : *request.topics) {
        const TopicImage* topic = image.find_topic(wanted.name);
        if (topic != nullptr) add_listed(result.response, *topic, wanted.partition_indexes);
    }
    return result;
}

}  // namespace gregor::controller
