// TransactionCoordinator: InitProducerId. Whoever asks becomes the one producer of the id; those
// before are fenced by the epoch. A producer that goes on after an error names what it has: only if
// nobody took over meanwhile it gets the next epoch (KIP-360).
#include "broker/coordinator/transactions/transaction_coordinator.h"
#include "broker/coordinator/transactions/transitions.h"
#include "sim/base/planted.h"
#include "sim/base/probe.h"

namespace gregor::coordinator {

using protocol::ErrorCode;
using protocol::kNoProducerEpoch;
using protocol::ProducerEpoch;

namespace {

ProducerAnswer refusal(ErrorCode error) { return {.error = error}; }

}  // namespace

TransactionCoordinator::Decision TransactionCoordinator::decide(const CoordinatorContext& context,
                                                                const InitProducer& request) {
    if (request.transactional_id.empty()) return {refusal(ErrorCode::invalid_request)};
    if (request.timeout_ms <= 0 || request.timeout_ms > config_.max_timeout_ms) {
        return {refusal(ErrorCode::invalid_transaction_timeout)};
    }
    const TransactionMetadata* known = find(request.transactional_id);
    if (known == nullptr) {
        // Whatever it says that it has: that is forgotten.
        if (!request.fresh_id) return {NeedsProducerId{}};
        const ProducerIdAndEpoch producer{*request.fresh_id, ProducerEpoch(0)};
        last_epochs_.erase(request.transactional_id);
        return {ProducerAnswer{.producer = producer},
                new_transactional_id(producer, request.timeout_ms, context.wall_ms)};
    }
    if (!is_expected(request, *known)) {
        PROBE("a producer that was fenced asked to go on");
        return {refusal(ErrorCode::producer_fenced)};
    }
    if (known->is_decided()) return {refusal(ErrorCode::concurrent_transactions)};
    if (known->state == TransactionState::ongoing) {
        // The epoch of the abort is given to nobody: the client asks again and gets the next one.
        PROBE("a producer took over an open transaction");
        last_epochs_.erase(request.transactional_id);
        return {refusal(ErrorCode::concurrent_transactions), fenced(*known, context.wall_ms)};
    }
    return take_over(context, request, *known);
}

/// Whether the producer is the present one, or one whose last bump was not answered. (Kafka lets a
/// fenced one abort its successor's transaction before it tells it so.)
bool TransactionCoordinator::is_expected(const InitProducer& request,
                                         const TransactionMetadata& known) const {
    if (!request.expected || *request.expected == known.producer) return true;
    if (PLANTED(init_of_earlier_epoch)) return true;
    const bool is_exhausted_id =
        request.expected->id == known.previous_producer_id && is_exhausted(request.expected->epoch);
    if (request.expected->id != known.producer.id && !is_exhausted_id) return false;
    const auto last = last_epochs_.find(request.transactional_id);
    return last != last_epochs_.end() && last->second == request.expected->epoch;
}

TransactionCoordinator::Decision TransactionCoordinator::take_over(
    const CoordinatorContext& context, const InitProducer& request,
    const TransactionMetadata& known) {
    const bool is_retry = request.expected && *request.expected != known.producer;
    if (is_retry) {
        PROBE("a bump of the epoch was answered once more");
        return {ProducerAnswer{.producer = known.producer},
                taken_over(known, known.producer, request.timeout_ms, context.wall_ms)};
    }
    ProducerIdAndEpoch next{known.producer.id, known.producer.epoch};
    if (is_exhausted(known.producer.epoch)) {
        if (!request.fresh_id) return {NeedsProducerId{}};
        PROBE("the epochs of a producer id were exhausted");
        next = {*request.fresh_id, ProducerEpoch(0)};
    } else {
        next.epoch += std::int16_t{1};
    }
    if (request.expected) {
        last_epochs_[request.transactional_id] = known.producer.epoch;
    } else {
        last_epochs_.erase(request.transactional_id);
    }
    return {ProducerAnswer{.producer = next},
            taken_over(known, next, request.timeout_ms, context.wall_ms)};
}

}  // namespace gregor::coordinator
