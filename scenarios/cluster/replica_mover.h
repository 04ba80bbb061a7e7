// ReplicaMover: moves replicas between the log directories of their brokers (KIP-113), by the same
// calls as gregorctl reassign, and looks whether they have come there (V7).
//
// A call that was not answered may be done all the same: what was wanted last of each replica is
// said again once the faults are over. A replica that is not on its broker any more is let go, and
// so is one whose move the broker has refused.
#pragma once

#include <map>
#include <string>

#include "clients/admin/log_directories.h"
#include "scenarios/cluster/settling.h"

namespace gregor::scenarios::cluster {

/// By the number a plan says: "data", "data2" …
[[nodiscard]] std::string log_directory(std::int64_t number);

class ReplicaMover {
public:
    explicit ReplicaMover(client::Cluster& cluster) : directories_(cluster, kAdminTryTimeout) {}

    void move(const admin::Replica& replica, const std::string& path);
    /// The broker is there no more.
    void forget(protocol::NodeId broker);
    /// Empty: every replica is where it was wanted. Each call is a step towards that.
    [[nodiscard]] std::string what_is_left();

private:
    admin::LogDirectories directories_;
    std::map<admin::Replica, std::string> wanted_;
};

}  // namespace gregor::scenarios::cluster
