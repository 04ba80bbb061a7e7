// TransactionObserver: looks at the coordinators of transactions on all running nodes and holds
// what they know against what may be.
//
//     T4   a transaction is open and its coordinator does not watch how long it takes, or lets it
//          take longer than its timeout: its producer may never be heard of again
//     T6   what is over for a coordinator is not over: transaction_ends.h
//     T11  two nodes coordinate one partition of __transaction_state in one leader epoch
#pragma once

#include <vector>

#include "scenarios/observers/transaction_ends.h"

namespace gregor::scenarios {

class TransactionObserver {
public:
    explicit TransactionObserver(Judge& judge) : judge_(judge), ends_(judge) {}

    /// Between two events. `view` is of this moment.
    void observe(const std::vector<WatchedNode>& nodes, const ClusterView& view);

private:
    void look_at(const WatchedNode& watched,
                 const coordinator::TransactionCoordinator& coordinator);

    Judge& judge_;
    TransactionEnds ends_;
};

}  // namespace gregor::scenarios
