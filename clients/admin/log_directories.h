// LogDirectories: in which of their brokers' log directories replicas lie, and moving them between
// those (KIP-113). Each call asks the broker itself.
#pragma once

#include <compare>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "broker/protocol/messages/log_dirs.h"
#include "clients/admin/reassignment.h"
#include "clients/client/cluster.h"

namespace gregor::admin {

/// Of one partition, on one broker.
struct Replica {
    TopicPartition partition;
    NodeId broker;

    friend auto operator<=>(const Replica&, const Replica&) = default;
};
/// "orders-3-1", as Kafka writes replicas.
[[nodiscard]] std::string to_string(const Replica& replica);

/// Log directories by path; empty: none.
struct ReplicaPlace {
    std::string directory;
    std::string future;  // where it moves to
    /// A directory of that broker has failed, and the replica may be in it.
    bool may_be_offline = false;
};

class LogDirectories {
public:
    using Directory = protocol::DescribeLogDirsResponse::LogDir;

    explicit LogDirectories(client::Cluster& cluster, Duration timeout = 60s);

    /// All that is in them.
    [[nodiscard]] Result<std::vector<Directory>, client::Error> describe(NodeId broker);
    [[nodiscard]] Result<std::map<Replica, ReplicaPlace>, client::Error> places(
        const std::set<Replica>& replicas);
    /// What each broker has said: LOG_DIR_NOT_FOUND, KAFKA_STORAGE_ERROR, REPLICA_NOT_AVAILABLE
    /// where there is no such replica yet: what is made there later, is made in this directory.
    [[nodiscard]] Result<std::map<Replica, protocol::ErrorCode>, client::Error> move(
        const std::map<Replica, std::string>& paths);

private:
    [[nodiscard]] Instant deadline();

    client::Cluster& cluster_;
    Duration timeout_;
};

}  // namespace gregor::admin
