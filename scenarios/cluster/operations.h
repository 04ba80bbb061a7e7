// Operations: what an administrator does to a cluster during a run, as a plan lists it.
//
//     reassign t0-1 to 2,4 …        the partition's replicas from now on; the amount, if any, is a
//                                   throttle in bytes per second. Those of one time are one request
//     cancel-reassignment t0-1      back to where it was, if it still moves
//     move-replica t0-1 of 2 to 3   on broker n2, to its third log directory (the amount)
//     start-broker n5               a broker that is not there before
//     remove-broker n4              its replicas move to others, then it stops for good
//     unregister-broker n4          and is forgotten
//     add-voter n7                  a controller that follows the quorum becomes a voter (KIP-853)
//     remove-voter n5               and ceases to be one; it follows on
//     raise-kraft-version           from configured voters to those of the log
//
// Brokers come and go only where they are no controllers.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "scenarios/scenario.h"

namespace gregor::scenarios::cluster {

inline constexpr std::string_view kReassign = "reassign";
inline constexpr std::string_view kCancel = "cancel-reassignment";
inline constexpr std::string_view kMoveReplica = "move-replica";
inline constexpr std::string_view kStartBroker = "start-broker";
inline constexpr std::string_view kRemoveBroker = "remove-broker";
inline constexpr std::string_view kUnregisterBroker = "unregister-broker";

inline constexpr std::string_view kAddVoter = "add-voter";
inline constexpr std::string_view kRemoveVoter = "remove-voter";
inline constexpr std::string_view kRaiseKRaftVersion = "raise-kraft-version";

/// Whether the VoterAdministrator does it; the Administrator does the others.
[[nodiscard]] bool is_of_voters(std::string_view kind);

struct OperationsDrawing {
    std::int64_t reassignments_min = 0;
    std::int64_t reassignments_max = 0;
    /// Half of the plans begin without their last broker, half lose one.
    bool brokers_come_and_go = false;
};

/// How many log directories a node has.
[[nodiscard]] std::int64_t log_directories(const simulated::Plan& plan);

/// For a plan whose topology, workload and duration are drawn. Sorted by time.
[[nodiscard]] std::vector<simulated::Operation> draw_operations(const OperationsDrawing& drawing,
                                                                const simulated::Plan& plan);
/// The same: replicas that move between the log directories of their brokers.
[[nodiscard]] std::vector<simulated::Operation> draw_moves(const simulated::Plan& plan);

/// Whether the operation can be done in the plan's cluster; the error says what to write instead.
[[nodiscard]] Result<void, std::string> check_operation(const simulated::Operation& operation,
                                                        const simulated::Plan& plan);

/// The id in "n4"; nothing if it is not that.
[[nodiscard]] std::optional<std::int32_t> node_id(std::string_view name);
/// When the broker is first started: never mind until its start-broker, if there is one.
[[nodiscard]] std::optional<Duration> late_start(const simulated::Plan& plan, std::int32_t node);

}  // namespace gregor::scenarios::cluster
