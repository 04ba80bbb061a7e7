// Interview: asks brokers what few clients ask, and holds what they tell against what they know:
// where leader epochs end, offsets by time and for read_committed, fetches from followers, in
// leader epochs that are right, gone by or yet to come, alone and in sessions (KIP-227), and who
// has written to a log. ReplicaAnswers says which answers may be given. Inquiry asks of the rest.
//
// Plans with `questions = 1` have it all the while, beside the other clients; at the end of each
// run it goes through all brokers and partitions.
#pragma once

#include <memory>
#include <vector>

#include "scenarios/checkers/replica_answers.h"
#include "scenarios/clients/link.h"
#include "scenarios/cluster/nodes.h"
#include "scenarios/observers/cluster_observer.h"

namespace gregor::scenarios::cluster {

class Interview {
public:
    /// `observer`: what it sees of the logs.
    Interview(clients::Workload& workload, const Nodes& nodes, const ClusterObserver& observer)
        : workload_(workload), nodes_(nodes), observer_(observer) {}

    /// The body of a client: one question after the other while there are faults.
    void ask_at_random(Runtime& runtime);
    /// The body of another: every kind of question to every broker, of every partition.
    void ask_all(Runtime& runtime);
    [[nodiscard]] bool is_done() const { return is_done_; }

private:
    class Interviewer;

    clients::Workload& workload_;
    const Nodes& nodes_;
    const ClusterObserver& observer_;
    bool is_done_ = false;
};

}  // namespace gregor::scenarios::cluster
