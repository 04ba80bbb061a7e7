// Watches: all that looks at a cluster's run from outside, in one place: who hears of what happens,
// and who looks between two events.
//
//     world's events ─┐                      ┌─ atlas, reassignments, failovers, livelocks, …
//     clients' answers├──> Watches ─────────>│
//     every 250 ms   ─┘                      └─ observers of replicas, groups, transactions
#pragma once

#include <vector>

#include "scenarios/cluster/acknowledgements.h"
#include "scenarios/cluster/atlas.h"
#include "scenarios/cluster/failover_watch.h"
#include "scenarios/cluster/inquiry.h"
#include "scenarios/cluster/interview.h"
#include "scenarios/cluster/livelock_watch.h"
#include "scenarios/cluster/metadata_answers.h"
#include "scenarios/cluster/metrics_check.h"
#include "scenarios/cluster/orderly_stops.h"
#include "scenarios/cluster/reassignment_watch.h"
#include "scenarios/observers/cluster_observer.h"
#include "scenarios/observers/group_observer.h"
#include "scenarios/observers/transaction_observer.h"
#include "scenarios/scenario.h"

namespace gregor::scenarios::cluster {

class Watches {
public:
    /// `config`: of any node; they agree on what is asked of it.
    Watches(const simulated::Plan& plan, simulated::World& world, clients::Workload& workload,
            Nodes& nodes, const server::Config& config);

    /// Hears of all that happens from now on. Outlives the world's last event.
    void begin();
    /// What must hold of the running nodes between two events, in each and across them.
    void look();

    /// A fault strikes a machine; of a client's there is no node (nullptr).
    void before(const simulated::Fault& fault, const ClusterNode* node);
    void after(const simulated::Fault& fault, const ClusterNode* node);
    void faults_end() { failovers_.give_up(); }
    void healed() { livelocks_.begin(); }
    /// All has come right.
    void judge_rest() { livelocks_.judge(); }
    /// The nodes have been shut down.
    void judge_end() { observer_.invariants().check_at_end(); }

    /// Ask brokers what few clients ask.
    [[nodiscard]] Interview& interview() { return interview_; }
    [[nodiscard]] Inquiry& inquiry() { return inquiry_; }

    [[nodiscard]] std::uint64_t elections() const { return elections_; }
    [[nodiscard]] std::uint64_t completed_reassignments() const {
        return reassignments_.completed();
    }
    void add_counts(std::map<std::string, std::uint64_t>& counts) const;

private:
    Judge& judge_;
    simulated::World& world_;
    clients::Workload& workload_;
    Nodes& nodes_;
    Atlas atlas_;
    ClusterObserver observer_;
    Interview interview_;
    Inquiry inquiry_;
    RunningMetrics running_metrics_;
    Acknowledgements acknowledgements_;
    GroupObserver groups_;
    TransactionObserver transactions_;
    ReassignmentWatch reassignments_;
    LivelockWatch livelocks_;
    OrderlyStops orderly_stops_;
    MetadataAnswers metadata_answers_;
    FailoverWatch failovers_;
    std::uint64_t looks_ = 0;
    std::uint64_t elections_ = 0;
    std::uint64_t moves_ = 0;
    std::uint64_t segments_deleted_ = 0;
    std::uint64_t failed_directories_ = 0;
};

}  // namespace gregor::scenarios::cluster
