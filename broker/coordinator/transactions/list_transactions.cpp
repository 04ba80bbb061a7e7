// TransactionCoordinator: what operators see (KIP-664, KIP-994).
#include "broker/coordinator/transactions/transaction_coordinator.h"

namespace gregor::coordinator {

using protocol::ErrorCode;

TransactionCoordinator::Decision TransactionCoordinator::decide(
    const CoordinatorContext&, const DescribeTransaction& request) {
    if (request.transactional_id.empty()) {
        return {Description{.error = ErrorCode::invalid_request, .metadata = {}}};
    }
    const TransactionMetadata* known = find(request.transactional_id);
    if (known == nullptr) {
        return {Description{.error = ErrorCode::transactional_id_not_found, .metadata = {}}};
    }
    return {Description{.metadata = *known}};
}

TransactionCoordinator::Decision TransactionCoordinator::decide(const CoordinatorContext& context,
                                                                const ListTransactions& request) {
    Listing listing;
    for (const auto& [id, metadata] : transactions_) {
        if (!request.states.empty() && !request.states.contains(metadata.state)) continue;
        if (!request.producer_ids.empty() && !request.producer_ids.contains(metadata.producer.id)) {
            continue;
        }
        if (request.longer_than_ms >= 0 &&
            context.wall_ms - metadata.start_ms <= request.longer_than_ms) {
            continue;
        }
        listing.entries.push_back({id, metadata.producer.id, metadata.state});
    }
    return {std::move(listing)};
}

}  // namespace gregor::coordinator
