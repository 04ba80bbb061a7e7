#include "clients/producer/transaction_manager.h"

#include <algorithm>

#include "sim/base/check.h"

namespace gregor::producer {

using client::Error;
using client::TopicPartition;
using protocol::ErrorCode;
using protocol::ProducerEpoch;
using protocol::ProducerId;
using enum TransactionState;

namespace {

// Where transaction.version is below 2 these are the newest that may be sent.
constexpr std::int16_t kLastTxnOffsetCommitOfVersion1 = 4;
constexpr std::int16_t kLastEndTxnOfVersion1 = 4;

}  // namespace

std::string_view name(TransactionState state) {
    switch (state) {
        case uninitialized: return "UNINITIALIZED";
        case initializing: return "INITIALIZING";
        case ready: return "READY";
        case in_transaction: return "IN_TRANSACTION";
        case committing: return "COMMITTING_TRANSACTION";
        case aborting: return "ABORTING_TRANSACTION";
        case abortable_error: return "ABORTABLE_ERROR";
        case fatal_error: return "FATAL_ERROR";
    }
    UNREACHABLE();
}

bool TransactionManager::is_open() const {
    return state_ == in_transaction || state_ == committing || state_ == aborting ||
           state_ == abortable_error;
}

bool TransactionManager::is_ending() const {
    const bool is_after_end = state_ == initializing && identity_.is_known();
    return state_ == committing || state_ == aborting || is_after_end;
}

// The application. --------------------------------------------------------------------------------

TransactionManager::Outcome TransactionManager::refuse_state(std::string_view to) const {
    return fail(Error{ErrorCode::invalid_txn_state,
                      fmt::format("TransactionalId {}: Invalid transition attempted from state {} "
                                  "to state {}",
                                  options_.transactional_id, name(state_), to)});
}

TransactionManager::Outcome TransactionManager::check_no_error() const {
    if (state_ != abortable_error && state_ != fatal_error) return {};
    return fail(Error{error_->code,
                      fmt::format("Cannot execute transactional method because we are in an error "
                                  "state: {}",
                                  error_->message)});
}

Result<bool, Error> TransactionManager::goes_on(Operation operation) const {
    if (!pending_) return false;
    if (pending_->operation == operation) return true;
    // Offsets that nobody waits for any more are committed, or not, with the rest.
    if (pending_->operation == Operation::send_offsets || pending_->outcome) return false;
    constexpr std::string_view kNames[] = {"initTransactions", "sendOffsetsToTransaction",
                                           "commitTransaction", "abortTransaction"};
    return fail(Error{ErrorCode::invalid_txn_state,
                      fmt::format("Cannot attempt operation `{}` because the previous call to `{}` "
                                  "timed out and must be retried",
                                  kNames[static_cast<std::size_t>(operation)],
                                  kNames[static_cast<std::size_t>(pending_->operation)])});
}

void TransactionManager::start(Operation operation) { pending_ = {.operation = operation}; }

void TransactionManager::finish(Outcome outcome) {
    if (pending_ && !pending_->outcome) pending_->outcome = std::move(outcome);
}

std::optional<TransactionManager::Outcome> TransactionManager::take_outcome() {
    if (!pending_ || !pending_->outcome) return std::nullopt;
    std::optional<Outcome> outcome = std::move(pending_->outcome);
    pending_.reset();
    return outcome;
}

TransactionManager::Outcome TransactionManager::init() {
    TRY(check_no_error());
    if (TRY(goes_on(Operation::init))) return {};
    if (state_ != uninitialized) return refuse_state(name(initializing));
    start(Operation::init);
    state_ = initializing;
    return {};
}

TransactionManager::Outcome TransactionManager::begin() {
    TRY(check_no_error());
    if (state_ != ready) return refuse_state(name(in_transaction));
    pending_.reset();
    is_version_2_ = is_cluster_version_2_;
    state_ = in_transaction;
    return {};
}

TransactionManager::Outcome TransactionManager::send_offsets(client::Offsets offsets,
                                                             client::GroupMetadata group) {
    TRY(check_no_error());
    if (state_ != in_transaction) {
        return fail(Error{ErrorCode::invalid_txn_state,
                          fmt::format("Cannot send offsets if a transaction is not in progress "
                                      "(currentState= {})",
                                      name(state_))});
    }
    start(Operation::send_offsets);
    if (offsets.empty()) {
        finish({});
        return {};
    }
    if (is_version_2_) is_started_ = true;
    offsets_.push_back({.group = std::move(group), .offsets = std::move(offsets)});
    return {};
}

TransactionManager::Outcome TransactionManager::commit() {
    TRY(check_no_error());
    if (TRY(goes_on(Operation::commit))) return {};
    if (state_ != in_transaction) return refuse_state(name(committing));
    start(Operation::commit);
    may_be_committed_ = false;
    state_ = committing;
    return {};
}

TransactionManager::Outcome TransactionManager::abort() {
    if (state_ != abortable_error) TRY(check_no_error());
    if (TRY(goes_on(Operation::abort))) return {};
    if (state_ != in_transaction && state_ != abortable_error) return refuse_state(name(aborting));
    start(Operation::abort);
    state_ = aborting;
    error_.reset();
    // Nobody needs to join what is given up.
    std::erase_if(members_, [](const auto& member) { return !member.second.is_added; });
    offsets_.clear();
    return {};
}

TransactionManager::Outcome TransactionManager::check_send() const {
    TRY(check_no_error());
    if (state_ == in_transaction) return {};
    return fail(
        Error{ErrorCode::invalid_txn_state,
              fmt::format("Cannot send a record outside of a transaction (currentState= {})",
                          name(state_))});
}

bool TransactionManager::join(const TopicPartition& partition, PartitionSlot slot) {
    CHECK(state_ == in_transaction);
    Member& member = members_.try_emplace(partition, Member{.slot = slot}).first->second;
    if (is_version_2_) {
        is_started_ = true;
        member.is_added = true;
    }
    return member.is_added;
}

std::vector<PartitionSlot> TransactionManager::take_added() { return std::exchange(added_, {}); }

// What is asked. ----------------------------------------------------------------------------------

TransactionStep TransactionManager::next(Instant now, bool has_batches) {
    if (not_before_ > now) return WaitUntil{not_before_};
    switch (state_) {
        case initializing: return init_request();
        case in_transaction:
        case committing:
            if (auto step = step_to_join()) return *std::move(step);
            if (state_ == committing && !has_batches) return step_to_end(true);
            break;
        case aborting:
            if (!has_batches) return step_to_end(false);
            break;
        default: break;
    }
    return WaitUntil{kNever};
}

/// Partitions first: batches wait for them.
std::optional<TransactionStep> TransactionManager::step_to_join() const {
    const bool is_any_new =
        std::ranges::any_of(members_, [](const auto& member) { return !member.second.is_added; });
    if (is_any_new) return add_partitions_request();
    if (offsets_.empty()) return std::nullopt;
    const GroupOffsets& first = offsets_.front();
    if (is_version_2_ || first.is_added) return commit_offsets_request(first);
    return protocol::AddOffsetsToTxnRequest{.transactional_id = options_.transactional_id,
                                            .producer_id = ProducerId(identity_.id),
                                            .producer_epoch = ProducerEpoch(identity_.epoch),
                                            .group_id = first.group.group_id};
}

TransactionStep TransactionManager::step_to_end(bool commit) {
    if (is_started_ && !is_unknown_) {
        return EndTransaction{.request = {.transactional_id = options_.transactional_id,
                                          .producer_id = ProducerId(identity_.id),
                                          .producer_epoch = ProducerEpoch(identity_.epoch),
                                          .committed = commit},
                              .newest = is_version_2_
                                            ? protocol::EndTxnRequest::kMessage.versions.max
                                            : kLastEndTxnOfVersion1};
    }
    // No coordinator knows of it, or would end it.
    complete();
    return state_ == initializing ? TransactionStep(init_request())
                                  : TransactionStep(WaitUntil{kNever});
}

protocol::InitProducerIdRequest TransactionManager::init_request() const {
    const auto ms =
        std::chrono::duration_cast<std::chrono::milliseconds>(options_.transaction_timeout).count();
    return {.transactional_id = options_.transactional_id,
            .transaction_timeout_ms = static_cast<std::int32_t>(ms),
            .producer_id = ProducerId(identity_.id),
            .producer_epoch = ProducerEpoch(identity_.epoch)};
}

protocol::AddPartitionsToTxnRequest TransactionManager::add_partitions_request() const {
    protocol::AddPartitionsToTxnRequest request;
    request.v3_and_below_transactional_id = options_.transactional_id;
    request.v3_and_below_producer_id = ProducerId(identity_.id);
    request.v3_and_below_producer_epoch = ProducerEpoch(identity_.epoch);
    auto& topics = request.v3_and_below_topics;
    for (const auto& [partition, member] : members_) {
        if (member.is_added) continue;
        if (topics.empty() || topics.back().name != partition.topic) {
            topics.push_back({.name = partition.topic, .partitions = {}});
        }
        topics.back().partitions.push_back(partition.partition);
    }
    return request;
}

CommitOffsets TransactionManager::commit_offsets_request(const GroupOffsets& offsets) const {
    protocol::TxnOffsetCommitRequest request{.transactional_id = options_.transactional_id,
                                             .group_id = offsets.group.group_id,
                                             .producer_id = ProducerId(identity_.id),
                                             .producer_epoch = ProducerEpoch(identity_.epoch),
                                             .generation_id = offsets.group.generation_id,
                                             .member_id = offsets.group.member_id,
                                             .group_instance_id = offsets.group.group_instance_id};
    for (const auto& [partition, offset] : offsets.offsets) {
        if (request.topics.empty() || request.topics.back().name != partition.topic) {
            request.topics.push_back({.name = partition.topic, .partitions = {}});
        }
        request.topics.back().partitions.push_back({.partition_index = partition.partition,
                                                    .committed_offset = offset.offset,
                                                    .committed_leader_epoch = offset.leader_epoch,
                                                    .committed_metadata = offset.metadata});
    }
    return {.group_id = offsets.group.group_id,
            .request = std::move(request),
            .newest = is_version_2_ ? protocol::TxnOffsetCommitRequest::kMessage.versions.max
                                    : kLastTxnOffsetCommitOfVersion1};
}

void TransactionManager::check_invariants() const {
    const bool has_error = state_ == abortable_error || state_ == fatal_error;
    CHECK(has_error == error_.has_value(), "{} and an error: {}", name(state_), error_.has_value());
    CHECK(is_open() || state_ == fatal_error || (members_.empty() && offsets_.empty()),
          "partitions or offsets of no transaction in state {}", name(state_));
    CHECK(!is_open() || identity_.is_known(), "a transaction of nobody");
}

}  // namespace gregor::producer
