// TransactionObserver: looks at the coordinators of transactions on all running nodes and holds
// what they know against what may be.
//
//     T4   a transaction is open and its coordinator does not watch how long it takes, or lets it
//          take longer than its timeout: its producer may never be heard of again
//     T11  two nodes coordinate one partition of __transaction_state in one leader epoch
#pragma once

#include <vector>

#include "broker/server/node.h"
#include "scenarios/judge.h"

namespace gregor::scenarios {

class TransactionObserver {
public:
    struct Watched {
        server::Node* node = nullptr;  // nullptr: it does not run
        Instant now{};                 // of its own clock
    };

    explicit TransactionObserver(Judge& judge) : judge_(judge) {}

    /// Between two events.
    void observe(const std::vector<Watched>& nodes);

private:
    void look_at(const Watched& watched, const coordinator::TransactionCoordinator& coordinator);

    Judge& judge_;
};

}  // namespace gregor::scenarios
