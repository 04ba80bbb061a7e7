// Inquiry: asks brokers what tools ask, and holds the answers against what the brokers know: the
// quorum (KIP-595), settings of topics and brokers, partitions page by page (KIP-966), transactions
// (KIP-664). QuorumAnswers, ImageAnswers and TransactionAnswers say which answers may be given.
//
// Plans with `questions = 1` have it all the while, beside the other clients; at the end of each
// run it goes through all brokers. Interview asks of replicas.
#pragma once

#include "scenarios/clients/link.h"
#include "scenarios/cluster/nodes.h"

namespace gregor::scenarios::cluster {

class Inquiry {
public:
    Inquiry(clients::Workload& workload, const Nodes& nodes) : workload_(workload), nodes_(nodes) {}

    /// The body of a client: one question after the other while there are faults.
    void ask_at_random(Runtime& runtime);
    /// The body of another: every question to every broker, when nothing happens any more.
    void ask_all(Runtime& runtime);
    [[nodiscard]] bool is_done() const { return is_done_; }

private:
    class Inquirer;

    clients::Workload& workload_;
    const Nodes& nodes_;
    bool is_done_ = false;
};

}  // namespace gregor::scenarios::cluster
