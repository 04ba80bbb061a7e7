#include "clients/admin/log_directories.h"

namespace gregor::admin {

using client::Error;
using protocol::AlterReplicaLogDirsRequest;
using protocol::AlterReplicaLogDirsResponse;
using protocol::DescribeLogDirsRequest;
using protocol::DescribeLogDirsResponse;
using protocol::ErrorCode;

std::string to_string(const Replica& replica) {
    return fmt::format("{}-{}", to_string(replica.partition), replica.broker);
}

LogDirectories::LogDirectories(client::Cluster& cluster, Duration timeout)
    : cluster_(cluster), timeout_(timeout) {}

Instant LogDirectories::deadline() {
    return deadline_after(cluster_.runtime().clock().now(), timeout_);
}

Result<std::vector<LogDirectories::Directory>, Error> LogDirectories::describe(NodeId broker) {
    const DescribeLogDirsRequest request{.topics = std::nullopt};
    return TRY(cluster_.call_node<DescribeLogDirsResponse>(broker, request, deadline())).results;
}

Result<std::map<Replica, ReplicaPlace>, Error> LogDirectories::places(
    const std::set<Replica>& replicas) {
    std::map<Replica, ReplicaPlace> places;
    std::map<NodeId, DescribeLogDirsRequest> requests;
    for (const Replica& replica : replicas) {
        places[replica] = {};
        auto& topics = *requests[replica.broker].topics;
        topics.push_back({.topic = replica.partition.topic});
        topics.back().partitions.push_back(replica.partition.partition);
    }
    for (const auto& [broker, request] : requests) {
        const auto answer =
            TRY(cluster_.call_node<DescribeLogDirsResponse>(broker, request, deadline()));
        bool has_failed = false;
        for (const Directory& directory : answer.results) {
            has_failed = has_failed || directory.error_code == ErrorCode::kafka_storage_error;
            for (const auto& topic : directory.topics) {
                for (const auto& each : topic.partitions) {
                    const auto it = places.find({{topic.name, each.partition_index}, broker});
                    if (it == places.end()) continue;
                    (each.is_future_key ? it->second.future : it->second.directory) =
                        directory.log_dir;
                }
            }
        }
        for (auto& [replica, place] : places) {
            if (replica.broker == broker) place.may_be_offline = has_failed;
        }
    }
    return places;
}

Result<std::map<Replica, ErrorCode>, Error> LogDirectories::move(
    const std::map<Replica, std::string>& paths) {
    std::map<NodeId, AlterReplicaLogDirsRequest> requests;
    for (const auto& [replica, path] : paths) {
        auto& directory = requests[replica.broker].dirs.emplace_back();
        directory.path = path;
        directory.topics.push_back({.name = replica.partition.topic});
        directory.topics.back().partitions.push_back(replica.partition.partition);
    }
    std::map<Replica, ErrorCode> errors;
    for (const auto& [broker, request] : requests) {
        const auto answer =
            TRY(cluster_.call_node<AlterReplicaLogDirsResponse>(broker, request, deadline()));
        for (const auto& topic : answer.results) {
            for (const auto& each : topic.partitions) {
                errors[{{topic.topic_name, each.partition_index}, broker}] = each.error_code;
            }
        }
    }
    return errors;
}

}  // namespace gregor::admin
