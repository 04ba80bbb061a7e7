// Roles: names that a plan's faults may give in place of a machine's, for whoever has the role at
// the instant at which the fault happens.
//
//     active-controller         the leader of the metadata quorum, of the latest epoch
//     leader-of-t0-1            of the partition, as the newest image says
//     follower-of-t0-1          the first other replica that is in sync; else the first other one
//     last-follower-of-t0-1     the last of those
//     coordinator-of-g0         of the group: who leads its partition of __consumer_offsets
//
// A partition may be one of an internal topic: leader-of-__consumer_offsets-0. Groups have roles in
// scenarios whose plans have them (the number `groups`).
//
// Two roles may be one machine's: a partition of two replicas has one follower.
#pragma once

#include <string>
#include <string_view>

#include "scenarios/cluster/nodes.h"
#include "sim/simulated/plan.h"

namespace gregor::scenarios::cluster {

inline constexpr std::string_view kActiveController = "active-controller";
inline constexpr std::string_view kLeaderOf = "leader-of-";
inline constexpr std::string_view kFollowerOf = "follower-of-";
inline constexpr std::string_view kLastFollowerOf = "last-follower-of-";
inline constexpr std::string_view kCoordinatorOf = "coordinator-of-";

/// Whether the name is that of a role in the plan's cluster.
[[nodiscard]] bool is_role(std::string_view name, const simulated::Plan& plan);

/// The machine that has the role now, or the name itself if it is none's; empty: nobody has it.
[[nodiscard]] std::string who_is(const std::string& name, Nodes& nodes);

}  // namespace gregor::scenarios::cluster
