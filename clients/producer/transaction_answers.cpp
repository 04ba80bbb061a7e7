// What the coordinators' answers, and batches that failed, do to a transaction.
#include <algorithm>

#include "clients/producer/transaction_manager.h"
#include "sim/base/probe.h"

namespace gregor::producer {

using client::Error;
using client::error_of;
using client::TopicPartition;
using protocol::ErrorCode;
using enum TransactionState;

namespace {

/// The transaction before it is hardly over: asked again soon (Kafka's
/// ADD_PARTITIONS_RETRY_BACKOFF_MS).
constexpr Duration kConcurrentBackoff = 20ms;

bool is_unknown_producer(ErrorCode code) {
    return code == ErrorCode::invalid_producer_id_mapping || code == ErrorCode::unknown_producer_id;
}

/// Either what the coordinator answered, or that it did not.
template <class Response>
Error error_in(const Result<Response, Error>& answer) {
    return answer ? error_of(answer->error_code) : answer.error();
}

/// What decides where an answer has an error for each partition: what ends the transaction before
/// what passes.
class Worst {
public:
    template <class Response>
    explicit Worst(const Result<Response, Error>& answer) {
        if (!answer) error_ = answer.error();
    }
    void add(const TopicPartition& partition, ErrorCode code) {
        // Said of the others where one is refused.
        if (code == ErrorCode::none || code == ErrorCode::operation_not_attempted) return;
        if (error_.code != ErrorCode::none && protocol::is_retriable(code)) return;
        error_ = {code, fmt::format("{}: {}", partition, protocol::name(code))};
    }
    [[nodiscard]] const Error& error() const { return error_; }

private:
    Error error_{ErrorCode::none, {}};
};

}  // namespace

TransactionManager::Meaning TransactionManager::meaning_of(ErrorCode code) {
    if (code == ErrorCode::none) return Meaning::done;
    if (protocol::is_retriable(code)) return Meaning::again;
    switch (code) {
        case ErrorCode::fenced_instance_id:
        case ErrorCode::group_authorization_failed:
        case ErrorCode::illegal_generation:
        case ErrorCode::invalid_producer_id_mapping:
        case ErrorCode::offset_metadata_too_large:
        case ErrorCode::stale_member_epoch:
        case ErrorCode::topic_authorization_failed:
        case ErrorCode::transaction_abortable:
        case ErrorCode::unknown_member_id:
        case ErrorCode::unknown_producer_id: return Meaning::abortable;
        default: return Meaning::fatal;
    }
}

bool TransactionManager::settle(Instant now, const Error& error) {
    switch (meaning_of(error.code)) {
        case Meaning::done: return true;
        case Meaning::again: ask_again(now); return false;
        case Meaning::abortable: fail_abortably(error); return false;
        case Meaning::fatal: fail_fatally(error); return false;
    }
    UNREACHABLE();
}

void TransactionManager::may_come_late() {
    if (!is_version_2_) needs_next_epoch_ = true;
}

void TransactionManager::ask_again(Instant now) {
    not_before_ = deadline_after(now, options_.retry_backoff);
}

void TransactionManager::fail_abortably(const Error& error) {
    if (is_unknown_producer(error.code)) {
        is_unknown_ = true;
        needs_next_epoch_ = true;
    }
    // What is being aborted already cannot fail any more.
    if (state_ != in_transaction && state_ != committing) return;
    state_ = abortable_error;
    error_ = error;
    finish(fail(error));
}

void TransactionManager::fail_fatally(const Error& error) {
    if (state_ == fatal_error) return;
    const bool is_fenced =
        error.code == ErrorCode::producer_fenced || error.code == ErrorCode::invalid_producer_epoch;
    if (is_fenced) PROBE("a transactional producer learnt that it is fenced");
    state_ = fatal_error;
    error_ = is_fenced ? fenced() : error;
    finish(fail(*error_));
}

Error TransactionManager::fenced() const {
    return {ErrorCode::producer_fenced,
            fmt::format("Producer with transactionalId '{}' and producerId {} epoch {} has been "
                        "fenced by another producer with the same transactionalId",
                        options_.transactional_id, identity_.id, identity_.epoch)};
}

void TransactionManager::complete() {
    members_.clear();
    added_.clear();
    offsets_.clear();
    error_.reset();
    is_started_ = false;
    is_unknown_ = false;
    // From here on each transaction has an epoch of its own, of the old kind's last one none.
    if (is_cluster_version_2_ && !is_version_2_) needs_next_epoch_ = true;
    if (needs_next_epoch_) {
        PROBE("a transactional producer asked for the next epoch");
        state_ = initializing;
        return;
    }
    state_ = ready;
    finish({});
}

void TransactionManager::batch_failed(const Error& error) {
    switch (error.code) {
        case ErrorCode::cluster_authorization_failed:
        case ErrorCode::producer_fenced:
        case ErrorCode::transactional_id_authorization_failed:
        case ErrorCode::unsupported_version: return fail_fatally(error);
        default: break;
    }
    // Its sequence may be in the log or not; with an epoch for each transaction nobody minds.
    if (!is_version_2_) needs_next_epoch_ = true;
    fail_abortably(error);
}

// Answers. ----------------------------------------------------------------------------------------

void TransactionManager::initialized(Instant now,
                                     const Answer<protocol::InitProducerIdResponse>& answer) {
    if (state_ != initializing) return;
    const Error error = error_in(answer);
    switch (error.code) {
        case ErrorCode::none: break;
        case ErrorCode::cluster_authorization_failed:
        case ErrorCode::transactional_id_authorization_failed:
        case ErrorCode::transaction_abortable:
            // It may be asked for once more.
            if (identity_.is_known()) return fail_fatally(error);
            state_ = uninitialized;
            return finish(fail(error));
        default:
            return meaning_of(error.code) == Meaning::again ? ask_again(now) : fail_fatally(error);
    }
    identity_ = {.id = answer->producer_id.value(), .epoch = answer->producer_epoch.value()};
    needs_next_epoch_ = false;
    state_ = ready;
    finish({});
}

void TransactionManager::partitions_added(
    Instant now, const Answer<protocol::AddPartitionsToTxnResponse>& answer) {
    Worst worst(answer);
    std::vector<TopicPartition> joined;
    if (answer) {
        for (const auto& topic : answer->results_by_topic_v3_and_below) {
            for (const auto& partition : topic.results_by_partition) {
                const TopicPartition each{topic.name, partition.partition_index};
                worst.add(each, partition.partition_error_code);
                if (partition.partition_error_code == ErrorCode::none) joined.push_back(each);
            }
        }
    }
    is_started_ = is_started_ || !joined.empty();
    if (state_ != in_transaction && state_ != committing) return;
    for (const TopicPartition& each : joined) {
        const auto member = members_.find(each);
        if (member == members_.end() || member->second.is_added) continue;
        member->second.is_added = true;
        added_.push_back(member->second.slot);
    }
    const Error& error = worst.error();
    if (error.code == ErrorCode::concurrent_transactions && !is_started_) {
        not_before_ = deadline_after(now, std::min(kConcurrentBackoff, options_.retry_backoff));
        return;
    }
    static_cast<void>(settle(now, error));
}

void TransactionManager::offsets_added(Instant now,
                                       const Answer<protocol::AddOffsetsToTxnResponse>& answer) {
    const Error error = error_in(answer);
    if (error.code == ErrorCode::none) is_started_ = true;
    if (!settle(now, error) || offsets_.empty()) return;
    offsets_.front().is_added = true;
}

void TransactionManager::offsets_committed(
    Instant now, const Answer<protocol::TxnOffsetCommitResponse>& answer) {
    if (!answer) may_come_late();
    Worst worst(answer);
    const bool is_wanted = !offsets_.empty();
    if (answer) {
        for (const auto& topic : answer->topics) {
            for (const auto& partition : topic.partitions) {
                const TopicPartition each{topic.name, partition.partition_index};
                worst.add(each, partition.error_code);
                if (partition.error_code != ErrorCode::none || !is_wanted) continue;
                offsets_.front().offsets.erase(each);
            }
        }
    }
    if (!settle(now, worst.error()) || !is_wanted) return;
    offsets_.pop_front();
    if (offsets_.empty() && pending_ && pending_->operation == Operation::send_offsets) finish({});
}

void TransactionManager::ended(Instant now, const Answer<protocol::EndTxnResponse>& answer) {
    if (state_ != committing && state_ != aborting) return;
    if (!answer) may_come_late();
    const Error error = error_in(answer);
    const bool was_aborting = state_ == aborting;
    if (!was_aborting && may_be_committed_ && is_unknown_producer(error.code)) {
        // It has forgotten the producer since. (Kafka's takes the transaction for one to be
        // aborted.)
        fail_fatally(
            {error.code, fmt::format("{}: whether the transaction was committed is not known",
                                     protocol::name(error.code))});
        return;
    }
    may_be_committed_ = !was_aborting && meaning_of(error.code) == Meaning::again;
    if (!settle(now, error)) {
        // The coordinator knows nothing of it, and so there is nothing to abort.
        if (was_aborting && meaning_of(error.code) == Meaning::abortable) {
            needs_next_epoch_ = true;
            complete();
        }
        return;
    }
    if (is_version_2_) {
        identity_ = {.id = answer->producer_id.value(), .epoch = answer->producer_epoch.value()};
        needs_next_epoch_ = false;
    }
    complete();
}

}  // namespace gregor::producer
