// MarkerWriter: writes the markers that end transactions to the partitions that this broker leads,
// as a coordinator asks for them, this broker's own or another's. On __consumer_offsets the group
// coordinator has to know of them: it writes them there.
#pragma once

#include <functional>

#include "broker/drivers/group_coordinators.h"
#include "broker/protocol/messages/transactions.h"
#include "broker/replication/replica_manager.h"

namespace gregor::drivers {

class MarkerWriter {
public:
    using Done = std::move_only_function<void(protocol::WriteTxnMarkersResponse)>;

    MarkerWriter(Runtime& runtime, replication::ReplicaManager& replicas, GroupCoordinators& groups)
        : runtime_(runtime), replicas_(replicas), groups_(groups) {}

    /// Appends as acks=all does; the answer has the request's markers and partitions in its order.
    /// Errors of a partition, beside those of any append: INVALID_PRODUCER_EPOCH,
    /// TRANSACTION_COORDINATOR_FENCED.
    void write(const protocol::WriteTxnMarkersRequest& request, Duration timeout, Done done);

private:
    Runtime& runtime_;
    replication::ReplicaManager& replicas_;
    GroupCoordinators& groups_;
};

}  // namespace gregor::drivers
