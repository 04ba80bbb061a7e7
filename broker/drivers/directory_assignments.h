// DirectoryAssignments: tells the controller in which log directory each replica of this broker
// lies, where the metadata says something else (KIP-858): of a new replica, of one that has moved.
//
// The metadata is what is compared with, so nothing has to be remembered: what was not taken is
// told again at the next tick.
#pragma once

#include "broker/drivers/cluster_metadata.h"
#include "broker/drivers/controller_channel.h"
#include "broker/replication/replica_manager.h"

namespace gregor::drivers {

class DirectoryAssignments {
public:
    /// Of one request; the rest is told at the next tick.
    static constexpr std::size_t kMostPartitions = 2'250;

    DirectoryAssignments(Runtime& runtime, ClusterMetadata& metadata, ControllerChannel& channel,
                         replication::ReplicaManager& replicas)
        : runtime_(runtime), metadata_(metadata), channel_(channel), replicas_(replicas) {}

    /// A tick: waits for the controller if there is anything to tell.
    void tell();

private:
    [[nodiscard]] protocol::AssignReplicasToDirsRequest differences() const;

    Runtime& runtime_;
    ClusterMetadata& metadata_;
    ControllerChannel& channel_;
    replication::ReplicaManager& replicas_;
};

}  // namespace gregor::drivers
