// FailoverWatch: how long a partition takes no sends once its leader's process was killed, in a
// cluster that was whole before and that nothing else befalls meanwhile. Not of a power loss, which
// breaks no connection: clients then wait for timeouts of their own.
//
//     killed          noticed: fenced           leads          first send with acks=all
//     acknowledged |-- broker.session.timeout.ms --|--|--------|---------------------|
//     |------------------------ bound -------------------------------------->|
//
// With it may die the active controller: then the quorum misses it after
// controller.quorum.fetch.timeout.ms and a twentieth at most, elects another, and that one gives
// every broker a third of a session at least. Where two voters stand at once and nobody wins, the
// epoch costs controller.quorum.election.timeout.ms and controller.quorum.election.backoff.max.ms.
// The bound follows from these settings; a second and a half is for all that takes no timeout:
// votes, commits, the image's way, the clients' questions.
//
// V1: every partition that was led there takes sends again within the bound. Only from the first
// batch on that somebody has for it; so none is judged that nobody sends to.
#pragma once

#include <cstdint>
#include <optional>

#include "broker/server/config.h"
#include "scenarios/clients/workload.h"
#include "scenarios/cluster/nodes.h"
#include "sim/simulated/plan.h"

namespace gregor::scenarios::cluster {

class FailoverWatch {
public:
    /// `config`: of any node; they agree on the timeouts.
    FailoverWatch(clients::Workload& workload, Nodes& nodes, const server::Config& config);

    /// A fault is about to happen to a node, or else (nullptr) to a client.
    void before(const simulated::Fault& fault, const ClusterNode* node);
    /// Now and then.
    void look();
    /// What is not over yet is not judged.
    void give_up();

    /// Partitions that were timed to the end, as somebody had something for them all the while.
    [[nodiscard]] std::uint64_t timed() const { return timed_; }
    /// Of them all together.
    [[nodiscard]] Duration taken() const { return taken_; }

private:
    /// Whether the failover of `node` has nothing to wait for but the timeouts.
    [[nodiscard]] bool is_whole(const ClusterNode& node, Instant now);
    [[nodiscard]] bool is_controller_whole() const;
    [[nodiscard]] std::int64_t quorum_epoch() const;
    /// For the epochs since begin() in which nobody has won.
    [[nodiscard]] Duration lost_elections() const;
    void begin(const ClusterNode& node, Instant now);
    [[nodiscard]] bool is_over(clients::PartitionUnderTest& partition, Instant now);

    clients::Workload& workload_;
    Nodes& nodes_;
    bool is_judged_;
    Duration session_;
    Duration fetch_timeout_;
    Duration election_;
    std::int64_t min_isr_;
    /// Until then the last faults may still be felt.
    Instant troubled_until_{};
    bool is_timing_ = false;
    std::string who_;
    Duration bound_{};
    std::int64_t first_epoch_ = 0;  // of the quorum
    std::uint64_t timed_ = 0;
    Duration taken_{};
};

}  // namespace gregor::scenarios::cluster
