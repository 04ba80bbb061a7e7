// TransactionCoordinator: EndTxn.
//
// From transaction.version 2 on a request tells by its epoch which transaction it means: that of
// the present epoch the one that is open, that of the epoch before the one that has ended, whose
// end is answered once more. Older clients have one epoch for all of them, and what they mean is
// guessed from the state.
#include "broker/coordinator/transactions/transaction_coordinator.h"
#include "broker/coordinator/transactions/transitions.h"
#include "sim/base/probe.h"

namespace gregor::coordinator {

using protocol::ErrorCode;
using protocol::kNoProducerId;
using protocol::ProducerEpoch;

namespace {

ProducerAnswer refusal(ErrorCode error) { return {.error = error}; }

/// The request is of the transaction before: its answer was lost. (Kafka looks at the epoch alone,
/// and so gives the epoch of a newer producer to the one that it fenced, if the newer one's client
/// is older.)
bool is_retry(const TransactionMetadata& known, const EndTransaction& request) {
    if (request.client_version < kEpochPerTransaction) return false;
    if (!known.has_epoch_per_transaction()) return false;
    if (known.producer.id == request.producer.id) {
        return known.producer.epoch - request.producer.epoch == 1;
    }
    return known.previous_producer_id == request.producer.id &&
           known.producer.epoch == ProducerEpoch(0) &&
           request.producer.epoch == kLastProducerEpoch - std::int16_t{1};
}

bool has_valid_epoch(const TransactionMetadata& known, const EndTransaction& request, bool retry) {
    const bool is_present = known.producer.epoch == request.producer.epoch;
    if (request.client_version < kEpochPerTransaction) return is_present;
    return is_present || ((known.is_decided() || known.is_complete()) && retry);
}

ErrorCode check(const TransactionMetadata* known, const EndTransaction& request, bool retry) {
    if (known->producer.id != request.producer.id && !retry) {
        return ErrorCode::invalid_producer_id_mapping;
    }
    if (!has_valid_epoch(*known, request, retry)) return ErrorCode::producer_fenced;
    return ErrorCode::none;
}

bool has_ended_so(const TransactionMetadata& known, bool commit) {
    return known.state ==
               (commit ? TransactionState::complete_commit : TransactionState::complete_abort) ||
           known.state ==
               (commit ? TransactionState::prepare_commit : TransactionState::prepare_abort);
}

}  // namespace

TransactionCoordinator::Decision TransactionCoordinator::decide(const CoordinatorContext& context,
                                                                const EndTransaction& request) {
    if (request.transactional_id.empty()) return {refusal(ErrorCode::invalid_request)};
    const TransactionMetadata* known = find(request.transactional_id);
    if (known == nullptr) return {refusal(ErrorCode::invalid_producer_id_mapping)};
    const bool retry = is_retry(*known, request);
    const ErrorCode error = check(known, request, retry);
    if (error != ErrorCode::none) return {refusal(error)};
    if (known->state == TransactionState::ongoing) return end(context, request, *known);

    const bool has_own_epoch = request.client_version >= kEpochPerTransaction;
    if (has_own_epoch && !retry) {
        // The one before is not over yet. (Kafka takes the producer for one that was fenced.)
        if (known->is_decided()) return {refusal(ErrorCode::concurrent_transactions)};
        // No partition has joined this transaction. There is nothing to commit, and an abort is
        // worth its epoch: what the client still has under way is fenced by it.
        if (request.commit) return {refusal(ErrorCode::invalid_txn_state)};
        return end(context, request, *known);
    }
    if (!has_ended_so(*known, request.commit)) return {refusal(ErrorCode::invalid_txn_state)};
    if (known->is_decided()) return {refusal(ErrorCode::concurrent_transactions)};
    PROBE("the end of a transaction was answered once more");
    return {ProducerAnswer{.producer = known->producer}};
}

TransactionCoordinator::Decision TransactionCoordinator::end(const CoordinatorContext& context,
                                                             const EndTransaction& request,
                                                             const TransactionMetadata& known) {
    const bool has_own_epoch = request.client_version >= kEpochPerTransaction;
    Ending ending{.commit = request.commit, .client_version = request.client_version};
    if (has_own_epoch && is_exhausted(known.producer.epoch)) {
        if (!request.fresh_id) return {NeedsProducerId{}};
        ending.next_producer_id = *request.fresh_id;
    }
    TransactionMetadata next = ended(known, ending, context.wall_ms);
    if (has_own_epoch) last_epochs_[request.transactional_id] = known.producer.epoch;
    ProducerAnswer answer{.producer = next.producer};
    if (next.next_producer_id != kNoProducerId) {
        answer.producer = {next.next_producer_id, ProducerEpoch(0)};
    }
    return {answer, std::move(next)};
}

}  // namespace gregor::coordinator
