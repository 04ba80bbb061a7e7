#include "scenarios/cluster/drawing.h"

#include <array>

#include "scenarios/applications/groups.h"

namespace gregor::scenarios::cluster {
namespace {

using simulated::FaultKind;

constexpr std::array kCrashes{FaultKind::kill, FaultKind::power_loss, FaultKind::clean_restart,
                              FaultKind::pause};
constexpr std::array kNetwork{
    FaultKind::partition,       FaultKind::one_way_partition, FaultKind::clog,
    FaultKind::swizzle_clog,    FaultKind::connection_reset,  FaultKind::half_open,
    FaultKind::freeze_in_frame, FaultKind::connect_refused,   FaultKind::slow_accept,
};
constexpr std::array kDisks{
    FaultKind::disk_read_error,   FaultKind::disk_write_error, FaultKind::disk_sync_error,
    FaultKind::disk_open_error,   FaultKind::disk_full,        FaultKind::disk_slow,
    FaultKind::disk_rename_error, FaultKind::power_loss,       FaultKind::kill,
};
constexpr std::array kClocks{FaultKind::clock_step, FaultKind::clock_drift, FaultKind::pause,
                             FaultKind::kill};
constexpr std::array kFailover{FaultKind::kill,      FaultKind::pause,
                               FaultKind::partition, FaultKind::one_way_partition,
                               FaultKind::clog,      FaultKind::clean_restart};
constexpr std::array kRolling{FaultKind::clean_restart};
constexpr std::array kReassigning{FaultKind::kill,      FaultKind::power_loss,
                                  FaultKind::pause,     FaultKind::clean_restart,
                                  FaultKind::partition, FaultKind::one_way_partition,
                                  FaultKind::clog,      FaultKind::disk_write_error};
constexpr std::array kApplicationFaults{FaultKind::kill,      FaultKind::power_loss,
                                        FaultKind::pause,     FaultKind::clean_restart,
                                        FaultKind::partition, FaultKind::one_way_partition,
                                        FaultKind::clog,      FaultKind::connection_reset,
                                        FaultKind::half_open, FaultKind::slow_accept};
constexpr std::array kEverything{
    FaultKind::kill,
    FaultKind::power_loss,
    FaultKind::clean_restart,
    FaultKind::pause,
    FaultKind::disk_read_error,
    FaultKind::disk_write_error,
    FaultKind::disk_sync_error,
    FaultKind::disk_open_error,
    FaultKind::disk_rename_error,
    FaultKind::disk_full,
    FaultKind::disk_slow,
    FaultKind::connection_reset,
    FaultKind::half_open,
    FaultKind::partition,
    FaultKind::one_way_partition,
    FaultKind::clog,
    FaultKind::swizzle_clog,
    FaultKind::freeze_in_frame,
    FaultKind::connect_refused,
    FaultKind::slow_accept,
    FaultKind::clock_step,
    FaultKind::clock_drift,
};

constexpr std::array<Drawing, 10> kDrawings{{
    {.name = "crash",
     .summary = "brokers and controllers that die, lose power, stop in order and stand still",
     .kinds = kCrashes,
     .faults_min = 8,
     .faults_max = 14,
     .floor_acknowledged = 500,
     .floor_faults = 3,
     .floor_crashes = 1,
     .floor_elections = 4},
    {.name = "partitions",
     .summary = "networks cut in every shape between nodes, and between them and clients",
     .kinds = kNetwork,
     .one_kind_in = 2,
     .faults_min = 8,
     .faults_max = 20,
     .floor_acknowledged = 500,
     .floor_faults = 3,
     .floor_elections = 1},
    {.name = "disks",
     .summary = "disks that fail, fill up, become slow and lose what was not synced",
     .kinds = kDisks,
     .one_kind_in = 2,
     .faults_min = 8,
     .faults_max = 16,
     .floor_acknowledged = 500,
     .floor_faults = 2,
     .floor_elections = 1},
    {.name = "clocks",
     .summary = "clocks that jump and drift while nodes stand still and die",
     .kinds = kClocks,
     .faults_min = 8,
     .faults_max = 16,
     .floor_acknowledged = 500,
     .floor_faults = 3,
     .floor_elections = 1},
    {.name = "isr-failover",
     .summary = "leaders that vanish just as their in-sync set or high watermark changes",
     .kinds = kFailover,
     .faults_min = 8,
     .faults_max = 14,
     .any_topology = true,
     .failovers_in = 2,
     .floor_acknowledged = 500,
     .floor_faults = 3,
     .floor_elections = 4},
    {.name = "controller-failover",
     .summary = "controllers, most of them apart from brokers, that vanish one after the other",
     .kinds = kFailover,
     .faults_min = 8,
     .faults_max = 14,
     .any_topology = true,
     .controllers_only = true,
     .failovers_in = 2,
     .voter_changes_in = 3,
     .floor_acknowledged = 500,
     .floor_faults = 3,
     .floor_elections = 2},
    {.name = "rolling",
     .summary = "every node is restarted in order, one after the other",
     .kinds = kRolling,
     .rolls = true,
     .floor_acknowledged = 500,
     .floor_faults = 3,
     .floor_elections = 3},
    {.name = "reassign",
     .summary = "partitions that move between brokers, of which some come and others go",
     .kinds = kReassigning,
     .one_kind_in = 2,
     .faults_min = 4,
     .faults_max = 10,
     .operations_in = 1,
     .operations = {.reassignments_min = 8, .reassignments_max = 14, .brokers_come_and_go = true},
     .floor_acknowledged = 500,
     .floor_faults = 2,
     .floor_elections = 2,
     .floor_reassignments = 3},
    {.name = "swarm",
     .summary = "clusters of any size and setting under any mixture of faults",
     .kinds = kEverything,
     .one_kind_in = 3,
     .faults_min = 8,
     .faults_max = 24,
     .scenes_max = 3,
     .any_topology = true,
     .operations_in = 4,
     .operations = {.reassignments_min = 2, .reassignments_max = 8},
     .voter_changes_in = 4,
     .floor_acknowledged = 300,
     .floor_faults = 2,
     .floor_elections = 1},
    {.name = "groups",
     .summary = "consumer groups whose members and coordinators come and go",
     .kinds = kApplicationFaults,
     .one_kind_in = 2,
     .faults_min = 2,
     .faults_max = 8,
     .application = &applications::kGroups,
     .floor_acknowledged = 100,
     .floor_faults = 2,
     .floor_elections = 1},
}};

}  // namespace

std::span<const Drawing> drawings() { return kDrawings; }

std::span<const FaultKind> faults_of_applications() { return kApplicationFaults; }

}  // namespace gregor::scenarios::cluster
