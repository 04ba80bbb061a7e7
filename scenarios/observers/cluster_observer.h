// ClusterObserver: looks at the nodes of a simulated cluster as a debugger would, between two of
// their steps, and shows what it sees to ClusterInvariants. Nodes do not notice.
//
//     nodes' memory: roles, marks, images ──┐
//     disks: bytes of the logs (LogTail) ───┴──> ClusterView ──> ClusterInvariants ──> Judge
//
//     ClusterObserver observer(judge);
//     observer.watch(world, [](Machine& machine) { return the node, or nullptr; });
//     world.run_for(60s);
//
// It looks whenever a node tells of something that could break an invariant, and whenever observe()
// is called, which a run does now and then for the rest. A power loss that took data is an excuse,
// which it notes by itself; what a disk loses otherwise must be told: invariants().lost_data().
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "broker/server/node.h"
#include "scenarios/checkers/cluster_invariants.h"
#include "scenarios/observers/log_tail.h"
#include "sim/simulated/world.h"

namespace gregor::scenarios {

class ClusterObserver {
public:
    /// The node that runs on a machine; nullptr for a machine of another kind.
    using FindNode = std::function<server::Node*(simulated::Machine&)>;

    explicit ClusterObserver(Judge& judge, ClusterInvariants::Options options = {})
        : invariants_(judge, options) {}

    /// Looks at every cue from now on. Outlives the world's last event.
    void watch(simulated::World& world, FindNode find_node);
    /// Looks now. Inside or between events.
    void observe();

    [[nodiscard]] ClusterInvariants& invariants() { return invariants_; }
    [[nodiscard]] const ClusterView& view() const { return view_; }
    [[nodiscard]] std::uint64_t observations() const { return observations_; }

private:
    /// One log of one run of a node.
    struct Tail {
        std::uint64_t start = 0;
        std::uint64_t seen_at = 0;       // which observation
        ReplicaView* replica = nullptr;  // in the view; none: the metadata log's
        LogTail tail;
    };

    struct SeenMachine {
        std::optional<NodeId> node;  // that runs or ran there
        std::uint64_t starts = 0;
        std::int64_t latest_wall_ms = 0;
        std::uint64_t power_losses = 0;
    };

    void look_at(simulated::Machine& machine, server::Node& node, std::int64_t latest_wall_ms);
    void look_at_quorum(simulated::Machine& machine, NodeId id, drivers::ClusterMetadata& metadata);
    ReplicaView& look_at_replica(simulated::Machine& machine, NodeId id, bool is_registered,
                                 const replication::HostedPartition& hosted);
    void note_restarts(const simulated::Machine& machine, SeenMachine& seen);
    void note_power_losses(const simulated::Machine& machine, SeenMachine& seen);
    void forget_what_is_gone();

    ClusterInvariants invariants_;
    simulated::World* world_ = nullptr;
    FindNode find_node_;
    ClusterView view_;
    std::uint64_t observations_ = 0;
    std::map<std::pair<PartitionKey, NodeId>, Tail> tails_;
    std::map<NodeId, Tail> quorum_tails_;
    /// Replicas that were taken from a running broker: what comes back there is another one.
    std::set<std::pair<PartitionKey, NodeId>> taken_away_;
    std::vector<SeenMachine> machines_;  // as in the world
};

}  // namespace gregor::scenarios
