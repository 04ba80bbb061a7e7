// TransactionCoordinator: partitions that join a transaction, and whether they have.
#include <algorithm>

#include "broker/coordinator/transactions/transaction_coordinator.h"
#include "broker/coordinator/transactions/transitions.h"

namespace gregor::coordinator {

using protocol::ErrorCode;

namespace {

ErrorCode check(const TransactionMetadata* known, const AddPartitions& request) {
    if (request.transactional_id.empty()) return ErrorCode::invalid_request;
    if (known == nullptr || known->producer.id != request.producer.id) {
        return ErrorCode::invalid_producer_id_mapping;
    }
    if (known->producer.epoch != request.producer.epoch) return ErrorCode::producer_fenced;
    if (known->is_decided()) return ErrorCode::concurrent_transactions;
    return ErrorCode::none;
}

bool has_all(const TransactionMetadata& known, const std::set<TransactionPartition>& partitions) {
    return std::ranges::includes(known.partitions, partitions);
}

/// All of them where no transaction is open: a batch may not begin one by itself.
std::set<TransactionPartition> absent(const TransactionMetadata& known,
                                      const std::set<TransactionPartition>& partitions) {
    std::set<TransactionPartition> result;
    std::ranges::set_difference(partitions, known.partitions, std::inserter(result, result.end()));
    return result;
}

}  // namespace

TransactionCoordinator::Decision TransactionCoordinator::decide(const CoordinatorContext& context,
                                                                const AddPartitions& request) {
    const TransactionMetadata* known = find(request.transactional_id);
    const ErrorCode error = check(known, request);
    if (error != ErrorCode::none) return {AddAnswer{.error = error}};
    if (request.verify_only) return {AddAnswer{.absent = absent(*known, request.partitions)}};
    const bool is_open = known->state == TransactionState::ongoing;
    if (is_open && has_all(*known, request.partitions)) return {AddAnswer{}};
    if (!is_open) {
        deadlines_[request.transactional_id] = context.now_ms + std::max(known->timeout_ms, 0);
    }
    return {AddAnswer{},
            joined(*known, request.partitions, request.client_version, context.wall_ms)};
}

}  // namespace gregor::coordinator
