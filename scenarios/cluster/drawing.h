// Drawing: what tells one scenario of clusters from another: which faults it draws, how many, and
// what a run of it must at least have met.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "scenarios/applications/application.h"
#include "scenarios/cluster/operations.h"
#include "scenarios/scenario.h"

namespace gregor::scenarios::cluster {

struct Drawing {
    std::string_view name;
    std::string_view summary;
    std::span<const simulated::FaultKind> kinds;
    /// Of the kinds, one in so many is enabled in a plan (swarm testing); 1: all are.
    std::uint64_t one_kind_in = 1;
    std::int64_t faults_min = 0;
    std::int64_t faults_max = 0;
    /// Besides single faults, one scene or up to so many.
    std::int64_t scenes_max = 0;
    /// Half of the plans have controllers apart from brokers, and one, three or five of them.
    bool any_topology = false;
    /// Faults befall only nodes that are controllers.
    bool controllers_only = false;
    /// One node after the other is restarted, in order.
    bool rolls = false;
    /// What the client machines run in place of the wire workload, if anything.
    const applications::ApplicationKind* application = nullptr;
    /// One plan in so many has operations; 0: none.
    std::uint64_t operations_in = 0;
    OperationsDrawing operations;
    /// One plan in so many ends with a crash after a rest, for the FailoverWatch; 0: none.
    std::uint64_t failovers_in = 0;
    /// One plan in so many changes the quorum's voters; 0: none.
    std::uint64_t voter_changes_in = 0;
    /// In one plan in so many nodes have several log directories, and replicas move between them;
    /// 0: in none.
    std::uint64_t log_dirs_in = 0;
    std::uint64_t floor_acknowledged = 0;
    std::uint64_t floor_faults = 0;
    std::uint64_t floor_crashes = 0;
    std::uint64_t floor_elections = 0;      // leaders of partitions and of the quorum
    std::uint64_t floor_reassignments = 0;  // completed
};

[[nodiscard]] std::span<const Drawing> drawings();
/// The kinds of faults that clusters with an application meet.
[[nodiscard]] std::span<const simulated::FaultKind> faults_of_applications();

[[nodiscard]] simulated::Plan draw_plan(const Drawing& drawing, std::uint64_t seed,
                                        const Numbers& given);

}  // namespace gregor::scenarios::cluster
