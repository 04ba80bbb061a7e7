#include "clients/consumer/committer.h"

#include <mutex>

namespace gregor::consumer {

using client::Error;
using client::error_of;
using protocol::ErrorCode;

namespace {

protocol::OffsetCommitRequest request_of(const ConsumerConfig& config, const Offsets& offsets,
                                         const Generation& generation) {
    protocol::OffsetCommitRequest request{.group_id = config.group_id,
                                          .generation_id_or_member_epoch = generation.generation_id,
                                          .member_id = generation.member_id,
                                          .group_instance_id = config.group_instance_id,
                                          .topics = {}};
    for (const auto& [partition, offset] : offsets) {
        if (request.topics.empty() || request.topics.back().name != partition.topic) {
            request.topics.push_back({.name = partition.topic, .partitions = {}});
        }
        request.topics.back().partitions.push_back({.partition_index = partition.partition,
                                                    .committed_offset = offset.offset,
                                                    .committed_leader_epoch = offset.leader_epoch,
                                                    .committed_metadata = offset.metadata});
    }
    return request;
}

ErrorCode first_error(const protocol::OffsetCommitResponse& answer) {
    for (const auto& topic : answer.topics) {
        for (const auto& partition : topic.partitions) {
            if (partition.error_code != ErrorCode::none) return partition.error_code;
        }
    }
    return ErrorCode::none;
}

protocol::OffsetFetchRequest request_of(const std::string& group_id,
                                        const std::set<TopicPartition>& partitions) {
    // Versions below 8 have the first form.
    protocol::OffsetFetchRequest request{.group_id = group_id, .require_stable = true};
    auto& group = request.groups.emplace_back();
    group.group_id = group_id;
    for (const TopicPartition& each : partitions) {
        if (request.topics->empty() || request.topics->back().name != each.topic) {
            request.topics->push_back({.name = each.topic, .partition_indexes = {}});
            group.topics->push_back({.name = each.topic, .partition_indexes = {}});
        }
        request.topics->back().partition_indexes.push_back(each.partition);
        group.topics->back().partition_indexes.push_back(each.partition);
    }
    return request;
}

/// Of either form of the answer.
template <class Topics>
Result<Offsets, Error> read_offsets(const Topics& topics) {
    Offsets offsets;
    for (const auto& topic : topics) {
        for (const auto& partition : topic.partitions) {
            if (partition.error_code != ErrorCode::none) {
                return fail(error_of(partition.error_code));
            }
            if (partition.committed_offset < protocol::Offset(0)) continue;
            offsets[{topic.name, partition.partition_index}] = {
                .offset = partition.committed_offset,
                .leader_epoch = partition.committed_leader_epoch,
                .metadata = partition.metadata.value_or("")};
        }
    }
    return offsets;
}

}  // namespace

void Committer::run_commits() {
    for (;;) {
        if (open_.empty()) {
            state_.changed.wait();
            continue;
        }
        Pending& next = open_.front();  // stays in front until it is done
        {
            const std::scoped_lock in_order(writing_);
            next.result = commit_once(next.offsets, next.generation,
                                      deadline_after(state_.now(), state_.config.request_timeout));
        }
        done_.push_back(std::move(open_.front()));
        open_.pop_front();
        state_.notify();
    }
}

void Committer::run_lookups() {
    for (;;) {
        const Instant now = state_.now();
        const auto questions = state_.positions.awaiting_committed(now);
        if (questions.empty()) {
            state_.changed.wait(state_.positions.next_retry(now));
            continue;
        }
        std::set<TopicPartition> partitions;
        for (const PositionQuestion& each : questions) partitions.insert(each.partition);
        const auto found =
            state_.config.group_id.empty()
                ? Result<Offsets, Error>(Offsets())
                : fetch_once(partitions,
                             deadline_after(state_.now(), state_.config.request_timeout));
        for (const PositionQuestion& each : questions) {
            if (!found) {
                state_.positions.failed(each, state_.now());
                continue;
            }
            const auto offset = found->find(each.partition);
            const auto outcome = state_.positions.committed_found(
                each,
                offset == found->end() ? OffsetAndMetadata{protocol::kNoOffset} : offset->second);
            if (!outcome.error) continue;
            state_.positions.failed(each, state_.now());
            state_.report({*outcome.error, fmt::format("Undefined offset with no reset policy for "
                                                       "partition {}",
                                                       each.partition)});
        }
        if (!found && !protocol::is_retriable(found.error().code)) state_.report(found.error());
        state_.notify();
    }
}

Result<Generation, Error> Committer::generation_to_commit() {
    if (state_.config.group_id.empty()) return fail(error_of(ErrorCode::invalid_group_id));
    const GroupMember& membership = state_.membership;
    // Without a subscription the offsets are the application's own business.
    if (state_.subscription.topics.empty() && !state_.subscription.pattern) return Generation{};
    const Generation generation = membership.generation();
    if (generation.generation_id < 0 || membership.is_lost()) {
        return fail(Error{ErrorCode::unknown_member_id,
                          "Offset commit cannot be completed since the consumer is not part of an "
                          "active group for auto partition assignment"});
    }
    return generation;
}

Result<void, Error> Committer::commit_sync(const Offsets& offsets, Instant deadline) {
    if (offsets.empty()) return {};
    Generation generation = TRY(generation_to_commit());
    // What was committed before this goes before this.
    while (!open_.empty()) {
        if (!state_.changed.wait(deadline)) return fail(error_of(ErrorCode::request_timed_out));
    }
    const std::scoped_lock in_order(writing_);
    for (;;) {
        auto done = commit_once(offsets, generation, state_.coordinator.end_of_try(deadline));
        const bool is_behind = !done && done.error().code == ErrorCode::stale_member_epoch;
        if (is_behind && state_.now() < deadline) {
            // The member is one still; a heartbeat brings its epoch.
            state_.cluster.back_off();
            generation = TRY(generation_to_commit());
            continue;
        }
        if (done || !state_.cluster.is_worth_another_try(done.error(), deadline)) return done;
        state_.cluster.back_off();
    }
}

bool Committer::commit_async(Offsets offsets, CommitCallback done) {
    if (open_.size() + done_.size() >= kMaxOpen) return false;
    auto generation = generation_to_commit();
    if (generation) {
        open_.push_back({.offsets = std::move(offsets),
                         .generation = *std::move(generation),
                         .done = std::move(done)});
    } else {
        done_.push_back({.offsets = std::move(offsets),
                         .generation = {},
                         .done = std::move(done),
                         .result = fail(std::move(generation).error())});
    }
    state_.notify();
    return true;
}

void Committer::deliver() {
    while (!done_.empty()) {
        const Pending next = std::move(done_.front());
        done_.pop_front();
        if (next.done) next.done(next.offsets, next.result);
    }
}

Result<void, Error> Committer::commit_once(const Offsets& offsets, const Generation& generation,
                                           Instant deadline) {
    if (!observer_.committing) return exchange_commit(offsets, generation, deadline);
    auto answered = observer_.committing(offsets, generation);
    auto result = exchange_commit(offsets, generation, deadline);
    answered(result);
    return result;
}

Result<void, Error> Committer::exchange_commit(const Offsets& offsets, const Generation& generation,
                                               Instant deadline) {
    const auto answer = TRY(state_.coordinator.call<protocol::OffsetCommitResponse>(
        CoordinatorLink::Channel::offsets, request_of(state_.config, offsets, generation),
        deadline));
    const ErrorCode error = first_error(answer);
    if (error == ErrorCode::none) return {};
    state_.coordinator.note(error);
    const bool concerns_member =
        error == ErrorCode::unknown_member_id || error == ErrorCode::illegal_generation ||
        error == ErrorCode::fenced_instance_id || error == ErrorCode::rebalance_in_progress ||
        error == ErrorCode::fenced_member_epoch;
    if (concerns_member && generation.generation_id >= 0) {
        state_.membership.commit_refused(state_.now(), error, generation);
        state_.notify();
    }
    return fail(error_of(error));
}

Result<Offsets, Error> Committer::committed(const std::set<TopicPartition>& partitions,
                                            Instant deadline) {
    for (;;) {
        auto found = fetch_once(partitions, state_.coordinator.end_of_try(deadline));
        if (found || !state_.cluster.is_worth_another_try(found.error(), deadline)) return found;
        state_.cluster.back_off();
    }
}

Result<Offsets, Error> Committer::fetch_once(const std::set<TopicPartition>& partitions,
                                             Instant deadline) {
    if (!observer_.fetching) return exchange_fetch(partitions, deadline);
    auto answered = observer_.fetching(partitions);
    auto result = exchange_fetch(partitions, deadline);
    answered(result);
    return result;
}

Result<Offsets, Error> Committer::exchange_fetch(const std::set<TopicPartition>& partitions,
                                                 Instant deadline) {
    const auto answer = TRY(state_.coordinator.call<protocol::OffsetFetchResponse>(
        CoordinatorLink::Channel::offsets, request_of(state_.config.group_id, partitions),
        deadline));
    const ErrorCode error =
        answer.groups.empty() ? answer.error_code : answer.groups.front().error_code;
    state_.coordinator.note(error);
    if (error != ErrorCode::none) return fail(error_of(error));
    if (answer.groups.empty()) return read_offsets(answer.topics);
    return read_offsets(answer.groups.front().topics);
}

}  // namespace gregor::consumer
