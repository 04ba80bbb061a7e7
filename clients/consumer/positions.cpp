#include "clients/consumer/positions.h"

#include <algorithm>

#include "sim/base/check.h"
#include "sim/base/probe.h"

namespace gregor::consumer {

using protocol::ErrorCode;
using protocol::LeaderEpoch;
using protocol::NodeId;
using protocol::Offset;

// Which partitions. -------------------------------------------------------------------------------

void Positions::assign(const std::set<TopicPartition>& partitions) {
    std::erase_if(partitions_,
                  [&](const auto& entry) { return !partitions.contains(entry.first); });
    add(partitions);
}

void Positions::add(const std::set<TopicPartition>& partitions) {
    for (const TopicPartition& partition : partitions) {
        if (partitions_.contains(partition)) continue;
        Partition& added =
            partitions_.emplace(partition, FetchedRecords(partition, options_.isolation_level))
                .first->second;
        added.version = next_version_++;
        // Without a group nothing is committed, which is an error without auto.offset.reset too.
        if (options_.has_group || options_.auto_offset_reset == OffsetReset::none) continue;
        added.stage = Stage::awaiting_reset;
        added.reset_timestamp =
            options_.auto_offset_reset == OffsetReset::earliest ? kEarliest : kLatest;
    }
}

void Positions::remove(const std::set<TopicPartition>& partitions) {
    for (const TopicPartition& partition : partitions) partitions_.erase(partition);
}

std::set<TopicPartition> Positions::assigned() const {
    std::set<TopicPartition> assigned;
    for (const auto& [partition, state] : partitions_) assigned.insert(partition);
    return assigned;
}

// The application. --------------------------------------------------------------------------------

void Positions::seek(const TopicPartition& partition, const OffsetAndMetadata& to) {
    move_to(at(partition), to);
}

void Positions::reset(const TopicPartition& partition, std::int64_t timestamp) {
    Partition& state = at(partition);
    drop_fetched(state);
    state.stage = Stage::awaiting_reset;
    state.reset_timestamp = timestamp;
    state.not_before = {};
}

std::set<TopicPartition> Positions::paused() const {
    std::set<TopicPartition> paused;
    for (const auto& [partition, state] : partitions_) {
        if (state.is_paused) paused.insert(partition);
    }
    return paused;
}

std::optional<Offset> Positions::position(const TopicPartition& partition) const {
    const auto found = partitions_.find(partition);
    if (found == partitions_.end()) return std::nullopt;
    const Stage stage = found->second.stage;
    if (stage != Stage::fetching && stage != Stage::validating) return std::nullopt;
    return found->second.position;
}

std::optional<std::int64_t> Positions::lag(const TopicPartition& partition) const {
    const auto at = position(partition);
    if (!at) return std::nullopt;
    const Offset end = partitions_.at(partition).end_offset;
    if (end == protocol::kNoOffset) return std::nullopt;
    return std::max<std::int64_t>(end - *at, 0);
}

Offsets Positions::consumed() const {
    Offsets offsets;
    for (const auto& [partition, state] : partitions_) {
        if (state.stage != Stage::fetching && state.stage != Stage::validating) continue;
        offsets[partition] = {.offset = state.position, .leader_epoch = state.offset_epoch};
    }
    return offsets;
}

Positions::Taken Positions::take(std::size_t max_records) {
    std::vector<std::pair<std::uint64_t, TopicPartition>> turns;
    for (const auto& [partition, state] : partitions_) {
        const bool has_records = state.stage == Stage::fetching && !state.fetched.empty();
        if (has_records && !state.is_paused) turns.emplace_back(state.last_served, partition);
    }
    std::ranges::sort(turns);
    Taken taken;
    for (const auto& [turn, partition] : turns) {
        if (taken.records.size() >= max_records) break;
        Partition& state = at(partition);
        auto part = state.fetched.take(state.position, state.offset_epoch,
                                       max_records - taken.records.size());
        state.position = part.position;
        state.offset_epoch = part.leader_epoch;
        state.last_served = next_turn_++;
        std::ranges::move(part.records, std::back_inserter(taken.records));
        if (part.is_damaged) {
            drop_fetched(state);
            taken.damaged = partition;
            break;
        }
    }
    check_invariants();
    return taken;
}

// What is to be asked. ----------------------------------------------------------------------------

template <class Accept>
std::vector<PositionQuestion> Positions::questions(Accept accept) const {
    std::vector<PositionQuestion> questions;
    for (const auto& [partition, state] : partitions_) {
        if (!accept(state)) continue;
        questions.push_back({.partition = partition,
                             .version = state.version,
                             .leader_epoch = state.leader.epoch,
                             .timestamp = state.reset_timestamp,
                             .offset_epoch = state.offset_epoch,
                             .offset = state.fetch_offset});
    }
    return questions;
}

std::vector<PositionQuestion> Positions::awaiting_committed(Instant now) const {
    return questions([&](const Partition& each) {
        return each.stage == Stage::awaiting_committed && each.not_before <= now;
    });
}

std::vector<PositionQuestion> Positions::awaiting_reset(NodeId leader, Instant now) const {
    return questions([&](const Partition& each) {
        return each.stage == Stage::awaiting_reset && each.leader.node == leader &&
               each.not_before <= now;
    });
}

std::vector<PositionQuestion> Positions::awaiting_validation(NodeId leader, Instant now) const {
    return questions([&](const Partition& each) {
        return each.stage == Stage::validating && each.leader.node == leader &&
               each.not_before <= now;
    });
}

std::vector<PositionQuestion> Positions::fetchable(NodeId leader, Instant now) const {
    return questions([&](const Partition& each) {
        return each.stage == Stage::fetching && each.leader.node == leader && !each.is_paused &&
               !is_full(each) && each.not_before <= now;
    });
}

bool Positions::has_full(NodeId leader) const {
    return std::ranges::any_of(partitions_, [&](const auto& entry) {
        return entry.second.leader.node == leader && !entry.second.is_paused &&
               is_full(entry.second);
    });
}

Instant Positions::next_retry(Instant now) const {
    Instant next = kNever;
    for (const auto& [partition, state] : partitions_) {
        if (state.not_before > now) next = std::min(next, state.not_before);
    }
    return next;
}

// What was answered. ------------------------------------------------------------------------------

void Positions::set_leader(const TopicPartition& partition, PartitionLeader leader) {
    const auto found = partitions_.find(partition);
    if (found == partitions_.end()) return;
    Partition& state = found->second;
    const bool is_new_epoch = leader.epoch > state.leader.epoch;
    state.leader = leader;
    if (!is_new_epoch || state.stage != Stage::fetching) return;
    if (state.offset_epoch == protocol::kNoLeaderEpoch || state.offset_epoch == leader.epoch) {
        return;
    }
    // What was fetched ahead may be of a log that is no more.
    drop_fetched(state);
    state.stage = Stage::validating;
}

AnswerOutcome Positions::committed_found(const PositionQuestion& question,
                                         const OffsetAndMetadata& committed) {
    Partition* const state = find(question, Stage::awaiting_committed);
    if (state == nullptr) return {};
    if (committed.offset == protocol::kNoOffset) {
        return reset_or_fail(*state, ErrorCode::offset_out_of_range);
    }
    move_to(*state, committed);
    return {};
}

void Positions::reset_found(const PositionQuestion& question, Offset offset, LeaderEpoch epoch) {
    Partition* const state = find(question, Stage::awaiting_reset);
    if (state == nullptr) return;
    move_to(*state, {.offset = offset, .leader_epoch = epoch});
    state->stage = Stage::fetching;
}

AnswerOutcome Positions::validated(const PositionQuestion& question, LeaderEpoch epoch,
                                   Offset end_offset) {
    Partition* const state = find(question, Stage::validating);
    if (state == nullptr) return {};
    if (epoch == protocol::kNoLeaderEpoch || end_offset == protocol::kNoOffset) {
        // The leader knows of no such epoch any more.
        return reset_or_fail(*state, ErrorCode::offset_out_of_range);
    }
    if (end_offset >= state->position && epoch >= state->offset_epoch) {
        state->stage = Stage::fetching;
        return {};
    }
    PROBE("a consumer found its log truncated");
    const Offset diverged = std::min(end_offset, state->position);
    if (options_.auto_offset_reset == OffsetReset::none) {
        return {.error = ErrorCode::offset_out_of_range};
    }
    move_to(*state, {.offset = diverged, .leader_epoch = epoch});
    state->stage = Stage::fetching;
    return {};
}

AnswerOutcome Positions::fetched(const PositionQuestion& question,
                                 const protocol::FetchResponse::Partition& answer, Instant now) {
    Partition* const state = find(question, Stage::fetching);
    if (state == nullptr || state->fetch_offset != question.offset) return {};
    if (answer.error_code != ErrorCode::none) return fetch_failed(*state, answer.error_code, now);
    state->end_offset = options_.isolation_level == IsolationLevel::read_committed
                            ? answer.last_stable_offset
                            : answer.high_watermark;
    const auto end = state->fetched.push(answer, state->fetch_offset, options_.check_crcs);
    if (!end) {
        // The bytes were damaged on their way, or are on the leader's disk.
        PROBE("a consumer refused a damaged batch");
        state->not_before = deadline_after(now, options_.retry_backoff);
        return {};
    }
    state->fetch_offset = *end;
    check_invariants();
    return {};
}

AnswerOutcome Positions::fetch_failed(Partition& partition, ErrorCode error, Instant now) {
    partition.not_before = deadline_after(now, options_.retry_backoff);
    if (error == ErrorCode::offset_out_of_range) {
        // What was fetched before is returned first; then the question comes again.
        if (!partition.fetched.empty()) return {};
        return reset_or_fail(partition, error);
    }
    if (protocol::is_retriable(error)) {
        return {.needs_metadata = error != ErrorCode::unknown_leader_epoch &&
                                  error != ErrorCode::offset_not_available};
    }
    return {.error = error};
}

void Positions::failed(const PositionQuestion& question, Instant now) {
    const auto found = partitions_.find(question.partition);
    if (found == partitions_.end() || found->second.version != question.version) return;
    found->second.not_before = deadline_after(now, options_.retry_backoff);
}

// Parts. ------------------------------------------------------------------------------------------

Positions::Partition& Positions::at(const TopicPartition& partition) {
    const auto found = partitions_.find(partition);
    CHECK(found != partitions_.end(), "{} is not assigned to this consumer", partition);
    return found->second;
}

Positions::Partition* Positions::find(const PositionQuestion& question, Stage stage) {
    const auto found = partitions_.find(question.partition);
    if (found == partitions_.end() || found->second.version != question.version ||
        found->second.stage != stage) {
        return nullptr;
    }
    return &found->second;
}

/// Two fetches' worth: one that is being returned, one that comes.
bool Positions::is_full(const Partition& partition) const {
    return partition.fetched.size_in_bytes() >=
           2 * static_cast<std::size_t>(options_.max_partition_fetch_bytes);
}

void Positions::move_to(Partition& partition, const OffsetAndMetadata& to) {
    partition.position = to.offset;
    partition.offset_epoch = to.leader_epoch;
    partition.not_before = {};
    drop_fetched(partition);
    const bool is_known = to.leader_epoch != protocol::kNoLeaderEpoch;
    partition.stage = is_known ? Stage::validating : Stage::fetching;
}

AnswerOutcome Positions::reset_or_fail(Partition& partition, ErrorCode error) {
    if (options_.auto_offset_reset == OffsetReset::none) return {.error = error};
    drop_fetched(partition);
    partition.stage = Stage::awaiting_reset;
    partition.reset_timestamp =
        options_.auto_offset_reset == OffsetReset::earliest ? kEarliest : kLatest;
    return {};
}

void Positions::drop_fetched(Partition& partition) {
    partition.fetched.clear();
    partition.fetch_offset = partition.position;
    partition.version = next_version_++;
}

void Positions::check_invariants() const {
    for (const auto& [partition, state] : partitions_) {
        if (state.stage != Stage::fetching) continue;
        CHECK(state.position <= state.fetch_offset, "{}: position {} above what was fetched, {}",
              partition, state.position, state.fetch_offset);
    }
}

}  // namespace gregor::consumer
